/** Texts as a model is calibrated on them, and the public text that comes with the pages. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type CalibrationBatch, calibrateModel } from '../../src/models/calibrate-model';
import type { ModelConfig } from '../../src/models/config';
import { PROMPT_SLOT } from '../../src/models/encode';
import { planModel } from '../../src/models/plan-model';
import { memorySource } from '../../src/models/tensors';
import { calibrationBatches, textsIn } from '../../src/session/calibration-text';
import { randomConfig, randomTensors, SOFTMAX } from '../support/random-model';
import { TOKENS, tokenizerJson } from '../support/session';

const BUNDLED = textsIn(readFileSync('public/calibration.txt', 'utf8'));

function stock(overrides: Partial<ModelConfig> = {}) {
  const config = randomConfig({
    vocab_size: TOKENS.length,
    max_position_embeddings: 40,
    ...SOFTMAX,
    trigonometric: undefined,
    ...overrides,
  });
  return { config, tokenizer: tokenizerJson, source: memorySource(randomTensors(3, config)) };
}

const ordinary = ({ isRepeating }: CalibrationBatch) => !isRepeating;

it('the bundled text is many texts, all different, a quarter of them short, some long', () => {
  expect(BUNDLED.length).toBeGreaterThanOrEqual(600);
  expect(new Set(BUNDLED).size).toBe(BUNDLED.length);
  const words = BUNDLED.map((text) => text.split(/\s+/).length);
  expect(words.filter((n) => n <= 6).length).toBeGreaterThan(BUNDLED.length / 4);
  expect(words.filter((n) => n >= 35).length).toBeGreaterThan(20);
});

it('batches have sequences of one length without padding, each text once, cut to the model’s longest', async () => {
  const { config, ...rest } = stock({ task: 'embedding' });
  const batches = await calibrationBatches(BUNDLED, { config, ...rest });
  for (const { texts, prompts, answer } of batches) {
    expect(texts.length).toBeLessThanOrEqual(32);
    expect(answer).toBe(0);
    expect(prompts?.every((prompt) => prompt === undefined)).toBe(true);
    for (const { ids, length } of texts) {
      expect([ids.length, length]).toEqual([texts[0]!.length, texts[0]!.length]);
      expect([ids[0], ids.at(-1)]).toEqual([config.bos_token_id, config.eos_token_id]);
    }
  }
  const lengths = batches.filter(ordinary).flatMap(({ texts }) => texts.map(({ length }) => length));
  expect(lengths).toHaveLength(BUNDLED.length);
  expect(Math.max(...lengths)).toBe(38);
});

it('some sequences of each length say one thing over and over: a mark, or one to a dozen words of a text', async () => {
  const lengthsOf = async (max_position_embeddings: number) => {
    const batches = await calibrationBatches(BUNDLED, stock({ task: 'embedding', max_position_embeddings }));
    const texts = batches.filter((batch) => !ordinary(batch)).flatMap((batch) => batch.texts);
    const periods = new Set<number>();
    for (const { ids } of texts) {
      const body = [...ids.subarray(1, -1)];
      const period = body.findIndex((_, p) => p > 0 && body.every((id, i) => id === body[i % p]));
      expect(period).toBeGreaterThan(0);
      expect(period).toBeLessThan(30);
      periods.add(period);
    }
    expect(periods.has(1)).toBe(true);
    expect(periods.size).toBeGreaterThan(2);
    return [...new Set(texts.map(({ length }) => length))];
  };
  expect(await lengthsOf(514)).toEqual([32, 64, 128, 256, 512]);
  expect(await lengthsOf(102)).toEqual([32, 64, 100]);
});

it('where a model takes more than the longest text has, texts are joined to fill every length that it takes', async () => {
  const longest = async (max_position_embeddings: number) => {
    const batches = await calibrationBatches(BUNDLED, stock({ task: 'embedding', max_position_embeddings }));
    return batches
      .filter(ordinary)
      .flatMap(({ texts }) => texts.map(({ length }) => length))
      .filter((length) => length > 64);
  };
  const whole = await longest(514);
  expect([...new Set(whole)]).toEqual([96, 128, 192, 256, 384, 512]);
  expect(await longest(2050)).toEqual(whole);
  expect([...new Set(await longest(202))]).toEqual([96, 128, 192, 200]);
});

it('a masked-LM reads its mask under prompts, of which a quarter are where tuning begins', async () => {
  const { config, ...rest } = stock();
  const batches = await calibrationBatches(BUNDLED, { config, ...rest });
  for (const { texts, answer } of batches) {
    for (const { ids } of texts) {
      expect(ids[answer]).toBe(config.mask_token_id);
      expect(ids.filter((id) => id === PROMPT_SLOT)).toHaveLength(5);
    }
  }
  const prompts = batches.flatMap(({ prompts = [] }) => prompts.map((prompt) => prompt!.join()));
  const sequences = prompts.length;
  const counts = new Map<string, number>();
  for (const prompt of prompts) counts.set(prompt, (counts.get(prompt) ?? 0) + 1);
  expect(sequences).toBeGreaterThan(BUNDLED.length);
  expect(Math.max(...counts.values())).toBe(Math.ceil(sequences / 4));
  expect(counts.size).toBe(1 + sequences - Math.ceil(sequences / 4));
  expect(await calibrationBatches(BUNDLED, { config, ...rest })).toEqual(batches);
});

it('of a long file so many are read, from all over', async () => {
  const texts = Array.from({ length: 5000 }, (_, i) => (i < 2500 ? 'good' : 'the staff was kind'));
  const batches = await calibrationBatches(texts, stock({ task: 'embedding' }));
  const byLength = (length: number) =>
    batches
      .filter(ordinary)
      .filter((batch) => batch.texts[0]!.length === length)
      .reduce((sum, batch) => sum + batch.texts.length, 0);
  expect([byLength(3), byLength(6)]).toEqual([500, 500]);
});

it('no text is refused', async () => {
  await expect(calibrationBatches(textsIn(' \r\n\n'), stock())).rejects.toThrow('there is no text to calibrate on');
  const silent = { ...(JSON.parse(tokenizerJson) as { model: object }), pre_tokenizer: { type: 'Whitespace' } };
  const tokenizer = JSON.stringify({
    ...silent,
    normalizer: { type: 'Replace', pattern: { Regex: '.' }, content: '' },
  });
  await expect(calibrationBatches(['good', 'bad'], { ...stock(), tokenizer })).rejects.toThrow(
    'makes nothing of any text',
  );
});

it.each(['masked-lm', 'embedding'] as const)('a stock model calibrated on it can be planned with: %s', async (task) => {
  const model = stock({ task });
  const some = BUNDLED.filter((_, i) => i % 8 === 0);
  const shape = { sequences: 2, tokens: 20, answer: task === 'embedding' ? 0 : 6, columns: 2 };
  expect(() => planModel(model.config, shape)).toThrow('no range');
  const { config } = await calibrateModel(model.config, model.source, await calibrationBatches(some, model));
  expect(planModel(config, shape).rounds).toBeGreaterThan(20);
});
