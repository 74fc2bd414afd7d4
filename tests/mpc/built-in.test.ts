/** The built-in models on real sentences: under MPC as in the clear, within the numbers that a generation may cost. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDataset } from '../../src/data/dataset';
import { readTable } from '../../src/data/read';
import { parseConfig } from '../../src/models/config';
import { answerPosition, createEncoder } from '../../src/models/encode';
import { pairedInput } from '../../src/models/paired-input';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { readSafetensors } from '../../src/models/safetensors';
import { memorySource } from '../../src/models/tensors';
import { loadTokenizer } from '../../src/models/tokenizer';
import { costOf } from '../../src/mpc/cost';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { purpose } from '../../src/tuning/run';
import { promptSpace } from '../../src/tuning/task';
import { harness, runPass, setUp } from '../support/harness';

const { tokens, promptTokens, promptText, dimension } = DEFAULT_SETTINGS;
const answer = answerPosition(promptTokens);
/** `every` how many notes one is computed; ALL_NOTES=1 computes them all, which takes the larger model most of a minute. */
const LIMITS = {
  tiny: { rounds: 29, online: 15e6, dealt: 45e6, every: 1 },
  small: { rounds: 51, online: 93e6, dealt: 264e6, every: process.env.ALL_NOTES ? 1 : 3 },
};
const heldOutNotes = 'public/samples/patient-feedback-heldout.csv';

describe.each(Object.entries(LIMITS))('the built-in model %s', async (name, limits) => {
  const read = (file: string) => readFileSync(`public/models/${name}/${file}`);
  const config = parseConfig(read('config.json').toString());
  const tokenizer = loadTokenizer(read('tokenizer.json').toString(), config);
  const model = await PlaintextModel.load(config, memorySource(readSafetensors(read('model.safetensors'))));
  const words = ['great', 'terrible'].map((word) => tokenizer.wordToken(word)!);

  it('stays within the numbers of a generation: 8 prompts before 16 texts of 24 tokens', () => {
    const shape = { sequences: 128, candidates: 8, slots: promptTokens, tokens: 24, answer, columns: 2 };
    const cost = costOf(planModel(config, shape));
    expect(cost.rounds).toBeLessThanOrEqual(limits.rounds);
    expect(cost.toModelOwner + cost.toDataOwner).toBeLessThanOrEqual(limits.online);
    expect(cost.dealt).toBeLessThanOrEqual(limits.dealt);
  });

  it('gives the logits of the plaintext reference on held-out sample notes, under three prompts each, near and far', async () => {
    const { table } = await readTable(readFileSync(heldOutNotes));
    const { examples } = buildDataset(table, { text: 'text', label: 'label' });
    const notes = examples.filter((_, i) => i % (3 * limits.every) === 0);
    const texts = notes.map(({ text }) => createEncoder({ tokenizer, config, tokens, promptTokens })(text));
    const random = purpose(7, 'prompts');
    const space = promptSpace(
      { config, tokenizer, embedding: model.embedding },
      { promptText, promptTokens, dimension, deep: 0 },
      random,
    );
    const prompts = [0, 0.7, 1.4].map((far) =>
      space.at(Float64Array.from({ length: dimension }, () => far * random.normal())),
    );
    const candidates = prompts.length;
    const sequences = candidates * texts.length;
    const plan = planModel(config, {
      ...{ sequences, candidates, slots: promptTokens },
      ...{ tokens, answer, columns: words.length },
    });
    const h = await harness();
    await setUp(h, plan, model.weights, model.embedding.columns(words));
    const { inputs, masks } = pairedInput(config, model.embedding, texts, prompts);
    const { logits } = await runPass(h, plan, { embedded: inputs['embedded.texts']!, masks, parts: inputs });
    const expected = model.logits(
      prompts.flatMap(() => texts),
      prompts.flatMap((prompt) => texts.map(() => prompt)),
      words,
      answer,
    );
    const errors = expected.flatMap((row, i) =>
      words.map((word, j) => Math.abs(logits[i * words.length + j]! + model.embedding.bias[word]! - row[j]!)),
    );
    const mean = errors.reduce((a, b) => a + b) / errors.length;
    console.log(`logits under MPC: off by ${mean.toFixed(4)} on average, ${Math.max(...errors).toFixed(4)} at most`);
    expect(errors).toHaveLength(2 * 3 * Math.ceil(120 / (3 * limits.every)));
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(mean).toBeLessThan(0.01);
  });
});
