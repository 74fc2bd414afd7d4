/** Which examples are trained on and which are held out. Examples are indices into a list of labels throughout. */
import { type GeneratorState, SeededRandom } from '../random/generator';

export interface Split {
  train: number[];
  heldOut: number[];
}

/**
 * Holds out about `heldOut` examples, at most a third of them all, with every class in proportion. A class of two or more examples
 * keeps one on either side; a single example is trained on.
 */
export function stratifiedSplit(labels: readonly string[], heldOut: number, random: SeededRandom): Split {
  const wanted = Math.min(heldOut, Math.floor(labels.length / 3));
  if (wanted <= 0) return { train: [...labels.keys()], heldOut: [] };
  const classes = [...byClass(labels, labels.keys())];
  const shares = proportional(
    classes.map(([, members]) => members.length),
    wanted,
  );
  const parts = classes.map(([, members], c) => {
    const count = members.length < 2 ? 0 : Math.min(Math.max(shares[c]!, 1), members.length - 1);
    const shuffled = random.shuffle(members);
    return { train: shuffled.slice(count), heldOut: shuffled.slice(0, count) };
  });
  const all = (side: keyof Split) => parts.flatMap((part) => part[side]).sort(ascending);
  return { train: all('train'), heldOut: all('heldOut') };
}

/** `count` of these examples, every class in proportion; all, where there are no more. */
export function stratifiedSample(
  labels: readonly string[],
  examples: readonly number[],
  count: number,
  random: SeededRandom,
): number[] {
  if (examples.length <= count) return [...examples];
  const classes = [...byClass(labels, examples).values()];
  const shares = proportional(
    classes.map((members) => members.length),
    count,
  );
  return classes.flatMap((members, c) => random.shuffle(members).slice(0, shares[c])).sort(ascending);
}

/** `shots` of these examples from each class, all of a class that has fewer. */
export function fewShot(
  labels: readonly string[],
  examples: readonly number[],
  shots: number,
  random: SeededRandom,
): number[] {
  const classes = [...byClass(labels, examples).values()];
  return classes.flatMap((members) => random.shuffle(members).slice(0, shots)).sort(ascending);
}

/** Where a stream of batches stands, ready for JSON. */
export interface BatchState {
  random: GeneratorState;
  /** For each class, what is left of its epoch. */
  queues: number[][];
  turn: number;
}

/**
 * Batches with every class equally often (the odd places go round). Each class runs through all of its examples in a random
 * order before any of them comes again, so rare classes come round more often; a batch holds an example twice only where a
 * class has fewer examples than places.
 */
export class BalancedBatches {
  readonly #classes: number[][];
  #random: SeededRandom;
  #queues: number[][];
  /** The class that gets the first odd place. */
  #turn = 0;

  constructor(
    labels: readonly string[],
    examples: readonly number[],
    readonly size: number,
    random: SeededRandom,
  ) {
    if (examples.length === 0) throw new RangeError('There are no examples to make batches of.');
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`A batch cannot have ${size} examples.`);
    this.#classes = [...byClass(labels, examples).values()];
    this.#queues = this.#classes.map(() => []);
    this.#random = random;
  }

  next(): number[] {
    const batch: number[] = [];
    for (let place = 0; place < this.size; place++) {
      const c = (this.#turn + place) % this.#classes.length;
      if (this.#queues[c]!.length === 0) {
        // What this batch has already goes to the end of the new epoch.
        const order = this.#random.shuffle(this.#classes[c]!);
        const seen = new Set(batch);
        this.#queues[c] = [...order.filter((i) => !seen.has(i)), ...order.filter((i) => seen.has(i))];
      }
      batch.push(this.#queues[c]!.shift()!);
    }
    this.#turn = (this.#turn + this.size) % this.#classes.length;
    return batch;
  }

  state(): BatchState {
    return { random: this.#random.state(), queues: this.#queues.map((queue) => [...queue]), turn: this.#turn };
  }

  /** Takes up a state of batches over the same examples. */
  restore({ random, queues, turn }: BatchState): this {
    if (queues.length !== this.#classes.length) throw new Error('These batches are over other classes.');
    this.#random = SeededRandom.restore(random);
    this.#queues = queues.map((queue) => [...queue]);
    this.#turn = turn;
    return this;
  }
}

function byClass(labels: readonly string[], examples: Iterable<number>): Map<string, number[]> {
  const classes = new Map<string, number[]>();
  for (const i of examples) {
    const members = classes.get(labels[i]!);
    if (members) members.push(i);
    else classes.set(labels[i]!, [i]);
  }
  return classes;
}

/** Whole numbers in proportion to the sizes that sum to `total`: rounded down, the rest to the largest remainders. */
function proportional(sizes: number[], total: number): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * total) / all);
  const shares = exact.map(Math.floor);
  const left = total - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = [...sizes.keys()].sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!));
  for (const c of byRemainder.slice(0, left)) shares[c]!++;
  return shares;
}

const ascending = (a: number, b: number) => a - b;
