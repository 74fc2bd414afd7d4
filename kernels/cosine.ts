/** The exact cosine table, filled in by the page's side from src/ring/cosine.ts, and looking up four angles in it. */

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

/** What is added before a right shift so that it rounds. */
// @ts-ignore: decorator
@inline
export function halfOf(shift: i32): i32 {
  return shift > 0 ? 1 << (shift - 1) : 0;
}
