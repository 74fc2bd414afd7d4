/**
 * The batched matrix product.
 *
 * Strides are dealt with when operands are packed into panels: four rows of `left`, or eight columns of `right`, side by side for each k, with
 * zeros to fill up. A tile of 4 x 8 results stays in registers while k runs over a panel; a block of panels stays in the caches.
 *
 * Two words: (a + 2^32 A)(b + 2^32 B) = ab + 2^32 (aB + Ab). The products ab are added up in 64 bits; the two cross terms, if there are any,
 * are one-word products.
 *
 * A product is done in parts, in any order and on any thread: a part is a range of units, and a unit is a block of rows of one of the batched
 * products. What a thread writes on the way is scratch of its own.
 */
import { storeTransposed, wrapped } from './lanes';

/** Strides are in elements; see `Contraction` in src/compute/backend.ts. */
@unmanaged
export class Product {
  out: usize;
  outHigh: usize;
  left: usize;
  leftHigh: usize;
  right: usize;
  rightHigh: usize;
  outer: i32;
  inner: i32;
  rows: i32;
  columns: i32;
  depth: i32;
  leftOuter: i32;
  leftInner: i32;
  leftRow: i32;
  leftColumn: i32;
  rightOuter: i32;
  rightInner: i32;
  rightRow: i32;
  rightColumn: i32;
  outOuter: i32;
  outInner: i32;
  outRow: i32;
  outColumn: i32;
}

const TILE_ROWS: i32 = 4;
const TILE_COLUMNS: i32 = 8;
/** A panel of 8 columns this deep takes 12 KiB: it stays in the nearest cache. */
const BLOCK_DEPTH: i32 = 384;
/** This many rows of that depth take 96 KiB: they stay in the next one. */
const BLOCK_ROWS: i32 = 64;
/** Bytes of a tile of words. Scratch begins with two: the low words of a tile, then the high words. */
const TILE: usize = 128;

/** Four lines of a strided matrix side by side: to[k·pitch + lane]. Lines that are not `live` are zero. */
function packLines(source: usize, line: i32, step: i32, live: i32, depth: i32, to: usize, pitch: usize): void {
  const lineBytes = <usize>line << 2;
  const stepBytes = <usize>step << 2;
  let k = 0;
  if (live >= 4 && line == 1) {
    for (; k < depth; k++, source += stepBytes, to += pitch) v128.store(to, v128.load(source));
    return;
  }
  if (live >= 4 && step == 1) {
    for (; k + 4 <= depth; k += 4, source += 16, to += 4 * pitch) {
      const a = v128.load(source);
      const b = v128.load(source + lineBytes);
      const c = v128.load(source + 2 * lineBytes);
      const d = v128.load(source + 3 * lineBytes);
      storeTransposed(to, pitch, a, b, c, d);
    }
  }
  for (; k < depth; k++, source += stepBytes, to += pitch) {
    store<u32>(to, live > 0 ? load<u32>(source) : 0);
    store<u32>(to, live > 1 ? load<u32>(source + lineBytes) : 0, 4);
    store<u32>(to, live > 2 ? load<u32>(source + 2 * lineBytes) : 0, 8);
    store<u32>(to, live > 3 ? load<u32>(source + 3 * lineBytes) : 0, 12);
  }
}

function packRows(source: usize, row: i32, column: i32, rows: i32, depth: i32, to: usize): void {
  for (let i = 0; i < rows; i += TILE_ROWS, to += <usize>depth << 4) {
    packLines(source + (<usize>(i * row) << 2), row, column, rows - i, depth, to, 16);
  }
}

function packColumns(source: usize, row: i32, column: i32, columns: i32, depth: i32, to: usize): void {
  for (let j = 0; j < columns; j += TILE_COLUMNS, to += <usize>depth << 5) {
    packLines(source + (<usize>(j * column) << 2), column, row, columns - j, depth, to, 32);
    packLines(source + (<usize>((j + 4) * column) << 2), column, row, columns - j - 4, depth, to + 16, 32);
  }
}

// @ts-ignore: decorator
@inline
function clear(tile: usize): void {
  for (let at: usize = 0; at < TILE; at += 16) v128.store(tile + at, i32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function addProduct(sum: v128, x: v128, y: v128): v128 {
  return i32x4.add(sum, i32x4.mul(x, y));
}

/** tile += a · b modulo 2^32, 4 x 8 results. */
function multiplyWords(a: usize, b: usize, depth: i32, tile: usize): void {
  let s00 = v128.load(tile, 0);
  let s01 = v128.load(tile, 16);
  let s10 = v128.load(tile, 32);
  let s11 = v128.load(tile, 48);
  let s20 = v128.load(tile, 64);
  let s21 = v128.load(tile, 80);
  let s30 = v128.load(tile, 96);
  let s31 = v128.load(tile, 112);
  for (const end = a + (<usize>depth << 4); a < end; a += 16, b += 32) {
    const y0 = v128.load(b);
    const y1 = v128.load(b, 16);
    let x = v128.load_splat<u32>(a);
    s00 = addProduct(s00, x, y0);
    s01 = addProduct(s01, x, y1);
    x = v128.load_splat<u32>(a, 4);
    s10 = addProduct(s10, x, y0);
    s11 = addProduct(s11, x, y1);
    x = v128.load_splat<u32>(a, 8);
    s20 = addProduct(s20, x, y0);
    s21 = addProduct(s21, x, y1);
    x = v128.load_splat<u32>(a, 12);
    s30 = addProduct(s30, x, y0);
    s31 = addProduct(s31, x, y1);
  }
  v128.store(tile, s00, 0);
  v128.store(tile, s01, 16);
  v128.store(tile, s10, 32);
  v128.store(tile, s11, 48);
  v128.store(tile, s20, 64);
  v128.store(tile, s21, 80);
  v128.store(tile, s30, 96);
  v128.store(tile, s31, 112);
}

// @ts-ignore: decorator
@inline
function addFirst(sum: v128, x: v128, y: v128): v128 {
  return i64x2.add(sum, i64x2.extmul_low_i32x4_u(x, y));
}

// @ts-ignore: decorator
@inline
function addSecond(sum: v128, x: v128, y: v128): v128 {
  return i64x2.add(sum, i64x2.extmul_high_i32x4_u(x, y));
}

/** (low, high) tile += (first, second) sums of a row. */
// @ts-ignore: decorator
@inline
function addRow(tile: usize, first: v128, second: v128): void {
  const before = v128.load(tile);
  const sum = i32x4.add(before, v128.shuffle<i32>(first, second, 0, 2, 4, 6));
  const carried = i32x4.sub(v128.shuffle<i32>(first, second, 1, 3, 5, 7), wrapped(before, sum));
  v128.store(tile, sum);
  v128.store(tile, i32x4.add(v128.load(tile, TILE), carried), TILE);
}

/** (low, high) tile += a · b modulo 2^64 for words a and b, the four columns that begin at b. */
function multiplyExactly(a: usize, b: usize, depth: i32, tile: usize): void {
  let p0 = i64x2.splat(0);
  let q0 = p0;
  let p1 = p0;
  let q1 = p0;
  let p2 = p0;
  let q2 = p0;
  let p3 = p0;
  let q3 = p0;
  for (const end = a + (<usize>depth << 4); a < end; a += 16, b += 32) {
    const y = v128.load(b);
    let x = v128.load_splat<u32>(a);
    p0 = addFirst(p0, x, y);
    q0 = addSecond(q0, x, y);
    x = v128.load_splat<u32>(a, 4);
    p1 = addFirst(p1, x, y);
    q1 = addSecond(q1, x, y);
    x = v128.load_splat<u32>(a, 8);
    p2 = addFirst(p2, x, y);
    q2 = addSecond(q2, x, y);
    x = v128.load_splat<u32>(a, 12);
    p3 = addFirst(p3, x, y);
    q3 = addSecond(q3, x, y);
  }
  addRow(tile, p0, q0);
  addRow(tile + 32, p1, q1);
  addRow(tile + 64, p2, q2);
  addRow(tile + 96, p3, q3);
}

/** Adds a tile to `out`, of which `rows` x `columns` results are wanted. */
function addTile(tiles: usize, product: Product, at: usize, rows: i32, columns: i32): void {
  const step = <usize>product.outColumn << 2;
  const dense = columns >= TILE_COLUMNS && product.outColumn == 1;
  const wide = product.outHigh != 0;
  let line = product.out + at;
  let lineHigh = product.outHigh + at;
  for (let i = 0; i < min(rows, TILE_ROWS); i++) {
    const tile = tiles + (<usize>i << 5);
    if (dense) {
      for (let part: usize = 0; part < 32; part += 16) {
        const before = v128.load(line + part);
        const sum = i32x4.add(before, v128.load(tile + part));
        v128.store(line + part, sum);
        if (wide) {
          const high = i32x4.add(v128.load(lineHigh + part), v128.load(tile + part, TILE));
          v128.store(lineHigh + part, i32x4.sub(high, wrapped(before, sum)));
        }
      }
    } else {
      for (let j = 0; j < min(columns, TILE_COLUMNS); j++) {
        const from = tile + (<usize>j << 2);
        const to = <usize>j * step;
        const before = load<u32>(line + to);
        const sum = before + load<u32>(from);
        store<u32>(line + to, sum);
        if (wide) store<u32>(lineHigh + to, load<u32>(lineHigh + to) + load<u32>(from, TILE) + <u32>(sum < before));
      }
    }
    line += <usize>product.outRow << 2;
    lineHigh += <usize>product.outRow << 2;
  }
}

/** How many units a product has. */
export function unitsOf(product: Product): i32 {
  return product.outer * product.inner * ((product.rows + BLOCK_ROWS - 1) / BLOCK_ROWS);
}

/** Bytes of scratch that a thread needs, for operands of one word and of two alike. */
export function scratchBytes(product: Product): usize {
  const k = <usize>min(product.depth, BLOCK_DEPTH);
  const paddedColumns = <usize>((product.columns + TILE_COLUMNS - 1) & -TILE_COLUMNS);
  return 2 * TILE + 8 * k * (<usize>BLOCK_ROWS + paddedColumns);
}

/** Adds the units from ≤ u < to of a product to its `out`. */
export function contractPart(product: Product, scratch: usize, from: i32, to: i32): void {
  const blocks = (product.rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
  const wide = product.outHigh != 0;
  const leftHigh = wide ? product.leftHigh : 0;
  const rightHigh = wide ? product.rightHigh : 0;
  const columns = product.columns;
  const depth = product.depth;
  const most = <usize>min(depth, BLOCK_DEPTH);
  const tiles = scratch;
  const rowPanels = scratch + 2 * TILE;
  const rowPanelsHigh = rowPanels + 4 * most * <usize>BLOCK_ROWS;
  const columnPanels = rowPanels + 8 * most * <usize>BLOCK_ROWS;
  const columnPanelsHigh = columnPanels + 4 * most * <usize>((columns + TILE_COLUMNS - 1) & -TILE_COLUMNS);
  const crossTile = wide ? tiles + TILE : tiles;
  // A shared right operand is packed once.
  let packed: i32 = -1;
  while (from < to) {
    const batch = from / blocks;
    const firstRow = (from - batch * blocks) * BLOCK_ROWS;
    const lastUnit = min(to, (batch + 1) * blocks);
    const rows = min(product.rows, firstRow + (lastUnit - from) * BLOCK_ROWS);
    from = lastUnit;
    const b = batch / product.inner;
    const c = batch - b * product.inner;
    const leftBase = b * product.leftOuter + c * product.leftInner;
    const rightBase = b * product.rightOuter + c * product.rightInner;
    const outBase = b * product.outOuter + c * product.outInner;
    for (let k0 = 0; k0 < depth; k0 += BLOCK_DEPTH) {
      const k = min(BLOCK_DEPTH, depth - k0);
      if (depth > BLOCK_DEPTH || rightBase != packed) {
        packed = rightBase;
        const at = <usize>(rightBase + k0 * product.rightRow) << 2;
        packColumns(product.right + at, product.rightRow, product.rightColumn, columns, k, columnPanels);
        if (rightHigh) packColumns(rightHigh + at, product.rightRow, product.rightColumn, columns, k, columnPanelsHigh);
      }
      for (let i0 = firstRow; i0 < rows; i0 += BLOCK_ROWS) {
        const blockRows = min(BLOCK_ROWS, rows - i0);
        const at = <usize>(leftBase + i0 * product.leftRow + k0 * product.leftColumn) << 2;
        packRows(product.left + at, product.leftRow, product.leftColumn, blockRows, k, rowPanels);
        if (leftHigh) packRows(leftHigh + at, product.leftRow, product.leftColumn, blockRows, k, rowPanelsHigh);
        for (let j = 0; j < columns; j += TILE_COLUMNS) {
          const panel = <usize>(j * k) << 2;
          for (let i = 0; i < blockRows; i += TILE_ROWS) {
            const block = <usize>(i * k) << 2;
            clear(tiles);
            if (wide) clear(tiles + TILE);
            if (leftHigh) multiplyWords(rowPanelsHigh + block, columnPanels + panel, k, crossTile);
            if (rightHigh) multiplyWords(rowPanels + block, columnPanelsHigh + panel, k, crossTile);
            if (wide) {
              multiplyExactly(rowPanels + block, columnPanels + panel, k, tiles);
              multiplyExactly(rowPanels + block, columnPanels + panel + 16, k, tiles + 16);
            } else multiplyWords(rowPanels + block, columnPanels + panel, k, tiles);
            const at = <usize>(outBase + (i0 + i) * product.outRow + j * product.outColumn) << 2;
            addTile(tiles, product, at, blockRows - i, columns - j);
          }
        }
      }
    }
  }
}

/** Adds a product to its `out`. */
export function contract(call: usize, scratch: usize): void {
  const product = changetype<Product>(call);
  contractPart(product, scratch, 0, unitsOf(product));
}

/** Bytes of scratch for `contract`. */
export function contractScratch(call: usize): usize {
  return scratchBytes(changetype<Product>(call));
}
