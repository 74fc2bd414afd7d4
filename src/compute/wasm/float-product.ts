/** The plaintext reference's matrix product in WebAssembly with SIMD (kernels/product.ts): twenty times as fast as the loop. */
import { checkProduct, loopProduct, type Product } from '../../graph/product';
import { compile } from './kernels';
import { FLOAT_PRODUCT } from './kernels.generated';

type Exports = {
  memory: WebAssembly.Memory;
  heapBase(): number;
  pack(w: number, depth: number, pitch: number, panels: number): void;
  multiply(...args: [out: number, x: number, panels: number, rows: number, depth: number, pitch: number]): void;
};

/** Rows at a time: their x stays in a cache, and no more of it is in linear memory. A multiple of four. */
const BLOCK_ROWS = 64;
const PAGE = 65536;

const roundUp = (n: number, unit: number) => Math.ceil(n / unit) * unit;

/**
 * A product on a linear memory of its own, which grows to twice the largest w and goes with the product. w is copied at every call: that
 * is little beside multiplying a batch by it. Sums run in the loop's order, so finite results are the loop's to the bit. Where there is no
 * WebAssembly with SIMD it is the loop. Throws a RangeError where w is too large for 4 GiB of memory.
 */
export async function createFloatProduct(): Promise<Product> {
  const module = await compile(FLOAT_PRODUCT).catch(() => undefined);
  if (!module) return loopProduct;
  const { exports } = await WebAssembly.instantiate(module);
  const { memory, heapBase, pack, multiply } = exports as Exports;
  const base = roundUp(heapBase() >>> 0, 64);

  return (out, x, w, shape) => {
    checkProduct(out, x, w, shape);
    const { rows, depth, columns } = shape;
    const pitch = roundUp(columns, 4);
    const panelsAt = base + 8 * depth * pitch;
    const xAt = panelsAt + 8 * depth * pitch;
    const outAt = xAt + 8 * BLOCK_ROWS * depth;
    const missing = outAt + 8 * BLOCK_ROWS * pitch - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    /** Lines in memory, `pitch` apart, as they are next to each other outside. */
    const lines = function* (
      at: number,
      outside: Float64Array,
    ): Generator<[inMemory: Float64Array, outside: Float64Array]> {
      for (let from = 0; from < outside.length; from += columns, at += 8 * pitch)
        yield [new Float64Array(memory.buffer, at, columns), outside.subarray(from, from + columns)];
    };

    for (const [inMemory, line] of lines(base, w)) inMemory.set(line);
    pack(base, depth, pitch, panelsAt);
    for (let from = 0; from < rows; from += BLOCK_ROWS) {
      const to = Math.min(rows, from + BLOCK_ROWS);
      new Float64Array(memory.buffer, xAt).set(x.subarray(from * depth, to * depth));
      const results = out.subarray(from * columns, to * columns);
      for (const [inMemory, line] of lines(outAt, results)) inMemory.set(line);
      multiply(outAt, xAt, panelsAt, to - from, depth, pitch);
      for (const [inMemory, line] of lines(outAt, results)) line.set(inMemory);
    }
  };
}
