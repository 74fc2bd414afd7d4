/**
 * The batched matrix product on plain arrays.
 *
 * Strides are dealt with at the edges: operands are gathered into dense panels (a line per row of `left`, a line per column of
 * `right`, zero lines to fill up a tile), small kernels multiply panels, and the dense result is scattered onto `out`.
 *
 * Two words: (a + 2^32 A)(b + 2^32 B) = ab + 2^32 (aB + Ab). The cross terms are a one-word product over twice the depth. For ab
 * all 64 bits count: a is halved into 16-bit pieces, and doubles add up 32 products of a half and a word exactly. That is four
 * times as fast as multiplying the halves in words.
 */
import type { Contraction, WordCount } from '../backend';
import { carry, highOfSplitSum } from './wide';

/** A vector as the product sees it; `high` is missing where the high words are zero or of no account. */
export interface Planes {
  low: Int32Array;
  high: Int32Array | undefined;
}

const ROWS = 2;
const COLUMNS = 4;
/** (2^16 - 1)(2^32 - 1) * 32 < 2^53. */
const EXACT_DEPTH = 32;

function roundUp(n: number, unit: number): number {
  return Math.ceil(n / unit) * unit;
}

/** Copies a strided matrix to panel[line * pitch + offset + k]. */
function gather(
  source: Int32Array,
  base: number,
  line: number,
  step: number,
  lines: number,
  depth: number,
  panel: Int32Array | Float64Array,
  pitch: number,
  offset: number,
): void {
  for (let i = 0; i < lines; i++) {
    let from = base + i * line;
    const to = i * pitch + offset;
    for (let k = 0; k < depth; k++) {
      panel[to + k] = source[from]!;
      from += step;
    }
  }
}

/** out[i][j] += left[i] · right[j] modulo 2^32, tiles of 2 x 4 lines in registers. */
function multiplyPanels(
  out: Int32Array,
  left: Int32Array,
  right: Int32Array,
  rows: number,
  columns: number,
  depth: number,
): void {
  for (let i = 0; i < rows; i += 2) {
    const p = i * depth;
    const q = p + depth;
    for (let j = 0; j < columns; j += 4) {
      const r = j * depth;
      const s = r + depth;
      const t = s + depth;
      const u = t + depth;
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      let a3 = 0;
      let b0 = 0;
      let b1 = 0;
      let b2 = 0;
      let b3 = 0;
      for (let k = 0; k < depth; k++) {
        const x = left[p + k]!;
        const y = left[q + k]!;
        let z = right[r + k]!;
        a0 = (a0 + Math.imul(x, z)) | 0;
        b0 = (b0 + Math.imul(y, z)) | 0;
        z = right[s + k]!;
        a1 = (a1 + Math.imul(x, z)) | 0;
        b1 = (b1 + Math.imul(y, z)) | 0;
        z = right[t + k]!;
        a2 = (a2 + Math.imul(x, z)) | 0;
        b2 = (b2 + Math.imul(y, z)) | 0;
        z = right[u + k]!;
        a3 = (a3 + Math.imul(x, z)) | 0;
        b3 = (b3 + Math.imul(y, z)) | 0;
      }
      const o = i * columns + j;
      const e = o + columns;
      out[o] = out[o]! + a0;
      out[o + 1] = out[o + 1]! + a1;
      out[o + 2] = out[o + 2]! + a2;
      out[o + 3] = out[o + 3]! + a3;
      out[e] = out[e]! + b0;
      out[e + 1] = out[e + 1]! + b1;
      out[e + 2] = out[e + 2]! + b2;
      out[e + 3] = out[e + 3]! + b3;
    }
  }
}

/** Adds s0 + s1 * 2^16 to a 64-bit element. */
function addSplitSum(low: Int32Array, high: Int32Array, at: number, s0: number, s1: number): void {
  const before = low[at]!;
  const added = ((s0 | 0) + (s1 << 16)) | 0;
  const sum = (before + added) | 0;
  low[at] = sum;
  high[at] = high[at]! + highOfSplitSum(s0, s1) + carry(before, added, sum);
}

/** (low, high)[i][j] += (left0 + 2^16 left1)[i] · right[j] modulo 2^64, where the pieces are unsigned. */
function multiplySplitPanels(
  low: Int32Array,
  high: Int32Array,
  left0: Float64Array,
  left1: Float64Array,
  right: Float64Array,
  rows: number,
  columns: number,
  depth: number,
): void {
  for (let start = 0; start < depth; start += EXACT_DEPTH) {
    const end = Math.min(depth, start + EXACT_DEPTH);
    for (let i = 0; i < rows; i += 2) {
      const p = i * depth;
      const q = p + depth;
      for (let j = 0; j < columns; j += 2) {
        const r = j * depth;
        const s = r + depth;
        let a00 = 0;
        let a01 = 0;
        let a10 = 0;
        let a11 = 0;
        let b00 = 0;
        let b01 = 0;
        let b10 = 0;
        let b11 = 0;
        for (let k = start; k < end; k++) {
          const u = right[r + k]!;
          const v = right[s + k]!;
          const x0 = left0[p + k]!;
          const x1 = left1[p + k]!;
          const y0 = left0[q + k]!;
          const y1 = left1[q + k]!;
          a00 += x0 * u;
          b00 += x1 * u;
          a01 += x0 * v;
          b01 += x1 * v;
          a10 += y0 * u;
          b10 += y1 * u;
          a11 += y0 * v;
          b11 += y1 * v;
        }
        const o = i * columns + j;
        addSplitSum(low, high, o, a00, b00);
        addSplitSum(low, high, o + 1, a01, b01);
        addSplitSum(low, high, o + columns, a10, b10);
        addSplitSum(low, high, o + columns + 1, a11, b11);
      }
    }
  }
}

/** `shape` has been checked; `out.high` is present exactly if `words` is 2. */
export function contractPlanes(out: Planes, left: Planes, right: Planes, shape: Contraction, words: WordCount): void {
  const { outer, inner, rows, columns, depth } = shape;
  const tallRows = roundUp(rows, ROWS);
  const wideColumns = roundUp(columns, COLUMNS);
  const wide = words === 2;
  const leftHigh = wide ? left.high : undefined;
  const rightHigh = wide ? right.high : undefined;

  // One word: the low words. Two words: the cross terms, low and high words of left against high and low words of right.
  const pairs: [Int32Array, Int32Array][] = wide ? [] : [[left.low, right.low]];
  if (rightHigh) pairs.push([left.low, rightHigh]);
  if (leftHigh) pairs.push([leftHigh, right.low]);
  const pitch = pairs.length * depth;
  const leftPanel = new Int32Array(tallRows * pitch);
  const rightPanel = new Int32Array(wideColumns * pitch);
  const halves = wide ? tallRows * depth : 0;
  const left0 = new Float64Array(halves);
  const left1 = new Float64Array(halves);
  const rightWords = new Float64Array(wide ? wideColumns * depth : 0);
  const low = new Int32Array(tallRows * wideColumns);
  const high = new Int32Array(wide ? low.length : 0);

  let leftBase = -1;
  let rightBase = -1;
  for (let b = 0; b < outer; b++) {
    for (let c = 0; c < inner; c++) {
      const newLeft = b * shape.left.outer + c * shape.left.inner;
      if (newLeft !== leftBase) {
        leftBase = newLeft;
        const { row, column } = shape.left;
        pairs.forEach(([plane], p) => {
          gather(plane, leftBase, row, column, rows, depth, leftPanel, pitch, p * depth);
        });
        if (wide) {
          gather(left.low, leftBase, row, column, rows, depth, left0, depth, 0);
          for (let i = 0; i < rows * depth; i++) {
            const x = left0[i]! | 0;
            left0[i] = x & 0xffff;
            left1[i] = x >>> 16;
          }
        }
      }
      const newRight = b * shape.right.outer + c * shape.right.inner;
      if (newRight !== rightBase) {
        rightBase = newRight;
        const { row, column } = shape.right;
        pairs.forEach(([, plane], p) => {
          gather(plane, rightBase, column, row, columns, depth, rightPanel, pitch, p * depth);
        });
        if (wide) {
          gather(right.low, rightBase, column, row, columns, depth, rightWords, depth, 0);
          for (let i = 0; i < columns * depth; i++) rightWords[i] = rightWords[i]! >>> 0;
        }
      }

      low.fill(0);
      high.fill(0);
      if (wide) multiplySplitPanels(low, high, left0, left1, rightWords, tallRows, wideColumns, depth);
      if (pitch > 0) multiplyPanels(wide ? high : low, leftPanel, rightPanel, tallRows, wideColumns, pitch);

      const base = b * shape.out.outer + c * shape.out.inner;
      for (let i = 0; i < rows; i++) {
        let at = base + i * shape.out.row;
        for (let from = i * wideColumns; from < i * wideColumns + columns; from++) {
          const before = out.low[at]!;
          const added = low[from]!;
          const sum = (before + added) | 0;
          out.low[at] = sum;
          if (out.high) out.high[at] = out.high[at]! + high[from]! + carry(before, added, sum);
          at += shape.out.column;
        }
      }
    }
  }
}
