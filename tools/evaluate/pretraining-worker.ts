/** A process that pretrains one variant; see pretraining.ts. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/models/config';
import { writeSafetensors } from '../../src/models/safetensors';
import { startingTable } from '../pretrain/cooccurrence';
import { readCorpus } from '../pretrain/corpus';
import { Examples, randomFrom } from '../pretrain/examples';
import { DIETS } from '../pretrain/mixtures';
import { WORDS } from '../pretrain/network';
import { Encoder, fromHuggingFace } from '../pretrain/tokenizer';
import { initialise, startAtFrequencies, train } from '../pretrain/train';
import type { Pretraining } from './pretraining';

const SEED = 1;

process.once('message', async ({ variant, model, corpus, steps, out }: Pretraining) => {
  const say = (line: string) => process.send?.(line);
  const json = (name: string) => JSON.parse(readFileSync(join(model, name), 'utf8'));
  // Ranges and gates are another model's.
  const { ranges: _, gates: __, ...built } = json('config.json') as ModelConfig;
  const { attention = 'rfa', diet = 'everything', templates } = variant;
  const config: ModelConfig = {
    ...built,
    attention,
    ...(attention === 'softmax' ? { num_frequencies: 0, denominator_offset: 0 } : {}),
  };
  // All labelled reviews and as many others are enough for so few steps.
  const encoder = new Encoder(fromHuggingFace(json('tokenizer.json')));
  const examples = new Examples(readCorpus(corpus, 25_001), encoder, templates);
  say('the corpus is read');
  const random = randomFrom(SEED);
  const state = initialise(config, random);
  state.get(WORDS)!.data.set(startingTable(examples, config.vocab_size, config.hidden_size, random));
  startAtFrequencies(state, examples, DIETS[diet](0), random);
  await train(config, state, examples, {
    ...{ seed: SEED, learningRate: 0.003, steps, penalty: attention === 'rfa' ? 0.3 : 0, mixture: DIETS[diet] },
    reportEvery: 250,
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
