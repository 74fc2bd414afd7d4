/** Independent normal draws around the first point: what every other method has to beat. */
import type { SeededRandom } from '../random/generator';
import { GenerationalOptimizer, type Memory, type OptimizerOptions } from './optimizer';
import { defaultPopulation } from './strategy';

export class RandomSearch extends GenerationalOptimizer {
  readonly name = 'random-search';
  #initial: Float64Array;
  #sigma: number;

  constructor(options: OptimizerOptions) {
    const { dimension: n, population = defaultPopulation(n), sigma, initial } = options;
    super(options, population);
    this.#initial = initial?.slice() ?? new Float64Array(n);
    this.#sigma = sigma;
  }

  /** The best point: this distribution never moves, so its middle would be no pick at all. */
  get mean(): Float64Array {
    return this.best?.point ?? this.#initial.slice();
  }

  protected sample(random: SeededRandom): Float64Array[] {
    return Array.from({ length: this.population }, () => this.#initial.map((m) => m + this.#sigma * random.normal()));
  }

  protected learn(): void {}

  protected memory(): Memory {
    return { numbers: { sigma: this.#sigma }, vectors: { initial: this.#initial } };
  }

  protected recall({ numbers, vectors }: Memory): void {
    this.#sigma = numbers.sigma!;
    this.#initial = vectors.initial!;
  }
}
