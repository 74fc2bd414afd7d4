/**
 * Stochastic gradient descent on a gradient estimated from two forward passes (J. C. Spall, IEEE TAC 37(3), 1992), with normal
 * directions and a constant step as in MeZO (Malladi et al., arXiv 2305.17333).
 *
 * Candidates come in pairs mean ± σ z. Half the difference of a pair's losses over σ is the slope along z, and the step is the
 * mean of slope · z over the pairs, times the learning rate.
 */
import type { SeededRandom } from '../random/generator';
import { GenerationalOptimizer, type Memory, type OptimizerOptions } from './optimizer';

export interface SpsaOptions extends OptimizerOptions {
  /**
   * Default 1/(n + 2): on a loss whose curvature is one in all n directions, the fastest that one pair allows. A loss that is
   * steeper or flatter wants its own.
   */
  learningRate?: number;
}

export class Spsa extends GenerationalOptimizer {
  readonly name = 'spsa';
  #mean: Float64Array;
  #sigma: number;
  #learningRate: number;
  /** One for each pair of pending candidates. */
  #directions: Float64Array[] = [];

  /** @throws RangeError for an odd population; the default is one pair. */
  constructor(options: SpsaOptions) {
    const { dimension: n, population = 2, sigma, initial, learningRate = 1 / (n + 2) } = options;
    super(options, population);
    if (population % 2 !== 0) throw new RangeError(`SPSA takes candidates in pairs: ${population} is odd.`);
    this.#mean = initial?.slice() ?? new Float64Array(n);
    this.#sigma = sigma;
    this.#learningRate = learningRate;
  }

  get mean(): Float64Array {
    return this.#mean.slice();
  }

  protected sample(random: SeededRandom): Float64Array[] {
    const { dimension: n, population } = this;
    this.#directions = Array.from({ length: population / 2 }, () =>
      Float64Array.from({ length: n }, () => random.normal()),
    );
    return this.#directions.flatMap((direction) => [this.#along(direction, 1), this.#along(direction, -1)]);
  }

  protected learn(losses: readonly number[]): void {
    // A pair that lacks a loss says nothing about the slope.
    const slopes = this.#directions.map((_, k) => (losses[2 * k]! - losses[2 * k + 1]!) / (2 * this.#sigma));
    const known = this.#directions.flatMap((z, k) => (Number.isFinite(slopes[k]) ? [{ z, slope: slopes[k]! }] : []));
    for (const { z, slope } of known) {
      this.#mean = this.#mean.map((m, i) => m - (this.#learningRate / known.length) * slope * z[i]!);
    }
  }

  protected memory(): Memory {
    return { numbers: { sigma: this.#sigma, learningRate: this.#learningRate }, vectors: { mean: this.#mean } };
  }

  protected recall({ numbers, vectors }: Memory): void {
    this.#sigma = numbers.sigma!;
    this.#learningRate = numbers.learningRate!;
    this.#mean = vectors.mean!;
  }

  #along(direction: Float64Array, sign: 1 | -1): Float64Array {
    return this.#mean.map((m, i) => m + sign * this.#sigma * direction[i]!);
  }
}
