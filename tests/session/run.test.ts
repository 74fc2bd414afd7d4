/** How a batch is cut into passes, and which shapes a run may have. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batches, batchOf } from '../../src/session/data-owner/passes';
import { passSizes, RunPlans } from '../../src/session/run';
import { randomConfig, randomModel } from '../support/random-model';

test('every sequence is in one pass, none is larger than allowed, and they are as few and as even as can be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 700 }), (sequences, most) => {
      const sizes = passSizes(sequences, most);
      expect(sizes.reduce((a, b) => a + b)).toBe(sequences);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
      expect(sizes.length).toBe(Math.ceil(sequences / most));
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('a sentence encoder has neither label words nor prompts, another model may have them', () => {
  const shape = { tokens: 8, answer: 0, columns: 0, deep: false };
  const encoder = randomConfig({ task: 'embedding' });
  expect(() => new RunPlans(encoder, shape)).not.toThrow();
  expect(() => new RunPlans(encoder, { ...shape, columns: 2 })).toThrow('neither label words nor prompts: 2 columns');
  expect(() => new RunPlans(encoder, { ...shape, deep: true })).toThrow('a prompt for every layer');
  for (const columns of [0, 2])
    expect(() => new RunPlans(randomConfig(), { ...shape, columns, deep: true })).not.toThrow();
});

test('a pass opens as many numbers a sequence as there are label words, or as a vector has', async () => {
  const { config } = await randomModel(3, { task: 'embedding' });
  expect(new RunPlans(config, { tokens: 8, answer: 0, columns: 0, deep: false }).numbersOf(5)).toBe(5 * 16);
  const masked = await randomModel(3);
  expect(new RunPlans(masked.config, { tokens: 8, answer: 3, columns: 3, deep: false }).numbersOf(5)).toBe(15);
});

test('a batch is as large as its bytes allow, and never empty', async () => {
  const { config } = await randomModel(3);
  const plans = new RunPlans(config, { tokens: 8, answer: 3, columns: 2, deep: false });
  expect(batchOf(plans)).toBe(128);
  const costing = (bytes: number) => {
    const costOf = () => ({ ...plans.costOf(1), toModelOwner: bytes, toDataOwner: 0, dealt: 0 });
    return batchOf(Object.assign(Object.create(plans) as RunPlans, { costOf }));
  };
  expect(costing(2 ** 24)).toBe(16);
  expect(costing(2 ** 30)).toBe(1);
  expect(batches(20, 8)).toEqual([8, 8, 4]);
});
