/** How a batch is cut into passes, and which shapes a run may have. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batches, batchOf } from '../../src/session/data-owner/passes';
import { ONE, ofTexts, type PassSize, partsOf, sequencesIn, within } from '../../src/session/pass-size';
import { RunPlans } from '../../src/session/run';
import { configOf } from '../../tools/built-ins';
import { DECODER, randomConfig, randomModel } from '../support/random-model';

const sizes = (most: number) =>
  fc.record({ candidates: fc.integer({ min: 1, max: most }), texts: fc.integer({ min: 1, max: most }) });

test('every candidate meets every text in one pass, none is larger than allowed, and they are as few and as even as can be', () => {
  fc.assert(
    fc.property(sizes(40), fc.integer({ min: 1, max: 700 }), (batch, most) => {
      const largest = within(batch, most);
      expect(sequencesIn(largest)).toBeLessThanOrEqual(most);
      const parts = partsOf(batch, largest);
      const met = new Set<number>();
      for (const part of parts) {
        expect(part.candidates).toBeLessThanOrEqual(largest.candidates);
        expect(part.texts).toBeLessThanOrEqual(largest.texts);
        for (let c = 0; c < part.candidates; c++)
          for (let t = 0; t < part.texts; t++) met.add((part.candidate + c) * batch.texts + part.text + t);
      }
      expect(met.size).toBe(sequencesIn(batch));
      expect(parts.reduce((sum, part) => sum + sequencesIn(part), 0)).toBe(met.size);
      const of = ({ candidates, texts }: PassSize) =>
        Math.ceil(batch.candidates / candidates) * Math.ceil(batch.texts / texts);
      expect(parts).toHaveLength(of(largest));
      for (const key of ['candidates', 'texts'] as const) {
        const lengths = parts.map((part) => part[key]);
        expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
      }
      // Parts stay as they are, wherever they begin.
      for (const part of parts) expect(partsOf(part, largest)).toEqual([part]);
    }),
  );
});

test('texts under one prompt are in as few passes as can be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 700 }), (texts, most) => {
      const parts = partsOf(ofTexts(texts), within(ofTexts(texts), most));
      expect(parts).toHaveLength(Math.ceil(texts / most));
      expect(parts.every(({ candidates }) => candidates === 1)).toBe(true);
    }),
  );
});

test('a run has prompts apart where their slots are at one place, and then candidates', () => {
  const shape = { tokens: 8, answer: 4, columns: 2, deep: false, slots: 3 };
  const plans = new RunPlans(randomConfig(), shape);
  const batch = { candidates: 4, texts: 5 };
  expect(plans.sized(batch)).toEqual(batch);
  const causal = randomConfig(DECODER);
  for (const whole of [plans.ahead, new RunPlans(causal, { ...shape, slots: 0 })])
    expect(whole.sized(batch)).toEqual({ candidates: 1, texts: 20 });
  expect(plans.ahead.ahead).toBe(plans.ahead);
  for (const [config, refused] of [
    [causal, shape],
    [randomConfig({ task: 'embedding' }), { ...shape, columns: 0 }],
    [randomConfig(), { ...shape, slots: 5 }],
    [randomConfig(), { ...shape, slots: 8, answer: 9 }],
  ] as const)
    expect(() => new RunPlans(config, refused)).toThrow(/can't be given apart/);
});

test('a run is dealt to both parties, and to the model owner alone where that keeps it', () => {
  const plans = new RunPlans(configOf('tiny'), { tokens: 8, answer: 4, columns: 2, deep: false, slots: 3 });
  const { dealt, dealtToDataOwner } = plans.costOf(ONE);
  expect(Math.abs(2 * dealtToDataOwner - dealt)).toBeLessThan(dealt / 50);
  expect(plans.ahead.costOf(ONE).dealtToDataOwner).toBe(0);
  expect(plans.ahead.digest).not.toBe(plans.digest);
});

test('a sentence encoder has neither label words nor prompts, another model may have them', () => {
  const shape = { tokens: 8, answer: 0, columns: 0, deep: false, slots: 0 };
  const encoder = randomConfig({ task: 'embedding' });
  expect(() => new RunPlans(encoder, shape)).not.toThrow();
  expect(() => new RunPlans(encoder, { ...shape, columns: 2 })).toThrow('neither label words nor prompts: 2 columns');
  expect(() => new RunPlans(encoder, { ...shape, deep: true })).toThrow('a prompt for every layer');
  for (const columns of [0, 2])
    expect(() => new RunPlans(randomConfig(), { ...shape, columns, deep: true })).not.toThrow();
});

test('a pass opens as many numbers a sequence as there are label words, or as a vector has', async () => {
  const { config } = await randomModel(3, { task: 'embedding' });
  expect(new RunPlans(config, { tokens: 8, answer: 0, columns: 0, deep: false, slots: 0 }).numbersOf(5)).toBe(5 * 16);
  const masked = await randomModel(3);
  expect(new RunPlans(masked.config, { tokens: 8, answer: 3, columns: 3, deep: false, slots: 0 }).numbersOf(5)).toBe(
    15,
  );
});

test('a batch is as large as its bytes allow, and never empty', async () => {
  const { config } = await randomModel(3);
  const plans = new RunPlans(config, { tokens: 8, answer: 3, columns: 2, deep: false, slots: 0 });
  expect(batchOf(plans)).toBe(128);
  const costing = (bytes: number) => {
    const costOf = () => ({ ...plans.costOf(ONE), toModelOwner: bytes, toDataOwner: 0, dealt: 0 });
    return batchOf(Object.assign(Object.create(plans) as RunPlans, { costOf }));
  };
  expect(costing(2 ** 24)).toBe(16);
  expect(costing(2 ** 30)).toBe(1);
  expect(batches(20, 8)).toEqual([8, 8, 4]);
});
