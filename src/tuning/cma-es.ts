/**
 * CMA-ES: evolution with an adapted covariance matrix (N. Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772v2).
 *
 * Candidates are mean + σ C^½ z with normal z. The symmetric root makes them independent of the signs and the order that an
 * eigenvalue solver happens to choose, and since z is kept, C^-½ (mean step) is a sum of z and no inverse is needed.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { SeededRandom } from '../random/generator';
import { GenerationalOptimizer, type Memory, type OptimizerOptions } from './optimizer';
import { defaultPopulation, pathIsSettled, type Strategy, stepSizeChange, strategy } from './strategy';

/** Below this fraction of the largest eigenvalue, an eigenvalue is rounding noise. */
const SMALLEST_EIGENVALUE = 1e-14;

export interface CmaEsOptions extends OptimizerOptions {
  /** Learn from the worst candidates, too. Default true. */
  active?: boolean;
}

export class CmaEs extends GenerationalOptimizer {
  readonly name = 'cma-es';
  readonly #strategy: Strategy;
  /** Generations that one eigendecomposition serves: so many that it costs no more than the rest. */
  readonly #decompositionGap: number;
  #mean: Float64Array;
  #sigma: number;
  #pathSigma: Float64Array;
  #pathC: Float64Array;
  /** Row-major, symmetric; and its square root as of the last decomposition. */
  #covariance: Float64Array;
  #root: Float64Array;
  #sinceDecomposition = 0;
  /** The normal numbers behind the pending candidates. */
  #normals: Float64Array[] = [];

  constructor(options: CmaEsOptions) {
    const { dimension: n, population = defaultPopulation(n), sigma, initial, active = true } = options;
    super(options, population);
    this.#strategy = strategy(n, population, active);
    this.#decompositionGap = 1 / (10 * n * (this.#strategy.c1 + this.#strategy.cmu));
    this.#mean = initial?.slice() ?? new Float64Array(n);
    this.#sigma = sigma;
    this.#pathSigma = new Float64Array(n);
    this.#pathC = new Float64Array(n);
    this.#covariance = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    this.#root = this.#covariance.slice();
  }

  get mean(): Float64Array {
    return this.#mean.slice();
  }

  protected sample(random: SeededRandom): Float64Array[] {
    const { dimension: n, population } = this;
    this.#normals = Array.from({ length: population }, () => Float64Array.from({ length: n }, () => random.normal()));
    return this.#normals.map((z) => this.#step(z).map((y, i) => this.#mean[i]! + this.#sigma * y));
  }

  protected learn(_losses: readonly number[], order: readonly number[]): void {
    const { dimension: n } = this;
    const { weights, mu, mueff, cSigma, cc, c1, cmu } = this.#strategy;
    const normals = order.map((k) => this.#normals[k]!);
    const steps = normals.map((z) => this.#step(z));

    const meanNormal = weightedSum(weights, normals.slice(0, mu));
    const meanStep = weightedSum(weights, steps.slice(0, mu));
    this.#mean = this.#mean.map((m, i) => m + this.#sigma * meanStep[i]!);

    const fresh = Math.sqrt(cSigma * (2 - cSigma) * mueff);
    this.#pathSigma = this.#pathSigma.map((p, i) => (1 - cSigma) * p + fresh * meanNormal[i]!);
    const settled = pathIsSettled(this.#pathSigma, this.generation, this.#strategy);
    const freshC = settled ? Math.sqrt(cc * (2 - cc) * mueff) : 0;
    this.#pathC = this.#pathC.map((p, i) => (1 - cc) * p + freshC * meanStep[i]!);

    // C ← decay C + c1 pc pc^T + cμ Σ w y y^T. A step with a negative weight counts by its direction alone, lest a long one
    // make C indefinite. A path that was held back leaves a little less variance, which the decay makes up for.
    const w = weights.map((weight, k) => (weight < 0 ? (weight * n) / squaredNorm(normals[k]!) : weight));
    const decay =
      1 - c1 - cmu * weights.reduce((total, weight) => total + weight, 0) + (settled ? 0 : c1 * cc * (2 - cc));
    const pathC = this.#pathC;
    const covariance = this.#covariance;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let rankMu = 0;
        for (let k = 0; k < steps.length; k++) rankMu += w[k]! * steps[k]![i]! * steps[k]![j]!;
        const value = decay * covariance[i * n + j]! + c1 * pathC[i]! * pathC[j]! + cmu * rankMu;
        covariance[i * n + j] = value;
        covariance[j * n + i] = value;
      }
    }

    this.#sigma *= stepSizeChange(this.#pathSigma, this.#strategy);

    if (++this.#sinceDecomposition >= this.#decompositionGap) {
      this.#root = squareRoot(covariance, n);
      this.#sinceDecomposition = 0;
    }
  }

  protected memory(): Memory {
    return {
      numbers: { sigma: this.#sigma, sinceDecomposition: this.#sinceDecomposition, active: this.#isActive ? 1 : 0 },
      vectors: {
        mean: this.#mean,
        pathSigma: this.#pathSigma,
        pathC: this.#pathC,
        covariance: this.#covariance,
        root: this.#root,
      },
    };
  }

  protected recall({ numbers, vectors }: Memory): void {
    this.#sigma = numbers.sigma!;
    this.#sinceDecomposition = numbers.sinceDecomposition!;
    this.#mean = vectors.mean!;
    this.#pathSigma = vectors.pathSigma!;
    this.#pathC = vectors.pathC!;
    this.#covariance = vectors.covariance!;
    this.#root = vectors.root!;
  }

  get #isActive(): boolean {
    return this.#strategy.weights.at(-1)! < 0;
  }

  /** C^½ z */
  #step(z: Float64Array): Float64Array {
    const n = this.dimension;
    return z.map((_, i) => {
      let y = 0;
      for (let j = 0; j < n; j++) y += this.#root[i * n + j]! * z[j]!;
      return y;
    });
  }
}

/** The symmetric square root of a symmetric positive matrix, both row-major. */
function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const evd = new EigenvalueDecomposition(Matrix.from1DArray(n, n, matrix), { assumeSymmetric: true });
  const floor = SMALLEST_EIGENVALUE * Math.max(...evd.realEigenvalues);
  const roots = evd.realEigenvalues.map((value) => Math.sqrt(Math.max(value, floor)));
  const vectors = evd.eigenvectorMatrix;
  const root = vectors.clone().mulRowVector(roots).mmul(vectors.transpose());
  return Float64Array.from(root.to1DArray());
}

function weightedSum(weights: Float64Array, vectors: Float64Array[]): Float64Array {
  return vectors[0]!.map((_, i) => vectors.reduce((sum, vector, k) => sum + weights[k]! * vector[i]!, 0));
}

const squaredNorm = (vector: Float64Array) => vector.reduce((sum, x) => sum + x * x, 0);
