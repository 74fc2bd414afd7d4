/**
 * The plaintext reference's matrix product, in doubles: out [rows, columns] += x [rows, depth] · w [depth, columns], row by row.
 *
 * A module of its own: whoever computes on shares does not need it. `pitch` is `columns` rounded up to a multiple of four; lines of out and
 * w begin so far apart, and rows of x and out are as many as a multiple of four. What lies in between may be anything: it reaches nothing
 * but itself.
 */

/** Where matrices may be put. */
export function heapBase(): usize {
  return __heap_base;
}

/** Four columns this deep take 8 KiB: with four rows of x they stay in the nearest cache. */
const BLOCK_DEPTH: i32 = 256;

// @ts-ignore: decorator
@inline
function addProduct(sum: v128, x: v128, y: v128): v128 {
  return f64x2.add(sum, f64x2.mul(x, y));
}

/** Columns by fours, side by side for each k; these panels for one block of k after the other. `panels`: as much room as w takes. */
export function pack(w: usize, depth: i32, pitch: i32, panels: usize): void {
  const lineBytes = <usize>pitch << 3;
  for (let k0 = 0; k0 < depth; k0 += BLOCK_DEPTH, w += lineBytes * <usize>BLOCK_DEPTH) {
    const k = min(BLOCK_DEPTH, depth - k0);
    for (let j = 0; j < pitch; j += 4) {
      let from = w + (<usize>j << 3);
      for (const end = panels + (<usize>k << 5); panels < end; panels += 32, from += lineBytes) {
        v128.store(panels, v128.load(from));
        v128.store(panels, v128.load(from, 16), 16);
      }
    }
  }
}

/** out += x · w, with w as `pack` left it. `rows`: as many as stay in a cache with their x. */
export function multiply(out: usize, x: usize, panels: usize, rows: i32, depth: i32, pitch: i32): void {
  for (let k0 = 0; k0 < depth; k0 += BLOCK_DEPTH) {
    const k = min(BLOCK_DEPTH, depth - k0);
    for (let j = 0; j < pitch; j += 4, panels += <usize>k << 5) {
      for (let i = 0; i < rows; i += 4) {
        const to = out + (<usize>(i * pitch + j) << 3);
        multiplyTile(to, <usize>pitch << 3, x + (<usize>(i * depth + k0) << 3), <usize>depth << 3, panels, k);
      }
    }
  }
}

/** 4 x 4 results, which stay in registers while k runs. */
function multiplyTile(to: usize, outPitch: usize, x: usize, xPitch: usize, panel: usize, depth: i32): void {
  let s00 = v128.load(to);
  let s01 = v128.load(to, 16);
  let s10 = v128.load(to + outPitch);
  let s11 = v128.load(to + outPitch, 16);
  let s20 = v128.load(to + 2 * outPitch);
  let s21 = v128.load(to + 2 * outPitch, 16);
  let s30 = v128.load(to + 3 * outPitch);
  let s31 = v128.load(to + 3 * outPitch, 16);
  for (const end = panel + (<usize>depth << 5); panel < end; x += 8, panel += 32) {
    const y0 = v128.load(panel);
    const y1 = v128.load(panel, 16);
    let v = v128.load_splat<u64>(x);
    s00 = addProduct(s00, v, y0);
    s01 = addProduct(s01, v, y1);
    v = v128.load_splat<u64>(x + xPitch);
    s10 = addProduct(s10, v, y0);
    s11 = addProduct(s11, v, y1);
    v = v128.load_splat<u64>(x + 2 * xPitch);
    s20 = addProduct(s20, v, y0);
    s21 = addProduct(s21, v, y1);
    v = v128.load_splat<u64>(x + 3 * xPitch);
    s30 = addProduct(s30, v, y0);
    s31 = addProduct(s31, v, y1);
  }
  v128.store(to, s00);
  v128.store(to, s01, 16);
  v128.store(to + outPitch, s10);
  v128.store(to + outPitch, s11, 16);
  v128.store(to + 2 * outPitch, s20);
  v128.store(to + 2 * outPitch, s21, 16);
  v128.store(to + 3 * outPitch, s30);
  v128.store(to + 3 * outPitch, s31, 16);
}
