/** A product of float32 numbers in WebAssembly on one thread: what kernels are compared with. */
import { compileKernels } from '../build-kernels.mjs';

type Float32Kernels = {
  memory: WebAssembly.Memory;
  heapBase(): number;
  multiply(...args: [number, number, number, number, number, number, number]): void;
};

/** A call to it by its shape, [rows, depth] by [depth, columns]. */
export async function float32Product(): Promise<(shape: readonly [number, number, number]) => () => void> {
  const { instance } = await WebAssembly.instantiate(await compileKernels('kernels/bench/float32.ts'));
  const kernels = instance.exports as Float32Kernels;
  return (shape) => call(kernels, shape);
}

function call(kernels: Float32Kernels, [rows, depth, columns]: readonly [number, number, number]): () => void {
  const base = Math.ceil(kernels.heapBase() / 64) * 64;
  const sizes = [rows * columns, rows * depth, depth * columns, depth * columns];
  const starts = sizes.map((_, i) => base + 4 * sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const missing = starts[3]! + 4 * sizes[3]! - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65536));
  new Float32Array(kernels.memory.buffer).fill(0.5, base >> 2);
  const [out, left, right, panel] = starts as [number, number, number, number];
  return () => kernels.multiply(out, left, right, rows, depth, columns, panel);
}
