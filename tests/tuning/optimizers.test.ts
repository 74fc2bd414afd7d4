import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { createOptimizer, restoreOptimizer } from '../../src/tuning/create-optimizer';
import { type OptimizerName, optimizerNames, rank } from '../../src/tuning/optimizer';
import { functions } from '../support/functions';

const sphere = functions.sphere!;
const create = (name: OptimizerName, options = {}) =>
  createOptimizer(name, {
    dimension: 5,
    population: 6,
    sigma: 0.3,
    random: new SeededRandom(seedFromNumber(3)),
    initial: new Float64Array(5).fill(1),
    ...options,
  });

describe.each(optimizerNames)('%s', (name) => {
  test('finds better points, and says which was best', () => {
    const optimizer = create(name);
    expect(optimizer.best).toBeUndefined();
    let lowest = Infinity;
    for (let g = 0; g < 60; g++) {
      const candidates = optimizer.ask();
      expect(candidates).toHaveLength(6);
      const losses = candidates.map(sphere);
      lowest = Math.min(lowest, ...losses);
      optimizer.tell(losses);
    }
    expect(optimizer.best!.loss).toBe(lowest);
    expect(sphere(optimizer.best!.point)).toBe(lowest);
    expect(sphere(optimizer.mean)).toBeLessThan(name === 'random-search' ? 3 : 0.05);
    expect(optimizer.generation).toBe(60);
  });

  test('goes on from a state as if nothing had happened, also in the middle of a generation', () => {
    const run = (optimizer: ReturnType<typeof create>, generations: number) => {
      for (let g = 0; g < generations; g++) optimizer.tell(optimizer.ask().map(sphere));
      return optimizer;
    };
    const whole = run(create(name), 40);
    const first = run(create(name), 15);
    const pending = first.ask();
    const second = restoreOptimizer(JSON.parse(JSON.stringify(first.state())));
    expect(second.name).toBe(name);
    expect(second.generation).toBe(15);
    expect(second.best).toEqual(first.best);
    expect(second.mean).toEqual(first.mean);
    expect(second.ask()).toEqual(pending);
    expect(run(second, 25).state()).toEqual(whole.state());
  });

  test('a state is a copy', () => {
    const optimizer = create(name);
    const before = optimizer.state();
    const copy = JSON.stringify(before);
    for (let g = 0; g < 5; g++) optimizer.tell(optimizer.ask().map(sphere));
    expect(JSON.stringify(before)).toBe(copy);
  });

  test('candidates stay the same until their losses are told, whatever the caller does to them', () => {
    const optimizer = create(name);
    const first = optimizer.ask();
    const copy = first.map((x) => x.slice());
    first[0]!.fill(7);
    expect(optimizer.ask()).toEqual(copy);
    optimizer.tell(copy.map(sphere));
    expect(optimizer.ask()).not.toEqual(copy);
    expect(optimizer.best!.point).not.toContain(7);
  });

  test('losses that are not finite rank last and spoil nothing', () => {
    const optimizer = create(name);
    for (let g = 0; g < 80; g++) {
      const bad = [Number.NaN, Infinity, -Infinity][g % 3]!;
      optimizer.tell(optimizer.ask().map((x, k) => (k === g % 6 ? bad : sphere(x))));
    }
    expect(optimizer.best!.loss).toBeGreaterThanOrEqual(0);
    expect(sphere(optimizer.mean)).toBeLessThan(name === 'random-search' ? 3 : 0.2);
  });

  test('a generation without a finite loss changes nothing but the count', () => {
    const optimizer = create(name);
    const { random: _, generation: __, ...before } = optimizer.state();
    const candidates = optimizer.ask();
    optimizer.tell(Array(6).fill(Number.NaN));
    expect(optimizer.state()).toMatchObject(before);
    expect(optimizer.best).toBeUndefined();
    expect(optimizer.generation).toBe(1);
    expect(optimizer.ask()).not.toEqual(candidates);
  });

  test('refuses what makes no sense', () => {
    expect(() => create(name).tell([1, 2, 3, 4, 5, 6])).toThrow(/before candidates/);
    const optimizer = create(name);
    optimizer.ask();
    expect(() => optimizer.tell([1])).toThrow(/1 losses for 6/);
    expect(() => create(name, { dimension: 0 })).toThrow(RangeError);
    expect(() => create(name, { sigma: 0 })).toThrow(RangeError);
    expect(() => create(name, { population: 1.5 })).toThrow(RangeError);
    expect(() => create(name, { initial: new Float64Array(4) })).toThrow(RangeError);
  });

  test('has a default population, and begins at the origin by default', () => {
    const optimizer = create(name, { population: undefined, initial: undefined });
    expect(optimizer.population).toBe(name === 'spsa' ? 2 : 8);
    expect(optimizer.mean).toEqual(new Float64Array(5));
  });
});

test('states of something else are refused', () => {
  const state = create('cma-es').state();
  expect(() => restoreOptimizer({})).toThrow();
  expect(() => restoreOptimizer({ ...state, name: 'adam' })).toThrow();
  expect(() => restoreOptimizer({ ...state, name: 'sep-cma-es' })).toThrow(/variances/);
  expect(() => restoreOptimizer({ ...state, dimension: 6 })).toThrow(/mean/);
});

test('CMA-ES without learning from the worst stays so when restored', () => {
  const run = (optimizer: ReturnType<typeof create>) => {
    for (let g = 0; g < 10; g++) optimizer.tell(optimizer.ask().map(functions.ellipsoid!));
    return optimizer;
  };
  const passive = create('cma-es', { active: false });
  const resumed = run(restoreOptimizer(passive.state()));
  expect(resumed.state()).toEqual(run(passive).state());
  expect(run(create('cma-es')).state().vectors).not.toEqual(passive.state().vectors);
});

test('the covariance stays positive with many negative weights and hostile losses', () => {
  const optimizer = create('cma-es', { dimension: 3, initial: undefined, population: 60 });
  // Losses that favour the longest steps along one axis, then along another.
  for (let g = 0; g < 200; g++) optimizer.tell(optimizer.ask().map((x) => -Math.abs(x[g % 3]!)));
  for (const candidate of optimizer.ask()) expect(candidate.every(Number.isFinite)).toBe(true);
});

describe('SPSA', () => {
  test('takes the step that the definition says', () => {
    const slope = Float64Array.of(1, -2, 3, 0, 0.5);
    const linear = (x: Float64Array) => x.reduce((sum, xi, i) => sum + xi * slope[i]!, 0);
    const optimizer = create('spsa', { population: 2, sigma: 0.01, learningRate: 0.1 });
    const [plus, minus] = optimizer.ask() as [Float64Array, Float64Array];
    optimizer.tell([linear(plus), linear(minus)]);
    const z = plus.map((p, i) => (p - minus[i]!) / 0.02);
    optimizer.mean.forEach((m, i) => {
      expect(m).toBeCloseTo(1 - 0.1 * linear(z) * z[i]!, 9);
    });
  });

  test('averages over pairs to the gradient', () => {
    const optimizer = create('spsa', { population: 20_000, sigma: 1e-4, learningRate: 1 });
    optimizer.tell(optimizer.ask().map(sphere));
    // The gradient of the sphere at 1 is 2; a standard error is 2·√(n + 1)/100.
    for (const m of optimizer.mean) expect(Math.abs(m - (1 - 2))).toBeLessThan(0.2);
  });

  test('takes pairs only', () => {
    expect(() => create('spsa', { population: 5 })).toThrow(/pairs/);
  });
});

test('rank: low to high, not finite last, equals in order', () => {
  expect(rank([3, Number.NaN, 1, Infinity, 3, -Infinity, 2])).toEqual([2, 6, 0, 4, 1, 3, 5]);
});
