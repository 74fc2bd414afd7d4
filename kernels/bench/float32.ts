/** What `npm run bench:kernels` compares with: a dense product of float32 matrices, [rows, depth] · [depth, columns], tiles of 4 x 8 as well. */

/** Where matrices may be put. */
export function heapBase(): usize {
  return __heap_base;
}

// @ts-ignore: decorator
@inline
function addProduct(sum: v128, x: v128, y: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** Columns by eights, side by side for each k. */
function packColumns(right: usize, depth: i32, columns: i32, panels: usize): void {
  const pitch = <usize>columns << 2;
  for (let j = 0; j < columns; j += 8) {
    let from = right + (<usize>j << 2);
    for (let k = 0; k < depth; k++, from += pitch, panels += 32) {
      v128.store(panels, v128.load(from));
      v128.store(panels, v128.load(from, 16), 16);
    }
  }
}

/** `rows` a multiple of 4, `columns` of 8. `panels`: room for columns x depth. */
export function multiply(out: usize, left: usize, right: usize, rows: i32, depth: i32, columns: i32, panels: usize): void {
  packColumns(right, depth, columns, panels);
  // As many rows at a time as stay in a cache.
  for (let first = 0; first < rows; first += 64) {
    for (let j = 0; j < columns; j += 8) {
      for (let i = first; i < min(rows, first + 64); i += 4) {
        const to = out + (<usize>(i * columns + j) << 2);
        multiplyTile(to, <usize>columns << 2, left + (<usize>(i * depth) << 2), depth, panels + (<usize>(j * depth) << 2));
      }
    }
  }
}

function multiplyTile(to: usize, pitch: usize, a: usize, depth: i32, b: usize): void {
  const leftPitch = <usize>depth << 2;
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  for (const end = a + leftPitch; a < end; a += 4, b += 32) {
    const y0 = v128.load(b);
    const y1 = v128.load(b, 16);
    let x = v128.load_splat<u32>(a);
    s00 = addProduct(s00, x, y0);
    s01 = addProduct(s01, x, y1);
    x = v128.load_splat<u32>(a + leftPitch);
    s10 = addProduct(s10, x, y0);
    s11 = addProduct(s11, x, y1);
    x = v128.load_splat<u32>(a + 2 * leftPitch);
    s20 = addProduct(s20, x, y0);
    s21 = addProduct(s21, x, y1);
    x = v128.load_splat<u32>(a + 3 * leftPitch);
    s30 = addProduct(s30, x, y0);
    s31 = addProduct(s31, x, y1);
  }
  v128.store(to, s00);
  v128.store(to, s01, 16);
  v128.store(to + pitch, s10);
  v128.store(to + pitch, s11, 16);
  v128.store(to + 2 * pitch, s20);
  v128.store(to + 2 * pitch, s21, 16);
  v128.store(to + 3 * pitch, s30);
  v128.store(to + 3 * pitch, s31, 16);
}
