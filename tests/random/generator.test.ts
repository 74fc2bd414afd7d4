import { expect, test } from 'vitest';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';

const random = (seed = 1, label = '') => new SeededRandom(seedFromNumber(seed), label);
const draw = <T>(n: number, next: () => T) => Array.from({ length: n }, next);

test('seed and label determine the numbers', () => {
  const words = (r: SeededRandom) => draw(3000, () => r.word());
  expect(words(random())).toEqual(words(random()));
  expect(words(random())).not.toEqual(words(random(2)));
  expect(words(random())).not.toEqual(words(random(1, 'prompt')));
  expect(() => random(1, 'thirteen char')).toThrow(RangeError);
  expect(new Set(words(random())).size).toBeGreaterThan(2990);
});

test('uniforms are below one and use all 53 bits', () => {
  const r = random();
  const values = draw(20_000, () => r.uniform());
  expect(Math.max(...values)).toBeLessThan(1);
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.abs(values.reduce((a, b) => a + b) / values.length - 0.5)).toBeLessThan(0.011);
  expect(values.some((v) => (v * 2 ** 53) % 2 === 1)).toBe(true);
});

test('normals have the moments and tails of a normal', () => {
  const r = random();
  const values = draw(200_000, () => r.normal());
  const mean = (f: (x: number) => number) => values.reduce((sum, x) => sum + f(x), 0) / values.length;
  // Five standard errors each.
  expect(Math.abs(mean((x) => x))).toBeLessThan(0.011);
  expect(Math.abs(mean((x) => x * x) - 1)).toBeLessThan(0.016);
  expect(Math.abs(mean((x) => x ** 3))).toBeLessThan(0.044);
  expect(Math.abs(mean((x) => x ** 4) - 3)).toBeLessThan(0.11);
  expect(Math.abs(mean((x) => (Math.abs(x) > 1.959964 ? 1 : 0)) - 0.05)).toBeLessThan(0.0025);
  // The two of a pair are uncorrelated.
  const product = values.reduce((sum, x, i) => (i % 2 ? sum + x * values[i - 1]! : sum), 0) / (values.length / 2);
  expect(Math.abs(product)).toBeLessThan(0.016);
});

test('integers are even-handed', () => {
  const r = random();
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) counts[r.integer(3)]!++;
  // Chi-squared with two degrees of freedom, at one in ten thousand.
  expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(18.4);
  expect(r.integer(1)).toBe(0);
  // With 3·2^30 a biased draw would give the lowest third half of the time.
  const low = draw(3000, () => r.integer(3 * 2 ** 30)).filter((v) => v < 2 ** 30).length;
  expect(low).toBeLessThan(1130);
  for (const below of [0, 1.5, 2 ** 32 + 1]) expect(() => r.integer(below)).toThrow(RangeError);
});

test('a shuffle keeps the items, gives every order, and leaves the argument alone', () => {
  const r = random();
  const items = Object.freeze(['a', 'b', 'c']);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = r.shuffle(items).join('');
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('a restored generator goes on where the first one stood', () => {
  const first = random(5, 'optimiser');
  // An odd number of normals, so that one is left over; past the first buffer.
  draw(701, () => first.normal());
  const second = SeededRandom.restore(JSON.parse(JSON.stringify(first.state())));
  const next = (r: SeededRandom) => [r.normal(), r.normal(), r.uniform(), r.integer(10), r.word()];
  expect(next(second)).toEqual(next(first));
});
