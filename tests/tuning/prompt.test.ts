import { expect, test } from 'vitest';
import { writeSafetensors } from '../../src/models/safetensors';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { exportPrompt, importPrompt, PromptSpace, promptFromWords, spread } from '../../src/tuning/prompt';

const random = (seed = 1) => new SeededRandom(seedFromNumber(seed));
const space = (options = {}) =>
  new PromptSpace({ tokens: 4, hidden: 50, dimension: 20, std: 0.05, random: random(), ...options });

test('at the origin it is the first prompt', () => {
  const base = Float32Array.from({ length: 200 }, (_, i) => i);
  const prompts = space({ base });
  base.fill(0);
  expect(prompts.at(new Float64Array(20))).toEqual(Float32Array.from({ length: 200 }, (_, i) => i));
  expect(space().at(new Float64Array(20))).toEqual(new Float32Array(200));
});

test('it is affine in z', () => {
  const prompts = space({ base: new Float32Array(200).fill(0.5) });
  const unit = (j: number) => Float64Array.from({ length: 20 }, (_, i) => Number(i === j));
  const [a, b] = [prompts.at(unit(3)), prompts.at(unit(7))];
  const both = prompts.at(unit(3).map((v, i) => 2 * v - unit(7)[i]!));
  both.forEach((p, i) => {
    expect(p - 0.5).toBeCloseTo(2 * (a[i]! - 0.5) - (b[i]! - 0.5), 6);
  });
});

test('a unit-variance z moves every entry by the spread of the embeddings', () => {
  const prompts = space({ tokens: 20, dimension: 100, std: 0.03 });
  const r = random(9);
  const moved = prompts.at(Float64Array.from({ length: 100 }, () => r.normal()));
  // Five standard errors, of z's length above all: 1/√(2·100).
  expect(Math.abs(spread(moved) / 0.03 - 1)).toBeLessThan(0.35);
  const length = (dimension: number) => spread(space({ dimension }).at(new Float64Array(dimension).fill(1)));
  expect(length(400) / length(25)).toBeGreaterThan(0.75);
  expect(length(400) / length(25)).toBeLessThan(1.33);
});

test('every layer’s prompt has the spread that it is given, and is zero at the origin', () => {
  const deep = [0.25, 4];
  const prompts = space({ tokens: 20, dimension: 100, std: 0.03, deep });
  expect(prompts.at(new Float64Array(100))).toEqual(new Float32Array(3 * 20 * 50));
  const r = random(9);
  const moved = prompts.at(Float64Array.from({ length: 100 }, () => r.normal()));
  for (const [layer, std] of [0.03, ...deep].entries())
    expect(Math.abs(spread(moved.subarray(layer * 1000, (layer + 1) * 1000)) / std - 1)).toBeLessThan(0.35);
  expect(() => space({ deep: [0.25, Number.POSITIVE_INFINITY] })).toThrow(RangeError);
});

test('the seed determines it', () => {
  const z = new Float64Array(20).fill(1);
  expect(space().at(z)).toEqual(space().at(z));
  expect(space().at(z)).not.toEqual(space({ random: random(2) }).at(z));
});

test('sizes that do not fit are refused', () => {
  expect(() => space({ base: new Float32Array(3) })).toThrow(RangeError);
  expect(() => space({ std: 0 })).toThrow(RangeError);
  expect(() => space().at(new Float64Array(19))).toThrow(RangeError);
});

test('the spread of a table', () => {
  expect(spread(Float32Array.of(1, 3, 1, 3))).toBe(1);
});

test('a first prompt of words, repeated or cut', () => {
  const table = Float32Array.of(0, 0.5, 10, 10.5, 20, 20.5);
  expect([...promptFromWords([2, 1], 3, table, 2)]).toEqual([20, 20.5, 10, 10.5, 20, 20.5]);
  expect([...promptFromWords([1, 2, 0], 1, table, 2)]).toEqual([10, 10.5]);
  expect([...promptFromWords([], 1, table, 2)]).toEqual([0, 0]);
  expect(() => promptFromWords([3], 1, table, 2)).toThrow(/token 3/);
});

test('a prompt is exported and imported whole', () => {
  const saved = {
    prompt: Float32Array.of(1, 2, 1 / 3, 4, 5, 6),
    tokens: 1,
    hidden: 3,
    layers: 2,
    padded: 24,
    model: 'small',
    digest: 'ab'.repeat(32),
    labelWords: { positive: 'great', négatif: 'terrible' },
    notes: { accuracy: '0.93' },
  };
  expect(importPrompt(exportPrompt(saved))).toEqual(saved);
});

test('other files are refused', () => {
  const tensors = new Map([['prompt', { shape: [1, 2], data: Float32Array.of(1, 2) }]]);
  const metadata = {
    ...{ format: 'secfwt-prompt', version: '1', model: 'm', digest: '0'.repeat(64) },
    ...{ words: '{}', padded_tokens: '8', layers: '1' },
  };
  const file = (changes: Record<string, string>, from = tensors) =>
    writeSafetensors(from, { dtype: 'F32', metadata: { ...metadata, ...changes } });
  expect(importPrompt(file({})).tokens).toBe(1);
  expect(() => importPrompt(writeSafetensors(tensors, { dtype: 'F32' }))).toThrow(/not a saved prompt/);
  expect(() => importPrompt(file({}, new Map()))).toThrow(/no tensor/);
  expect(() => importPrompt(file({ layers: '2' }))).toThrow(/no tensor prompt \[2 · tokens, hidden\]/);
  for (const words of ['{', '[1]', '{"a": 1}']) expect(() => importPrompt(file({ words }))).toThrow(/words/);
  expect(() => importPrompt(file({ version: '2' }))).toThrow(/save it anew/);
  expect(() => importPrompt(file({ digest: 'a' }))).toThrow(/SHA-256/);
  expect(() => importPrompt(file({ padded_tokens: '1e9' }))).toThrow(/not a count/);
  const nothing = new Map([['prompt', { shape: [1, 1], data: Float32Array.of(Number.NaN) }]]);
  expect(() => importPrompt(file({}, nothing))).toThrow(/numbers are none/);
});
