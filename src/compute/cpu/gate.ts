/**
 * Trigonometric polynomials of an opened phase over shares of dealt tables.
 *
 * A block of elements at a time, so that its running sums stay in the nearest cache: first the public coefficients of one half-term,
 * then their products with its row of the tables. One word wraps by itself. Two words use that doubles are exact: the table's low word
 * is halved, sums over the two halves run on their own, and the high word's products wrap.
 */
import { cosines } from '../../ring/cosine';
import type { Gate } from '../backend';
import { carry, highOfSplitSum } from './wide';

const BLOCK = 1024;
/** |coefficient| ≤ 2^30 times 16 bits, twice a term: 64 terms stay below 2^53. */
const EXACT_TERMS = 64;

interface Wave {
  multiple: number;
  phase: number;
  amplitude: number;
  shift: number;
}

/** ⌊(amplitude · COS[multiple·δ − phase] + half) / 2^shift⌋ for a block of δ: of at most 49 bits, so exact in doubles. */
function coefficients(
  out: Int32Array,
  cosine: Int32Array,
  delta: Uint32Array,
  { multiple, phase, amplitude, shift }: Wave,
): void {
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  const unit = 2 ** -shift;
  const mask = cosine.length - 1;
  for (let i = 0; i < delta.length; i++) {
    out[i] = Math.floor((amplitude * cosine[(Math.imul(multiple, delta[i]!) - phase) & mask]! + half) * unit);
  }
}

/** The sums of one block, in whatever form `add` needs. */
interface Sums {
  clear(): void;
  /** Adds coefficient[i] · table[at + i]. */
  add(coefficient: Int32Array, at: number, size: number): void;
  /** Adds the sums to the elements first, first + step, ... of the result. */
  store(first: number, step: number, size: number): void;
}

class Sums32 implements Sums {
  readonly #sums = new Int32Array(BLOCK);
  readonly #table: Uint32Array;
  readonly #out: Uint32Array;

  constructor(table: Uint32Array, out: Uint32Array) {
    this.#table = table;
    this.#out = out;
  }

  clear(): void {
    this.#sums.fill(0);
  }

  add(coefficient: Int32Array, at: number, size: number): void {
    const sums = this.#sums;
    const table = this.#table;
    for (let i = 0; i < size; i++) sums[i] = sums[i]! + Math.imul(coefficient[i]!, table[at + i]!);
  }

  store(first: number, step: number, size: number): void {
    const out = this.#out;
    for (let i = 0; i < size; i++) out[first + i * step] = out[first + i * step]! + this.#sums[i]!;
  }
}

class Sums64 implements Sums {
  readonly #lower = new Float64Array(BLOCK);
  readonly #upper = new Float64Array(BLOCK);
  readonly #high = new Int32Array(BLOCK);

  readonly #table: Uint32Array;
  readonly #tableHigh: Uint32Array | undefined;
  readonly #out: Uint32Array;
  readonly #outHigh: Uint32Array;

  constructor(table: Uint32Array, tableHigh: Uint32Array | undefined, out: Uint32Array, outHigh: Uint32Array) {
    this.#table = table;
    this.#tableHigh = tableHigh;
    this.#out = out;
    this.#outHigh = outHigh;
  }

  clear(): void {
    for (const sums of [this.#lower, this.#upper, this.#high]) sums.fill(0);
  }

  add(coefficient: Int32Array, at: number, size: number): void {
    const [lower, upper, high] = [this.#lower, this.#upper, this.#high];
    const [table, tableHigh] = [this.#table, this.#tableHigh];
    for (let i = 0; i < size; i++) {
      const c = coefficient[i]!;
      const word = table[at + i]!;
      lower[i] = lower[i]! + c * (word & 0xffff);
      upper[i] = upper[i]! + c * (word >>> 16);
    }
    if (tableHigh) for (let i = 0; i < size; i++) high[i] = high[i]! + Math.imul(coefficient[i]!, tableHigh[at + i]!);
  }

  store(first: number, step: number, size: number): void {
    const [out, outHigh] = [this.#out, this.#outHigh];
    for (let i = 0; i < size; i++) {
      const at = first + i * step;
      const [lower, upper] = [this.#lower[i]!, this.#upper[i]!];
      const before = out[at]!;
      const added = ((lower | 0) + (upper << 16)) | 0;
      const sum = (before + added) | 0;
      out[at] = sum;
      outHigh[at] = outHigh[at]! + highOfSplitSum(lower, upper) + this.#high[i]! + carry(before, added, sum);
    }
  }
}

/** Adds the sums of all terms to `out`, which holds the constants: element i of function j is at i · functions + j. */
export function addGate(
  delta: Uint32Array,
  table: Uint32Array,
  tableHigh: Uint32Array | undefined,
  { phaseBits, frequencies, functions, shift }: Gate,
  out: Uint32Array,
  outHigh: Uint32Array | undefined,
): void {
  const n = delta.length;
  const sums = outHigh ? new Sums64(table, tableHigh, out, outHigh) : new Sums32(table, out);
  const cosine = cosines(phaseBits);
  const quarterTurn = cosine.length / 4;
  const coefficient = new Int32Array(BLOCK);
  for (let start = 0; start < n; start += BLOCK) {
    const block = delta.subarray(start, start + BLOCK);
    functions.forEach(({ terms }, j) => {
      for (let first = 0; first < terms.length; first += EXACT_TERMS) {
        sums.clear();
        for (const { frequency, phase, amplitude } of terms.slice(first, first + EXACT_TERMS)) {
          for (let quarter = 0; quarter < 2; quarter++) {
            const wave = { multiple: frequencies[frequency]!, phase: phase + quarter * quarterTurn, amplitude, shift };
            coefficients(coefficient, cosine, block, wave);
            sums.add(coefficient, (2 * frequency + quarter) * n + start, block.length);
          }
        }
        sums.store(start * functions.length + j, functions.length, block.length);
      }
    });
  }
}
