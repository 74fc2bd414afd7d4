/** Counting what each of many callers has and uses. */

/** How many of something each key has at the moment. */
export class Tally {
  readonly #held = new Map<string, number>();

  constructor(readonly most: number) {}

  /** One more, unless that is too many. */
  take(key: string): boolean {
    const held = this.#held.get(key) ?? 0;
    if (held >= this.most) return false;
    this.#held.set(key, held + 1);
    return true;
  }

  give(key: string): void {
    const held = this.#held.get(key) ?? 0;
    if (held > 1) this.#held.set(key, held - 1);
    else this.#held.delete(key);
  }
}

/** Keys from which on those that owe nothing are forgotten. */
const MANY = 10_000;

/** How much of something each key uses in a time: a bucket of `most` that empties within `seconds`. */
export class Rate {
  /** When each key's bucket will be empty, in milliseconds. */
  readonly #empty = new Map<string, number>();
  readonly #milliseconds: number;

  constructor(
    readonly most: number,
    seconds: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#milliseconds = 1000 * seconds;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#empty.size;
  }

  /** So much more, unless the bucket runs over. */
  take(key: string, amount = 1): boolean {
    const now = this.now();
    const empty = Math.max(now, this.#empty.get(key) ?? 0) + (amount / this.most) * this.#milliseconds;
    // Sums of fractions may be a little more than the whole.
    if (empty - now > this.#milliseconds * (1 + 1e-9)) return false;
    if (this.#empty.size >= MANY) this.#forget(now);
    this.#empty.set(key, empty);
    return true;
  }

  #forget(now: number): void {
    for (const [key, empty] of this.#empty) if (empty <= now) this.#empty.delete(key);
  }
}
