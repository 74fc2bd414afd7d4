import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { BalancedBatches, fewShot, stratifiedSplit } from '../../src/tuning/sampling';

const random = (seed = 1) => new SeededRandom(seedFromNumber(seed));
const labels = [...Array(60).fill('a'), ...Array(30).fill('b'), ...Array(9).fill('c')];
const count = (examples: number[], of = labels) =>
  Object.fromEntries(['a', 'b', 'c'].map((label) => [label, examples.filter((i) => of[i] === label).length]));

describe('held out', () => {
  test('in proportion, nothing lost, nothing twice', () => {
    const { train, heldOut } = stratifiedSplit(labels, 33, random());
    expect(count(heldOut)).toEqual({ a: 20, b: 10, c: 3 });
    expect([...train, ...heldOut].sort((a, b) => a - b)).toEqual([...labels.keys()]);
  });

  test('at most a third, and every class on either side', () => {
    expect(stratifiedSplit(labels, 1000, random()).heldOut).toHaveLength(33);
    const { train, heldOut } = stratifiedSplit(['a', 'a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'c'], 2, random());
    expect(count(heldOut, ['a', 'a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'c'])).toMatchObject({ b: 1, c: 0 });
    expect(train).toContain(9);
  });

  test('any labels: a partition, and a class of two is on both sides', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 40 }),
        fc.nat(20),
        fc.nat(9),
        (some, held, seed) => {
          const { train, heldOut } = stratifiedSplit(some, held, random(seed));
          expect([...train, ...heldOut].sort((a, b) => a - b)).toEqual([...some.keys()]);
          for (const label of new Set(some)) {
            expect(train.some((i) => some[i] === label)).toBe(true);
            const several = some.filter((other) => other === label).length > 1;
            if (heldOut.length > 0) expect(heldOut.some((i) => some[i] === label)).toBe(several);
          }
        },
      ),
    );
  });

  test('the seed decides', () => {
    expect(stratifiedSplit(labels, 20, random())).toEqual(stratifiedSplit(labels, 20, random()));
    expect(stratifiedSplit(labels, 20, random())).not.toEqual(stratifiedSplit(labels, 20, random(2)));
    expect(stratifiedSplit(labels, 0, random()).heldOut).toEqual([]);
  });
});

test('few shots: so many of each class, from the given examples only', () => {
  const examples = [...labels.keys()].filter((i) => i % 2 === 0);
  const chosen = fewShot(labels, examples, 8, random());
  expect(count(chosen)).toEqual({ a: 8, b: 8, c: 5 });
  expect(new Set(chosen).size).toBe(21);
  expect(chosen.every((i) => i % 2 === 0)).toBe(true);
  expect(chosen).not.toEqual(fewShot(labels, examples, 8, random(2)));
});

describe('batches', () => {
  const all = [...labels.keys()];

  test('classes equally often, odd places in turn', () => {
    const batches = new BalancedBatches(labels, all, 4, random());
    const counts = [1, 2, 3].map(() => count(batches.next()));
    expect(counts).toEqual([
      { a: 2, b: 1, c: 1 },
      { a: 1, b: 2, c: 1 },
      { a: 1, b: 1, c: 2 },
    ]);
  });

  test('a class comes round once before any of it comes again', () => {
    const batches = new BalancedBatches(labels, all, 6, random());
    const seen = Array.from({ length: 30 }, () => batches.next()).flat();
    const of = (label: string) => seen.filter((i) => labels[i] === label);
    expect(new Set(of('a')).size).toBe(60);
    for (let epoch = 0; epoch < 2; epoch++) expect(new Set(of('b').slice(30 * epoch, 30 * (epoch + 1))).size).toBe(30);
    for (let epoch = 0; epoch < 6; epoch++) expect(new Set(of('c').slice(9 * epoch, 9 * (epoch + 1))).size).toBe(9);
    expect(of('b').slice(0, 30)).not.toEqual(of('b').slice(30));
  });

  test('no example twice in a batch, also across the turn of an epoch', () => {
    const batches = new BalancedBatches(labels, all, 24, random());
    for (let i = 0; i < 50; i++) expect(new Set(batches.next()).size).toBe(24);
  });

  test('a class smaller than its places repeats', () => {
    const batches = new BalancedBatches(['a', 'b', 'b', 'b'], [0, 1, 2, 3], 6, random());
    expect(batches.next().filter((i) => i === 0)).toHaveLength(3);
  });

  test('go on from a state', () => {
    const first = new BalancedBatches(labels, all, 5, random());
    first.next();
    const second = new BalancedBatches(labels, all, 5, random(9)).restore(JSON.parse(JSON.stringify(first.state())));
    for (let i = 0; i < 40; i++) expect(second.next()).toEqual(first.next());
    expect(() => new BalancedBatches(['a'], [0], 5, random()).restore(first.state())).toThrow(/other classes/);
  });

  test('nothing to draw from is refused', () => {
    expect(() => new BalancedBatches(labels, [], 4, random())).toThrow(RangeError);
    expect(() => new BalancedBatches(labels, all, 0, random())).toThrow(RangeError);
  });
});
