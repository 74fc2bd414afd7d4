/**
 * Looking up four angles in the exact cosine tables, which the page's side fills in from src/ring/cosine.ts: a coarse one of a whole turn, always
 * there, and a fine one of a quarter turn, wherever the page's side has put it.
 */

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

/** A turn of the fine resolution. */
const FINE_BITS: i32 = 20;
const FINE_HALF: i32 = 1 << (FINE_BITS - 1);
/** A quarter of it: the last angle that the fine table has. */
export const FINE_QUARTER: i32 = 1 << (FINE_BITS - 2);

/** Cosines of four fine angles. `table`: a word for each of the angles 0 to FINE_QUARTER. */
// @ts-ignore: decorator
@inline
export function fineCosine(table: usize, angle: v128): v128 {
  // The cosine is even, and odd about a quarter turn.
  const folded = i32x4.abs(i32x4.shr_s(i32x4.shl(angle, 32 - FINE_BITS), 32 - FINE_BITS));
  const beyond = i32x4.gt_s(folded, i32x4.splat(FINE_QUARTER));
  const near = v128.bitselect(i32x4.sub(i32x4.splat(FINE_HALF), folded), folded, beyond);
  const offset = i32x4.shl(near, 2);
  let cosine = v128.load32_zero(table + <usize>i32x4.extract_lane(offset, 0));
  cosine = v128.load_lane<u32>(table + <usize>i32x4.extract_lane(offset, 1), cosine, 1);
  cosine = v128.load_lane<u32>(table + <usize>i32x4.extract_lane(offset, 2), cosine, 2);
  cosine = v128.load_lane<u32>(table + <usize>i32x4.extract_lane(offset, 3), cosine, 3);
  return i32x4.sub(v128.xor(cosine, beyond), beyond);
}

/** What is added before a right shift so that it rounds. */
// @ts-ignore: decorator
@inline
export function halfOf(shift: i32): i32 {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
