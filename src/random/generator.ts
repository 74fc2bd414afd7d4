/**
 * Random numbers that a seed determines: the same tuning run twice gives the same prompt.
 *
 * Uniforms, integers and shuffles are the same everywhere. Normals go through Math.log, Math.cos and Math.sin, whose last bit
 * JavaScript leaves to the engine, so between two kinds of browser they may differ by a rounding.
 */
import { BLOCK_WORDS, keystream } from './keystream';
import { type Seed, seedFromHex, seedToHex } from './seed';

/** Where a generator stands, ready for JSON. */
export interface GeneratorState {
  seed: string;
  label: string;
  /** Words drawn so far. */
  position: number;
  /** The second of a pair of normals, where only the first was drawn. */
  spare: number | null;
}

/** Words made at a time. */
const BUFFER_WORDS = 64 * BLOCK_WORDS;

export class SeededRandom {
  readonly #nonce: Uint32Array;
  #buffer = new Uint32Array(0);
  /** Which buffer of the stream is held. */
  #held = -1;
  #position = 0;
  #spare: number | null = null;

  /**
   * `label` (at most 12 bytes of UTF-8) is the nonce: one seed gives an independent generator for each purpose.
   */
  constructor(
    readonly seed: Seed,
    readonly label = '',
  ) {
    const bytes = new TextEncoder().encode(label);
    if (bytes.length > 12) throw new RangeError(`The label of a generator has at most 12 bytes: ${label}`);
    const nonce = new Uint8Array(12);
    nonce.set(bytes);
    this.#nonce = new Uint32Array(nonce.buffer);
  }

  static restore(state: GeneratorState): SeededRandom {
    const random = new SeededRandom(seedFromHex(state.seed), state.label);
    random.#position = state.position;
    random.#spare = state.spare;
    return random;
  }

  state(): GeneratorState {
    return { seed: seedToHex(this.seed), label: this.label, position: this.#position, spare: this.#spare };
  }

  /** Uniform over the 32-bit words. */
  word(): number {
    const buffer = Math.floor(this.#position / BUFFER_WORDS);
    if (buffer !== this.#held) {
      this.#buffer = keystream(this.seed, this.#nonce, BUFFER_WORDS, (buffer * BUFFER_WORDS) / BLOCK_WORDS);
      this.#held = buffer;
    }
    return this.#buffer[this.#position++ % BUFFER_WORDS]!;
  }

  /** Uniform on [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** Standard normal, by Box and Muller. */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    // 1 − uniform lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Uniform over 0 … below − 1, for 1 ≤ below ≤ 2^32. */
  integer(below: number): number {
    if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
      throw new RangeError(`Cannot draw an integer below ${below}.`);
    }
    // The words past the last multiple of `below` would favour small results: draw again.
    const limit = 2 ** 32 - (2 ** 32 % below);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % below;
  }

  /** The items in a random order; the argument stays as it is. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}
