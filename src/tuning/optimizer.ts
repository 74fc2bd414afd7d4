/**
 * What every gradient-free optimiser does, and the part that all of them share.
 *
 * Ask gives the candidates of a generation, tell takes their losses. In between lie minutes of forward passes on shares, so
 * everything here can be interrupted: the state is that before the generation under way, and a restored optimiser asks for the
 * same candidates again.
 */
import { z } from 'zod';
import { type GeneratorState, SeededRandom } from '../random/generator';

export const optimizerNames = ['cma-es', 'sep-cma-es', 'spsa', 'random-search'] as const;

export type OptimizerName = (typeof optimizerNames)[number];

export interface Optimizer {
  readonly name: OptimizerName;
  readonly dimension: number;
  /** Candidates a generation. */
  readonly population: number;
  /** Generations told so far. */
  readonly generation: number;
  /** The candidates of the next generation, each of length `dimension`; the same ones until their losses are told. */
  ask(): Float64Array[];
  /** The losses, in the order asked. One that is not finite ranks last; a generation without any finite loss changes nothing. */
  tell(losses: readonly number[]): void;
  /** The lowest loss seen and where; under noise a lucky draw rather than the best point. */
  readonly best: { point: Float64Array; loss: number } | undefined;
  /** The middle of the search distribution: the usual pick under noise. */
  readonly mean: Float64Array;
  /** Ready for JSON, and for `restoreOptimizer`. */
  state(): OptimizerState;
}

export interface OptimizerOptions {
  dimension: number;
  /** Candidates a generation; every method has its own default. */
  population?: number;
  /** Standard deviation of the first candidates around `initial`. */
  sigma: number;
  /** The optimiser's own: nobody else draws from it. */
  random: SeededRandom;
  /** Where the search begins; default the origin. */
  initial?: Float64Array;
}

const numbers = z.array(z.number());

export const generatorStateSchema = z.object({
  seed: z.string(),
  label: z.string(),
  position: z.number().int().nonnegative(),
  spare: z.number().nullable(),
});

export const optimizerStateSchema = z.object({
  name: z.enum(optimizerNames),
  dimension: z.number().int().positive(),
  population: z.number().int().positive(),
  generation: z.number().int().nonnegative(),
  random: generatorStateSchema,
  best: z.object({ point: numbers, loss: z.number() }).nullable(),
  /** What the method adds. */
  numbers: z.record(z.string(), z.number()),
  vectors: z.record(z.string(), numbers),
});

export type OptimizerState = z.infer<typeof optimizerStateSchema>;

/** What a method keeps from one generation to the next, beyond what the base class keeps. */
export interface Memory {
  numbers: Record<string, number>;
  vectors: Record<string, Float64Array>;
}

/** Keeps count, the best point and the random stream; a subclass samples and learns. */
export abstract class GenerationalOptimizer implements Optimizer {
  abstract readonly name: OptimizerName;
  abstract readonly mean: Float64Array;
  readonly dimension: number;
  readonly population: number;
  #generation = 0;
  #best: { point: Float64Array; loss: number } | undefined;
  #random: SeededRandom;
  /** Candidates whose losses are awaited, and where the random stream stood before they were drawn. */
  #pending: { candidates: Float64Array[]; before: GeneratorState } | undefined;

  constructor({ dimension, random, sigma, initial }: OptimizerOptions, population: number) {
    if (!Number.isInteger(dimension) || dimension < 1) throw new RangeError(`${dimension} is not a dimension.`);
    if (!Number.isInteger(population) || population < 1) throw new RangeError(`${population} is not a population.`);
    if (!(sigma > 0 && Number.isFinite(sigma))) throw new RangeError(`sigma is a positive number, not ${sigma}.`);
    if (initial && initial.length !== dimension) {
      throw new RangeError(`The initial point has ${initial.length} numbers, the search ${dimension}.`);
    }
    this.dimension = dimension;
    this.population = population;
    this.#random = random;
  }

  /** Draws `population` candidates. */
  protected abstract sample(random: SeededRandom): Float64Array[];

  /**
   * Learns from the candidates of the last `sample`. `losses` are in the order sampled; `order` lists the candidates from best to
   * worst, those without a finite loss at the end.
   */
  protected abstract learn(losses: readonly number[], order: readonly number[]): void;

  /** Views of what the method remembers: `state` copies them out, `recall` copies them back. */
  protected abstract memory(): Memory;
  protected abstract recall(memory: Memory): void;

  get generation(): number {
    return this.#generation;
  }

  get best(): { point: Float64Array; loss: number } | undefined {
    return this.#best && { point: this.#best.point.slice(), loss: this.#best.loss };
  }

  ask(): Float64Array[] {
    if (this.#pending === undefined) {
      const before = this.#random.state();
      this.#pending = { candidates: this.sample(this.#random), before };
    }
    // Copies: the caller may do with them as it likes.
    return this.#pending.candidates.map((candidate) => candidate.slice());
  }

  tell(losses: readonly number[]): void {
    if (this.#pending === undefined) throw new Error('Losses were told before candidates were asked for.');
    const { candidates } = this.#pending;
    if (losses.length !== candidates.length) {
      throw new RangeError(`${losses.length} losses for ${candidates.length} candidates.`);
    }
    const order = rank(losses);
    const first = order[0]!;
    if (Number.isFinite(losses[first])) {
      if (this.#best === undefined || losses[first]! < this.#best.loss) {
        this.#best = { point: candidates[first]!, loss: losses[first]! };
      }
      this.learn(losses, order);
    }
    this.#pending = undefined;
    this.#generation++;
  }

  state(): OptimizerState {
    const { numbers, vectors } = this.memory();
    return {
      name: this.name,
      dimension: this.dimension,
      population: this.population,
      generation: this.#generation,
      random: this.#pending?.before ?? this.#random.state(),
      best: this.#best ? { point: [...this.#best.point], loss: this.#best.loss } : null,
      numbers: { ...numbers },
      vectors: Object.fromEntries(Object.entries(vectors).map(([key, vector]) => [key, [...vector]])),
    };
  }

  /** Takes up a state of an optimiser of the same name, dimension and population. */
  restore(state: OptimizerState): this {
    const expected = this.memory();
    for (const [key, vector] of Object.entries(expected.vectors)) {
      if (state.vectors[key]?.length !== vector.length)
        throw new Error(`The state of ${this.name} has no fitting ${key}.`);
    }
    for (const key of Object.keys(expected.numbers)) {
      if (state.numbers[key] === undefined) throw new Error(`The state of ${this.name} has no ${key}.`);
    }
    this.#generation = state.generation;
    this.#random = SeededRandom.restore(state.random);
    this.#best = state.best ? { point: Float64Array.from(state.best.point), loss: state.best.loss } : undefined;
    this.#pending = undefined;
    this.recall({
      numbers: state.numbers,
      vectors: Object.fromEntries(Object.entries(state.vectors).map(([k, vector]) => [k, Float64Array.from(vector)])),
    });
    return this;
  }
}

/** Indices from the lowest loss to the highest; what is not finite comes last, equals keep their order. */
export function rank(losses: readonly number[]): number[] {
  const key = losses.map((loss) => (Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY));
  return [...losses.keys()].sort((a, b) => (key[a] === key[b] ? 0 : key[a]! - key[b]!));
}
