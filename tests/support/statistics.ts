/** Tests of uniformity and independence of what crosses a wire. For tests only. */
import { bitsAt } from './tap';

/**
 * A bound of 7 standard deviations is passed by chance once in 4·10^11 tests. Seeds of the tests that use it are fixed, so that they
 * either always pass or never do.
 */
export const MOST_DEVIATIONS = 7;

/** Chi-square of counts against equal shares, as a standard normal (Wilson and Hilferty). Far from 0 on either side is suspicious. */
export function deviation(counts: ArrayLike<number>): number {
  const total = Array.from(counts).reduce((a, b) => a + b, 0);
  const expected = total / counts.length;
  const freedom = counts.length - 1;
  const chi = Array.from(counts).reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0);
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(chi / freedom) - (1 - spread)) / Math.sqrt(spread);
}

/** Histograms of packed ring elements: every four bits of an element by themselves, every bit by itself, and bytes of the whole string. */
export class Uniformity {
  private readonly nibbles: Uint32Array[];
  private readonly ones: Float64Array;
  private readonly bytes = new Float64Array(256);
  n = 0;

  constructor(readonly bits: number) {
    this.ones = new Float64Array(bits);
    this.nibbles = Array.from(
      { length: Math.ceil(bits / 4) },
      (_, i) => new Uint32Array(2 ** Math.min(4, bits - 4 * i)),
    );
  }

  add(bytes: Uint8Array, n: number): this {
    const { bits } = this;
    this.n += n;
    for (let i = 0; i < n; i++) {
      for (const [p, histogram] of this.nibbles.entries()) {
        const value = bitsAt(bytes, i * bits + 4 * p, Math.min(4, bits - 4 * p));
        histogram[value]!++;
        for (let b = 4 * p; b < Math.min(bits, 4 * p + 4); b++) this.ones[b]! += (value >> (b - 4 * p)) & 1;
      }
    }
    // Whole bytes of elements only: what pads the last word is no ring bit.
    for (const byte of bytes.subarray(0, (n * bits) >>> 3)) this.bytes[byte]!++;
    return this;
  }

  /** The worst of all, in standard deviations. */
  get worst(): number {
    const { n, nibbles, ones } = this;
    const balances = Array.from(ones, (count) => (2 * count - n) / Math.sqrt(n));
    const chi = nibbles.filter((histogram) => n >= 2 * histogram.length).map(deviation);
    const total = this.bytes.reduce((a, b) => a + b, 0);
    if (total >= 512) chi.push(deviation(this.bytes));
    return Math.max(...[...balances, ...chi].map(Math.abs));
  }
}

/** Packed elements as numbers in [-1, 1): their upper 16 bits, signed. */
export function signed(bytes: Uint8Array, n: number, bits: number): Float64Array {
  const width = Math.min(16, bits);
  return Float64Array.from({ length: n }, (_, i) => {
    const top = bitsAt(bytes, i * bits + bits - width, width);
    return (top >= 2 ** (width - 1) ? top - 2 ** width : top) / 2 ** (width - 1);
  });
}

/** Pearson's correlation times √n: a standard normal where there is none. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = Math.min(a.length, b.length);
  const mean = (x: ArrayLike<number>) => Array.from({ length: n }, (_, i) => x[i]!).reduce((s, v) => s + v, 0) / n;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return aa > 0 && bb > 0 ? (ab / Math.sqrt(aa * bb)) * Math.sqrt(n) : 0;
}
