/**
 * The exact cosines (src/ring/cosine.ts) of four angles. The coarse ones are looked up in a table of a whole turn, the fine ones made of two
 * look-ups; the page's side fills in the tables.
 */
import { lowWords } from './lanes';

/** For each of 65536 angles θ two signed half words: COS[θ], COS[θ − 16384]. */
const PAIRS: usize = memory.data(4 * 65536, 16);

/** Where the table is to be written. */
export function cosines(): usize {
  return PAIRS;
}

// @ts-ignore: decorator
@inline
function entry(offset: i32): usize {
  return PAIRS + <usize>offset;
}

/** Cosine and sine of four angles, a pair of half words in a lane: one look-up for both. */
// @ts-ignore: decorator
@inline
export function lookUp(angle: v128): v128 {
  const offset = i32x4.shl(v128.and(angle, i32x4.splat(0xffff)), 2);
  let pairs = v128.load32_zero(entry(i32x4.extract_lane(offset, 0)));
  pairs = v128.load_lane<u32>(entry(i32x4.extract_lane(offset, 1)), pairs, 1);
  pairs = v128.load_lane<u32>(entry(i32x4.extract_lane(offset, 2)), pairs, 2);
  return v128.load_lane<u32>(entry(i32x4.extract_lane(offset, 3)), pairs, 3);
}

// @ts-ignore: decorator
@inline
export function cosineOf(pairs: v128): v128 {
  return i32x4.shr_s(i32x4.shl(pairs, 16), 16);
}

// @ts-ignore: decorator
@inline
export function sineOf(pairs: v128): v128 {
  return i32x4.shr_s(pairs, 16);
}

/** A quarter turn of the fine resolution is 2^this. */
const QUARTER_BITS: i32 = 18;
const EIGHTH: i32 = 1 << (QUARTER_BITS - 1);
/** The low bits of a fine angle within an eighth of a turn; what is above them goes up to STEPS. */
const LOW_BITS: i32 = 8;
const STEPS: i32 = EIGHTH >> LOW_BITS;

/** Cosine and sine in doubles: of the multiples 0 to STEPS of 2^LOW_BITS, times 2^24; and of the angles below 2^LOW_BITS. */
const HIGH_PAIRS: usize = memory.data(16 * (STEPS + 1), 16);
const LOW_PAIRS: usize = memory.data(16 << LOW_BITS, 16);

/** Where they are to be written. */
export function fineCosines(): usize {
  return HIGH_PAIRS;
}

export function lowFineCosines(): usize {
  return LOW_PAIRS;
}

/**
 * Stores the cosines of four fine angles, and 16 bytes on their sines. A table of all would drive everything else from the caches, so that angles are
 * put together of two: a double's error is far too small to be rounded to another integer (which the tests show of every angle).
 */
// @ts-ignore: decorator
@inline
export function lookUpFine(angle: v128, to: usize): void {
  // How far the nearest quarter turn is, and which it is.
  const quarters = i32x4.shr_s(i32x4.add(angle, i32x4.splat(EIGHTH)), QUARTER_BITS);
  const distance = i32x4.sub(angle, i32x4.shl(quarters, QUARTER_BITS));
  const folded = i32x4.abs(distance);
  const high = i32x4.shl(i32x4.shr_u(folded, LOW_BITS), 4);
  const low = i32x4.shl(v128.and(folded, i32x4.splat((1 << LOW_BITS) - 1)), 4);

  const a0 = pair(HIGH_PAIRS, i32x4.extract_lane(high, 0));
  const a1 = pair(HIGH_PAIRS, i32x4.extract_lane(high, 1));
  const a2 = pair(HIGH_PAIRS, i32x4.extract_lane(high, 2));
  const a3 = pair(HIGH_PAIRS, i32x4.extract_lane(high, 3));
  const b0 = pair(LOW_PAIRS, i32x4.extract_lane(low, 0));
  const b1 = pair(LOW_PAIRS, i32x4.extract_lane(low, 1));
  const b2 = pair(LOW_PAIRS, i32x4.extract_lane(low, 2));
  const b3 = pair(LOW_PAIRS, i32x4.extract_lane(low, 3));
  const cosine = lowWords(cosineOfSum(a0, a1, b0, b1), cosineOfSum(a2, a3, b2, b3));
  const positive = lowWords(sineOfSum(a0, a1, b0, b1), sineOfSum(a2, a3, b2, b3));
  const sine = negatedWhere(i32x4.shr_s(distance, 31), positive);

  // A quarter turn on, (cos, sin) is (−sin, cos); half a turn changes both signs.
  const odd = i32x4.shr_s(i32x4.shl(quarters, 31), 31);
  const opposite = i32x4.shr_s(i32x4.shl(quarters, 30), 31);
  v128.store(to, negatedWhere(v128.xor(odd, opposite), v128.bitselect(sine, cosine, odd)));
  v128.store(to, negatedWhere(opposite, v128.bitselect(cosine, sine, odd)), 16);
}

// @ts-ignore: decorator
@inline
function pair(table: usize, offset: i32): v128 {
  return v128.load(table + <usize>offset);
}

/** Of two angles, as `rounded` gives them. */
// @ts-ignore: decorator
@inline
function cosineOfSum(a0: v128, a1: v128, b0: v128, b1: v128): v128 {
  const first = f64x2.mul(v128.shuffle<i64>(a0, a1, 0, 2), v128.shuffle<i64>(b0, b1, 0, 2));
  const second = f64x2.mul(v128.shuffle<i64>(a0, a1, 1, 3), v128.shuffle<i64>(b0, b1, 1, 3));
  return rounded(f64x2.sub(first, second));
}

// @ts-ignore: decorator
@inline
function sineOfSum(a0: v128, a1: v128, b0: v128, b1: v128): v128 {
  const first = f64x2.mul(v128.shuffle<i64>(a0, a1, 1, 3), v128.shuffle<i64>(b0, b1, 0, 2));
  const second = f64x2.mul(v128.shuffle<i64>(a0, a1, 0, 2), v128.shuffle<i64>(b0, b1, 1, 3));
  return rounded(f64x2.add(first, second));
}

/** Adding 1.5·2^52 rounds a double below 2^51 to the nearest integer, and leaves that modulo 2^32 in its low word. */
// @ts-ignore: decorator
@inline
export function rounded(x: v128): v128 {
  return f64x2.add(x, f64x2.splat(6755399441055744.0));
}

/** −x in the lanes where `mask` is −1, x where it is 0. */
// @ts-ignore: decorator
@inline
function negatedWhere(mask: v128, x: v128): v128 {
  return i32x4.sub(v128.xor(x, mask), mask);
}

/** What is added before a right shift so that it rounds. */
// @ts-ignore: decorator
@inline
export function halfOf(shift: i32): i32 {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
