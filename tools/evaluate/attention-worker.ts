/** A process that pretrains one small model; see attention.ts. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/models/config';
import { writeSafetensors } from '../../src/models/safetensors';
import { startingTable } from '../pretrain/cooccurrence';
import { readCorpus } from '../pretrain/corpus';
import { Examples, type Mixture, randomFrom } from '../pretrain/examples';
import { WORDS } from '../pretrain/network';
import { Encoder, fromHuggingFace } from '../pretrain/tokenizer';
import { initialise, startAtFrequencies, train } from '../pretrain/train';
import type { Pretraining } from './attention';

const SEED = 1;
const MIXTURE: Mixture = { cloze: 0.4, opinion: 0.3, quality: 0.1, topic: 0.12, kind: 0.08 };

process.once('message', async ({ attention, model, corpus, steps, out }: Pretraining) => {
  const say = (line: string) => process.send?.(line);
  const json = (name: string) => JSON.parse(readFileSync(join(model, name), 'utf8'));
  // Ranges and gates are another model's.
  const { ranges: _, gates: __, ...built } = json('config.json') as ModelConfig;
  const config: ModelConfig = {
    ...built,
    attention,
    ...(attention === 'softmax' ? { num_frequencies: 0, denominator_offset: 0 } : {}),
  };
  const random = randomFrom(SEED);
  // All labelled reviews and as many others are enough for so few steps.
  const examples = new Examples(
    readCorpus(corpus, 25_001),
    new Encoder(fromHuggingFace(json('tokenizer.json'))),
    random,
  );
  say('the corpus is read');
  const state = initialise(config, random);
  state.get(WORDS)!.data.set(startingTable(examples, config.vocab_size, config.hidden_size, randomFrom(SEED)));
  startAtFrequencies(state, examples, MIXTURE);
  await train(config, state, examples, randomFrom(SEED), {
    ...{ learningRate: 0.003, minutes: Number.POSITIVE_INFINITY, steps, penalty: attention === 'rfa' ? 0.3 : 0 },
    mixture: () => MIXTURE,
    reportEvery: 200,
    report: ({ step, kinds, remaining }) =>
      say(`step ${step}, cloze ${kinds.cloze?.entropy.toFixed(2)}, ${(remaining / 60).toFixed(1)} min left`),
    checkpointMinutes: Number.POSITIVE_INFINITY,
    checkpoint: () => {},
  });
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'config.json'), JSON.stringify(config));
  copyFileSync(join(model, 'tokenizer.json'), join(out, 'tokenizer.json'));
  const weights = new Map([...state].filter(([name]) => !name.includes('/')));
  writeFileSync(join(out, 'model.safetensors'), writeSafetensors(weights, { dtype: 'F32' }));
  process.disconnect?.();
});
