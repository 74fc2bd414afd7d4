import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { CmaEs } from '../../src/tuning/cma-es';
import { createOptimizer } from '../../src/tuning/create-optimizer';
import { functions } from '../support/functions';
import pycma from './reference/pycma.json';

const SEEDS = 5;

/** Evaluations until the loss is below 1e-10, median over SEEDS seeds. */
function medianEvaluations(method: 'cma-es' | 'sep-cma-es', problem: string): number {
  const [name, size] = problem.split(' ') as [string, string];
  const dimension = Number(size);
  const [start, sigma] = name === 'rosenbrock' ? [0, 0.1] : [1, 1];
  const counts = Array.from({ length: SEEDS }, (_, seed) => {
    const initial = new Float64Array(dimension).fill(start);
    const random = new SeededRandom(seedFromNumber(seed));
    const optimizer = createOptimizer(method, { dimension, sigma, random, initial });
    while (!(optimizer.best && optimizer.best.loss < 1e-10) && optimizer.generation < 10_000) {
      optimizer.tell(optimizer.ask().map(functions[name]!));
    }
    return optimizer.generation * optimizer.population;
  });
  return counts.sort((a, b) => a - b)[(SEEDS - 1) / 2]!;
}

describe('as many evaluations to 1e-10 as pycma', () => {
  for (const method of ['cma-es', 'sep-cma-es'] as const) {
    test.each(Object.entries(pycma.evaluations[method]))(`${method}, %s: %i`, (problem, expected) => {
      const measured = medianEvaluations(method, problem);
      expect.soft(measured / expected).toBeLessThan(1.3);
      // Much fewer would mean that something is counted wrong.
      expect.soft(measured / expected).toBeGreaterThan(1 / 1.3);
    });
  }
});

class GivenNormals extends SeededRandom {
  #next = 0;
  override normal(): number {
    return pycma.normals[this.#next++]!;
  }
}

// pycma divides by ‖z‖ + 1e-9 where the tutorial divides by ‖z‖: hence no more than six digits.
describe('the same steps as pycma, from the same normal numbers', () => {
  test.each(pycma.trajectories)('$function, $generations generations, active: $active', (reference) => {
    const { dimension, population, sigma0: sigma, active } = reference;
    const initial = Float64Array.from({ length: dimension }, (_, i) => 1 + i / (dimension - 1));
    const random = new GivenNormals(seedFromNumber(0));
    const optimizer = new CmaEs({ dimension, population, sigma, active, initial, random });
    for (let g = 0; g < reference.generations; g++) optimizer.tell(optimizer.ask().map(functions[reference.function]!));
    const { numbers, vectors } = optimizer.state();
    expect(numbers.sigma! / reference.sigma).toBeCloseTo(1, 6);
    for (const key of ['mean', 'covariance', 'pathC', 'pathSigma'] as const) {
      const scale = Math.max(...reference[key].map(Math.abs));
      vectors[key]!.forEach((value, i) => {
        expect(value / scale, `${key}[${i}]`).toBeCloseTo(reference[key][i]! / scale, 6);
      });
    }
    expect(reference.stalls).toBeGreaterThan(0);
  });
});
