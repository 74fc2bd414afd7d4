/** The compiled kernels (their sources are in kernels/) and what they take: pointers and counts, a pointer of 0 for a plane that is missing. */
import { cosineAndSine, cosines, RESOLUTIONS } from '../../ring/cosine';
import { KERNELS, SHARED_KERNELS } from './kernels.generated';

/** (out, outHigh, a, aHigh, b, bHigh, n, period, inner) */
type Elementwise = (...args: [number, number, number, number, number, number, number, number, number]) => void;

export type Kernels = {
  memory: WebAssembly.Memory;
  heapBase(): number;
  cosines(): number;
  fineCosines(): number;
  lowFineCosines(): number;
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
  contractScratch(call: number): number;
  contract(call: number, scratch: number): void;
  gate(call: number, lookUps: number): void;
  trigonometricTables(
    ...args: [...[fine: number, t: number, n: number, k: number, shift: number], ...[out: number, outHigh: number]]
  ): void;
};

/** The same for a memory that threads share: see kernels/threads.ts. */
export type SharedKernels = Kernels & {
  contractShared(call: number, scratch: number, threads: number): void;
  /** Parts of products that helpers have done so far. */
  helped(): number;
};

/** Pages: what the kernels' own tables take, and some to spare; all that 32 bits can address. */
const SHARED_MEMORY = { initial: 64, maximum: 65536, shared: true };

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Compiles once what is asked for again and again. Throws where there is no WebAssembly with SIMD. */
export async function compile(base64: string): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') throw new Error('there is no WebAssembly here');
  const module =
    compiled.get(base64) ?? WebAssembly.compile(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
  compiled.set(base64, module);
  try {
    return await module;
  } catch (error) {
    throw new Error(`WebAssembly with SIMD is not to be had here (${error instanceof Error ? error.message : error})`);
  }
}

/** An instance with a memory of its own. Throws where there is no WebAssembly with SIMD. */
export async function instantiateKernels(): Promise<Kernels> {
  const module = await compile(KERNELS);
  const { exports } = await WebAssembly.instantiate(module);
  return withCosines(exports as Kernels);
}

/** A memory that threads can share, or undefined where that is not to be had. */
export function sharedMemory(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory(SHARED_MEMORY);
  } catch {
    return undefined;
  }
}

/** An instance on such a memory, and what a helper needs for another one. Throws where there is no WebAssembly with SIMD. */
export async function instantiateShared(
  memory: WebAssembly.Memory,
): Promise<{ kernels: SharedKernels; module: WebAssembly.Module }> {
  const module = await compile(SHARED_KERNELS);
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  return { kernels: withCosines(exports as SharedKernels), module };
}

/** Fills in the tables of kernels/cosine.ts. */
function withCosines<K extends Kernels>(kernels: K): K {
  // Cosine and sine of an angle side by side: one look-up for both.
  const table = cosines(16);
  const pairs = new Int16Array(kernels.memory.buffer, kernels.cosines() >>> 0, 2 * table.length);
  for (let angle = 0; angle < table.length; angle++) {
    pairs[2 * angle] = table[angle]!;
    pairs[2 * angle + 1] = table[(angle - 16384) & 0xffff]!;
  }
  // An eighth of a turn of 2^20 in steps of 2^8, and what is within a step.
  const { phaseBits, fraction } = RESOLUTIONS[20];
  const write = (at: number, angles: number, step: number, factor: number) => {
    const waves = Array.from({ length: angles }, (_, i) => cosineAndSine(i * step, phaseBits));
    new Float64Array(kernels.memory.buffer, at >>> 0, 2 * angles).set(waves.flat().map((x) => factor * x));
  };
  write(kernels.fineCosines(), 2 ** 9 + 1, 2 ** 8, 2 ** fraction);
  write(kernels.lowFineCosines(), 2 ** 8, 1, 1);
  return kernels;
}
