/**
 * Words, fixed point and the type of a share.
 *
 * A shared tensor is (p0, p1, scale, bits): p0 + p1 ≡ round(value · 2^scale) modulo 2^bits. Words are wider than `bits`; what stands above
 * is garbage and costs nothing. Products add scales; `truncate(k)` shifts each share locally, loses k bits of modulus and is then
 * always right to one unit: the notorious wrap-around of local truncation comes from pretending that the modulus stays the same.
 */
import type { WordCount } from '../compute/backend';

export interface ShareType {
  /** Fractional bits; may be negative. */
  scale: number;
  /** The modulus is 2^bits, 1 ≤ bits ≤ 64. */
  bits: number;
}

export const wordsFor = (bits: number): WordCount => (bits > 32 ? 2 : 1);

/** Bytes of n elements of `bits` each on the wire: a tight bit string in whole words. */
export const packedBytes = (n: number, bits: number): number => 4 * Math.ceil((n * bits) / 32);

/** round(value · 2^scale) as planar words, modulo 2^64 (two words) or 2^32. Throws RangeError for what does not fit or is no number. */
export function encode(values: ArrayLike<number>, scale: number, words: WordCount): Uint32Array {
  const n = values.length;
  const out = new Uint32Array(n * words);
  const factor = 2 ** scale;
  for (let i = 0; i < n; i++) {
    const scaled = Math.round(values[i]! * factor);
    if (!(Math.abs(scaled) < 2 ** 53)) throw new RangeError(`${values[i]} has no fixed-point form at scale ${scale}`);
    out[i] = scaled >>> 0;
    if (words === 2) out[n + i] = Math.floor(scaled / 2 ** 32) >>> 0;
  }
  return out;
}

/** The values of planar words, read as signed integers modulo 2^bits at a scale. */
export function decode(words: Uint32Array, count: WordCount, { scale, bits }: ShareType): Float64Array {
  const n = words.length / count;
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const word = BigInt(words[i]!) | (count === 2 ? BigInt(words[n + i]!) << 32n : 0n);
    out[i] = Number(BigInt.asIntN(bits, word)) / 2 ** scale;
  }
  return out;
}
