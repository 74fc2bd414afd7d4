/**
 * Words, fixed point and the type of a share.
 *
 * A shared tensor is (p0, p1, scale, bits): p0 + p1 ≡ round(value · 2^scale) modulo 2^bits. Words are wider than `bits`; what stands above
 * is garbage and costs nothing. Products add scales; `truncate(k)` shifts each share locally, loses k bits of modulus and is then
 * always right to one unit: the notorious wrap-around of local truncation comes from pretending that the modulus stays the same.
 */
import { type Bits, type Bytes, bytes, type Scale } from './units';

/** 32-bit words of a ring element. */
export type WordCount = 1 | 2;

export interface ShareType {
  scale: Scale;
  /** The modulus is 2^bits. */
  bits: Bits;
}

export const wordsFor = (bits: Bits): WordCount => (bits > 32 ? 2 : 1);

/** Bytes of n elements of `bits` each on the wire: a tight bit string in whole words. */
export const packedBytes = (n: number, bits: Bits): Bytes => bytes(4 * Math.ceil((n * bits) / 32));

/** Of these on, floating point skips integers. */
const MOST_UNITS = 2 ** 53;

/** round(value · 2^scale) as planar words, modulo 2^64 (two words) or 2^32. Throws RangeError for what does not fit or is no number. */
export function encode(values: ArrayLike<number>, scale: Scale, words: WordCount): Uint32Array {
  // One kind of array for the loop: having met several, it takes six times as long.
  const floats = values instanceof Float64Array ? values : Float64Array.from(values);
  const n = floats.length;
  const out = new Uint32Array(n * words);
  const bad = encodeInto(out.subarray(0, n), out.subarray(n), floats, 2 ** scale);
  if (bad >= 0) throw new RangeError(`${values[bad]} has no fixed-point form at scale ${scale}`);
  return out;
}

/** Writes low words, and high words where `high` has room for them. Returns the index of the first value that does not fit, or −1. */
function encodeInto(low: Uint32Array, high: Uint32Array, values: Float64Array, factor: number): number {
  for (let i = 0; i < low.length; i++) {
    const scaled = Math.round(values[i]! * factor);
    if (!(Math.abs(scaled) < MOST_UNITS)) return i;
    low[i] = scaled >>> 0;
    if (high.length > 0) high[i] = Math.floor(scaled / 2 ** 32) >>> 0;
  }
  return -1;
}

/**
 * The values as `encode` takes them: one that has no fixed-point form is the nearest that has, one that is no number zero. For private input,
 * which must not end a run, since that is seen. `clamped`: how many those were.
 */
export function saturate(values: ArrayLike<number>, scale: Scale): { values: Float64Array; clamped: number } {
  const given = values instanceof Float64Array ? values : Float64Array.from(values);
  // Inputs are large, and next to none has such a value.
  let out = given;
  const most = (MOST_UNITS - 1) / 2 ** scale;
  let clamped = 0;
  for (let i = 0; i < given.length; i++) {
    const x = given[i]!;
    if (Math.abs(x) <= most) continue;
    if (out === given) out = given.slice();
    out[i] = Number.isNaN(x) ? 0 : Math.sign(x) * most;
    clamped++;
  }
  return { values: out, clamped };
}

/** The largest value that is not another's modulo 2^bits, and has a fixed-point form. */
export const largest = ({ scale, bits }: ShareType): number => (Math.min(2 ** (bits - 1), MOST_UNITS) - 1) / 2 ** scale;

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
