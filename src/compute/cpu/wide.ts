/**
 * 64-bit arithmetic out of 32-bit words and doubles.
 *
 * JavaScript has no fast 64-bit integer. Two roads lead around that: a 32 x 32 product by halves, exact in words; and, for long
 * sums, doubles, which are exact up to 2^53: multiply a signed word by 16 bits of another and 2^6 such products fit.
 */

/** 1 if the words `a` and `b` overflowed in giving the word `sum`. Random data would make a comparison a mispredicted branch. */
export function carry(a: number, b: number, sum: number): number {
  return ((a & b) | ((a | b) & ~sum)) >>> 31;
}

/** 1 if the word `b` was greater than the word `a` in giving the word `difference` of a − b. */
export function borrow(a: number, b: number, difference: number): number {
  return ((~a & b) | ((~a | b) & difference)) >>> 31;
}

/** The high word of the unsigned product of two words. */
export function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = Math.imul(a0, b0) >>> 16;
  const cross = Math.imul(a1, b0);
  const other = Math.imul(a0, b1);
  const middle = low + (cross & 0xffff) + (other & 0xffff);
  return (Math.imul(a1, b1) + (cross >>> 16) + (other >>> 16) + (middle >>> 16)) | 0;
}

/**
 * The word of weight 2^32 of `s0 + s1 * 2^16`, for integers |s0|, |s1| ≤ 2^53. The word of weight 1 is
 * `(s0 | 0) + (s1 << 16) | 0`: bit operations take a double modulo 2^32.
 */
export function highOfSplitSum(s0: number, s1: number): number {
  const low = s0 | 0;
  const shifted = s1 << 16;
  return (Math.floor(s0 / 4294967296) + Math.floor(s1 / 65536) + carry(low, shifted, (low + shifted) | 0)) | 0;
}
