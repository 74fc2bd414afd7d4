/**
 * CMA-ES with a diagonal covariance (R. Ros and N. Hansen, A Simple Modification in CMA-ES Achieving Linear Time and Space
 * Complexity, PPSN 2008).
 *
 * n variances instead of n²/2 covariances: linear in the dimension, and with less to learn it learns (n + 2)/3 times as fast. The
 * method of choice above a hundred dimensions, or where a few hundred evaluations have to do.
 */
import type { SeededRandom } from '../random/generator';
import { GenerationalOptimizer, type Memory, type OptimizerOptions } from './optimizer';
import { defaultPopulation, pathIsSettled, type Strategy, stepSizeChange, strategy } from './strategy';

export class SeparableCmaEs extends GenerationalOptimizer {
  readonly name = 'sep-cma-es';
  readonly #strategy: Strategy;
  #mean: Float64Array;
  #sigma: number;
  #pathSigma: Float64Array;
  #pathC: Float64Array;
  /** The diagonal of the covariance. */
  #variances: Float64Array;
  /** The normal numbers behind the pending candidates. */
  #normals: Float64Array[] = [];

  constructor(options: OptimizerOptions) {
    const { dimension: n, population = defaultPopulation(n), sigma, initial } = options;
    super(options, population);
    this.#strategy = strategy(n, population, false, (n + 2) / 3);
    this.#mean = initial?.slice() ?? new Float64Array(n);
    this.#sigma = sigma;
    this.#pathSigma = new Float64Array(n);
    this.#pathC = new Float64Array(n);
    this.#variances = new Float64Array(n).fill(1);
  }

  get mean(): Float64Array {
    return this.#mean.slice();
  }

  protected sample(random: SeededRandom): Float64Array[] {
    const { dimension: n, population } = this;
    this.#normals = Array.from({ length: population }, () => Float64Array.from({ length: n }, () => random.normal()));
    return this.#normals.map((z) =>
      z.map((zi, i) => this.#mean[i]! + this.#sigma * Math.sqrt(this.#variances[i]!) * zi),
    );
  }

  protected learn(_losses: readonly number[], order: readonly number[]): void {
    const { weights, mu, mueff, cSigma, cc, c1, cmu } = this.#strategy;
    const selected = order.slice(0, mu).map((k) => this.#normals[k]!);
    const fresh = Math.sqrt(cSigma * (2 - cSigma) * mueff);
    const freshC = Math.sqrt(cc * (2 - cc) * mueff);

    const meanNormal = this.#mean.map((_, i) => selected.reduce((sum, z, k) => sum + weights[k]! * z[i]!, 0));
    this.#pathSigma = this.#pathSigma.map((p, i) => (1 - cSigma) * p + fresh * meanNormal[i]!);
    const settled = pathIsSettled(this.#pathSigma, this.generation, this.#strategy);
    const decay = 1 - c1 - cmu + (settled ? 0 : c1 * cc * (2 - cc));

    for (let i = 0; i < this.dimension; i++) {
      const variance = this.#variances[i]!;
      const meanStep = Math.sqrt(variance) * meanNormal[i]!;
      this.#mean[i]! += this.#sigma * meanStep;
      this.#pathC[i] = (1 - cc) * this.#pathC[i]! + (settled ? freshC * meanStep : 0);
      const rankMu = variance * selected.reduce((sum, z, k) => sum + weights[k]! * z[i]! ** 2, 0);
      this.#variances[i] = decay * variance + c1 * this.#pathC[i]! ** 2 + cmu * rankMu;
    }
    this.#sigma *= stepSizeChange(this.#pathSigma, this.#strategy);
  }

  protected memory(): Memory {
    return {
      numbers: { sigma: this.#sigma },
      vectors: { mean: this.#mean, pathSigma: this.#pathSigma, pathC: this.#pathC, variances: this.#variances },
    };
  }

  protected recall({ numbers, vectors }: Memory): void {
    this.#sigma = numbers.sigma!;
    this.#mean = vectors.mean!;
    this.#pathSigma = vectors.pathSigma!;
    this.#pathC = vectors.pathC!;
    this.#variances = vectors.variances!;
  }
}
