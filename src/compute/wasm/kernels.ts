/** The compiled kernels (their sources are in kernels/) and what they take: pointers and counts, a pointer of 0 for a plane that is missing. */
import { COS } from '../../ring/cosine';
import { KERNELS } from './kernels.generated';

/** (out, outHigh, a, aHigh, b, bHigh, n, period, inner) */
type Elementwise = (...args: [number, number, number, number, number, number, number, number, number]) => void;

export type Kernels = {
  memory: WebAssembly.Memory;
  heapBase(): number;
  cosines(): number;
  add: Elementwise;
  subtract: Elementwise;
  multiply: Elementwise;
  affine(
    ...args: [
      ...[out: number, outHigh: number, a: number, aHigh: number, n: number],
      ...[factor: number, factorHigh: number, offset: number, offsetHigh: number],
    ]
  ): void;
  extract(
    ...args: [
      ...[out: number, outHigh: number, a: number, aHigh: number, n: number],
      ...[from: number, to: number, negated: number],
    ]
  ): void;
  sumRows(out: number, outHigh: number, a: number, aHigh: number, rows: number, width: number): void;
  slice(out: number, a: number, rows: number, length: number, count: number): void;
  unpack(packed: number, out: number, outHigh: number, n: number, bits: number): void;
  pack(low: number, high: number, out: number, n: number, bits: number): void;
  keystream(out: number, groups: number, seed: number): void;
  panelBytes(columns: number, depth: number): number;
  contract(call: number, panels: number): void;
  gate(call: number, lookUps: number): void;
  trigonometricTables(t: number, n: number, k: number, shift: number, out: number, outHigh: number): void;
};

let compiled: Promise<WebAssembly.Module> | undefined;

/** An instance with a memory of its own. Throws where there is no WebAssembly with SIMD. */
export async function instantiateKernels(): Promise<Kernels> {
  if (typeof WebAssembly === 'undefined') throw new Error('there is no WebAssembly here');
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(KERNELS), (byte) => byte.charCodeAt(0)));
  let module: WebAssembly.Module;
  try {
    module = await compiled;
  } catch (error) {
    throw new Error(`WebAssembly with SIMD is not to be had here (${error instanceof Error ? error.message : error})`);
  }
  const { exports } = await WebAssembly.instantiate(module);
  const kernels = exports as Kernels;
  // Cosine and sine of an angle side by side: one look-up for both.
  const pairs = new Int16Array(kernels.memory.buffer, kernels.cosines() >>> 0, 2 * COS.length);
  for (let angle = 0; angle < COS.length; angle++) {
    pairs[2 * angle] = COS[angle]!;
    pairs[2 * angle + 1] = COS[(angle - 16384) & 0xffff]!;
  }
  return kernels;
}
