/** What several kernels do with four words in a register. */

/** Sixteen bytes that are zero: what a missing high plane points at, with a step of 0. */
export const ZEROS: usize = memory.data(16, 16);

// @ts-ignore: decorator
@inline
export function planeOrZeros(plane: usize): usize {
  return plane ? plane : ZEROS;
}

/** Bytes from one group of four words of a plane to the next. */
// @ts-ignore: decorator
@inline
export function stepOf(plane: usize): usize {
  return plane ? 16 : 0;
}

/** The low words of four 64-bit lanes. */
// @ts-ignore: decorator
@inline
export function lowWords(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(first, second, 0, 2, 4, 6);
}

/** The high words of four 64-bit lanes. */
// @ts-ignore: decorator
@inline
export function highWords(first: v128, second: v128): v128 {
  return v128.shuffle<i32>(first, second, 1, 3, 5, 7);
}

/** −1 in the lanes where adding to `before` gave a `sum` that wrapped: subtract it to carry. */
// @ts-ignore: decorator
@inline
export function wrapped(before: v128, sum: v128): v128 {
  return i32x4.lt_u(sum, before);
}

/** Stores four words of four lines as four columns, `pitch` bytes apart. */
// @ts-ignore: decorator
@inline
export function storeTransposed(to: usize, pitch: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to + pitch, v128.shuffle<i64>(ab0, cd0, 1, 3));
  v128.store(to + 2 * pitch, v128.shuffle<i64>(ab1, cd1, 0, 2));
  v128.store(to + 3 * pitch, v128.shuffle<i64>(ab1, cd1, 1, 3));
}
