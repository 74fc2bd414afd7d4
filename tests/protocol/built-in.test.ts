/** The built-in models on real sentences: under MPC as in the clear, within the numbers that a generation may cost. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDataset } from '../../src/data/dataset';
import { answerPosition, createEncoder } from '../../src/data/encode';
import { parseTable } from '../../src/data/table';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { readSafetensors } from '../../src/models/safetensors';
import { loadTokenizer } from '../../src/models/tokenizer';
import { costOf } from '../../src/program/cost';
import { parseConfig } from '../../src/session/control';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { PromptSpace, promptFromWords, spread } from '../../src/tuning/prompt';
import { purpose } from '../../src/tuning/run';
import { harness, runPass, setUp } from './harness';

const { tokens, promptTokens, promptText, dimension } = DEFAULT_SETTINGS;
const answer = answerPosition(promptTokens);
const LIMITS = {
  tiny: { rounds: 40, online: 32e6, dealt: 96e6 },
  small: { rounds: 72, online: 128e6, dealt: 320e6 },
};
const heldOutNotes = 'public/samples/patient-feedback-heldout.csv';

describe.each(Object.entries(LIMITS))('the built-in model %s', (name, limits) => {
  const read = (file: string) => readFileSync(`public/models/${name}/${file}`);
  const config = parseConfig(read('config.json').toString());
  const tokenizer = loadTokenizer(read('tokenizer.json').toString(), config);
  const model = new PlaintextModel(config, readSafetensors(read('model.safetensors')));
  const words = ['great', 'terrible'].map((word) => tokenizer.wordToken(word)!);

  it('stays within the numbers of a generation: 128 sequences of 24 tokens', () => {
    const cost = costOf(planModel(config, { sequences: 128, tokens: 24, answer, words: 2 }));
    expect(cost.rounds).toBeLessThanOrEqual(limits.rounds);
    expect(cost.toModelOwner + cost.toDataOwner).toBeLessThanOrEqual(limits.online);
    expect(cost.dealt).toBeLessThanOrEqual(limits.dealt);
  });

  it('gives the logits of the plaintext twin on every held-out sample note, plain and under far prompts', async () => {
    const { examples } = buildDataset(parseTable(readFileSync(heldOutNotes)), { text: 'text', label: 'label' });
    const texts = examples.map(({ text }) => createEncoder({ tokenizer, config, tokens, promptTokens })(text));
    const random = purpose(7, 'prompts');
    const space = new PromptSpace({
      tokens: promptTokens,
      hidden: config.hidden_size,
      dimension,
      base: promptFromWords(
        tokenizer.encode(` ${promptText}`),
        promptTokens,
        model.embedding.table,
        config.hidden_size,
      ),
      std: spread(model.embedding.table),
      random,
    });
    const prompts = texts.map((_, i) =>
      space.at(Float64Array.from({ length: dimension }, () => (i % 3) * 0.7 * random.normal())),
    );
    const shape = { sequences: texts.length, tokens, answer, words: words.length };
    const plan = planModel(config, shape);
    const h = harness();
    await setUp(h, plan, model.weights, model.embedding.columns(words));
    const { inputs } = model.inputs(texts, prompts, words);
    const { logits } = await runPass(h, plan, { embedded: inputs.embedded!, kept: inputs.kept! });
    const expected = model.logits(texts, prompts, words, answer);
    const errors = texts.flatMap((_, i) =>
      words.map((word, j) => Math.abs(logits[i * words.length + j]! + model.embedding.bias[word]! - expected[i]![j]!)),
    );
    const mean = errors.reduce((a, b) => a + b) / errors.length;
    console.log(`logits under MPC: off by ${mean.toFixed(4)} on average, ${Math.max(...errors).toFixed(4)} at most`);
    expect(errors).toHaveLength(240);
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(mean).toBeLessThan(0.01);
  });
});
