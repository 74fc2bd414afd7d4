/** What cannot fit into a tab's memory is refused before it starts, with the figure, by both sides. */
import { expect, it } from 'vitest';
import type { ModelConfig } from '../../src/models/config';
import { bytes } from '../../src/ring/units';
import { sendControl } from '../../src/session/control';
import { MOST_MEMORY } from '../../src/session/limits';
import { checkCalibrationMemory } from '../../src/session/offer-estimate';
import { ONE, ofTexts } from '../../src/session/pass-size';
import { RunPlans } from '../../src/session/run';
import { randomConfig, SOFTMAX } from '../support/random-model';
import { examples, modelFiles, openSession, settings } from '../support/session';

/** Attention of long texts is what grows: tokens times tokens, for every head. */
const LONG: Partial<ModelConfig> = {
  ...SOFTMAX,
  num_attention_heads: 8,
  max_position_embeddings: 4098,
};
const files = await modelFiles(3, 3, LONG);
const config = JSON.parse(files.config) as ModelConfig;
const plans = (tokens: number) => new RunPlans(config, { tokens, answer: 5, columns: 2, deep: false, slots: 0 });

it('one sequence that is too large is named, with what it needs and what there is', () => {
  expect(plans(64).memoryProblem()).toBeUndefined();
  const needed = plans(4096).memoryOf(ONE);
  expect(needed).toBeGreaterThan(MOST_MEMORY);
  expect(plans(4096).memoryProblem()).toBe(
    `one text of 4096 tokens through random needs ${(needed / 1e9).toFixed(1)} GB of memory, and a tab has 3.8 GB at most: choose a shorter padded length or a smaller model`,
  );
});

it('a batch is cut into passes that fit', () => {
  const some = plans(512);
  const most = some.most({ vectorBytes: bytes(2 ** 40) });
  expect(most).toBeGreaterThan(1);
  expect(some.memoryOf(ofTexts(most))).toBeLessThanOrEqual(MOST_MEMORY);
  expect(some.memoryOf(ofTexts(2 * most))).toBeGreaterThan(MOST_MEMORY);
});

it('the data owner hears of it beside its field, before anything is proposed', async () => {
  const session = await openSession({ model: files });
  await session.dataOwner.connect();
  session.prepare({ ...settings, tokens: 4096 }, examples);
  const [problem] = session.find('data', 'invalid').flatMap(({ problems }) => problems);
  expect(problem).toMatchObject({ field: 'tokens', message: expect.stringMatching(/needs [\d.]+ GB of memory/) });
  expect(session.find('data', 'prepared')).toEqual([]);
  session.data.end('enough');
});

it('a model owner refuses such a plan of a data owner that does not check', async () => {
  const session = await openSession({ model: files });
  await session.dataOwner.connect();
  const shape = { tokens: 4096, answer: 5, columns: 2, deep: false, slots: 0 };
  await sendControl(session.data.peer, 'plan', { shape, digest: plans(4096).digest });
  expect(await session.data.ended).toMatch(/needs [\d.]+ GB of memory, and a tab has/);
});

it('a model too large to be calibrated in a tab, or on so much text, is sent to the command', () => {
  const exact = { attention: 'softmax', num_frequencies: 0, denominator_offset: 0 } as const;
  const base = randomConfig({ ...exact, hidden_size: 768, num_hidden_layers: 12, intermediate_size: 3072 });
  checkCalibrationMemory(base, 10_000);
  expect(() => checkCalibrationMemory(base, 64_000)).toThrow(
    /random needs [\d.]+ GB of memory to be calibrated on 64000 tokens, and a tab has 3.8 GB at most. Take fewer or shorter texts/,
  );
  const large = randomConfig({ ...exact, hidden_size: 2048, num_hidden_layers: 24, intermediate_size: 8192 });
  expect(() => checkCalibrationMemory(large, 100)).toThrow(/or calibrate it with npm run calibrate/);
});
