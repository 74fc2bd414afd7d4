/**
 * How fast the kernels are, on every backend that this machine has: `npx tsx tools/bench-kernels.ts [cpu|webgpu]`.
 *
 * The sizes are those of an encoder with 64 to 128 channels on a batch of a few thousand tokens. A figure is the best of several
 * rounds; each ends with reading one small vector, because a GPU's verbs return before they have run.
 */
import { createServer } from 'vite';
import type { Backend, Contraction, Gate, Vector, WordCount } from '../src/compute/backend';
import { CpuBackend } from '../src/compute/cpu/cpu-backend';
import { nodeGpu } from '../tests/compute/node-gpu';

const ROUNDS = 5;

/** Gives the seconds of the fastest round. `work` returns the vectors it made. */
async function fastest(backend: Backend, work: () => Vector[]): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const fence = backend.zeros(1, 1);
    await backend.read(fence);
    const start = performance.now();
    const made = work();
    await backend.read(fence);
    best = Math.min(best, performance.now() - start);
    for (const v of [fence, ...made]) backend.release(v);
  }
  return best / 1000;
}

/** `batch` products of [rows, depth] and [depth, columns], densely. */
function dense(batch: number, rows: number, depth: number, columns: number): Contraction {
  const strides = (outer: number, row: number) => ({ outer, inner: 0, row, column: 1 });
  return {
    ...{ outer: batch, inner: 1, rows, columns, depth },
    left: strides(rows * depth, depth),
    right: strides(depth * columns, columns),
    out: strides(rows * columns, columns),
  };
}

async function bench(backend: Backend): Promise<void> {
  console.log(`\n${backend.name}`);
  const key = Uint32Array.from({ length: 8 }, (_, i) => i * 0x9e3779b9);
  const random = (n: number, words: WordCount) => {
    const stream = backend.keystream(key, new Uint32Array(3), n * words);
    const v = backend.unpack(stream, n, 32 * words);
    backend.release(stream);
    return v;
  };
  const report = async (name: string, amount: number, unit: string, work: () => Vector[]) => {
    const seconds = await fastest(backend, work);
    const rate = (amount / seconds / 1e9).toPrecision(3);
    console.log(`  ${name.padEnd(44)} ${(1000 * seconds).toFixed(2).padStart(9)} ms  ${rate.padStart(7)} G${unit}/s`);
  };

  await report('keystream, 25 MB', 25e6, 'B', () => [backend.keystream(key, new Uint32Array(3), 6_250_000)]);

  const elements = 4_718_592;
  for (const bits of [40, 24, 16, 13]) {
    const packed = random(Math.ceil((elements * bits) / 32), 1);
    const bytes = (elements * bits) / 8;
    await report(`unpack ${elements} x ${bits} bits`, bytes, 'B', () => [backend.unpack(packed, elements, bits)]);
    const unpacked = backend.unpack(packed, elements, bits);
    await report(`pack ${elements} x ${bits} bits`, bytes, 'B', () => [backend.pack(unpacked, bits)]);
    backend.release(packed);
    backend.release(unpacked);
  }

  for (const words of [1, 2] as const) {
    for (const [batch, rows, depth, columns] of [
      [1, 3072, 64, 64],
      [1, 3072, 64, 128],
      [512, 24, 32, 24],
    ] as const) {
      const left = random(batch * rows * depth, words);
      const right = random(batch * depth * columns, words);
      const out = backend.zeros(batch * rows * columns, words);
      const shape = dense(batch, rows, depth, columns);
      const name = `contract ${batch} x ${rows}x${depth}x${columns}, ${words} words`;
      await report(name, batch * rows * depth * columns, 'MAC', () => {
        backend.contract(out, left, right, shape);
        return [];
      });
      for (const v of [left, right, out]) backend.release(v);
    }
  }

  const n = 393_216;
  const frequencies = [1, 2, 3, 4, 5, 6];
  const t = random(n, 1);
  const delta = random(n, 1);
  for (const words of [1, 2] as const) {
    await report(`tables ${n} x 6 frequencies, ${words} words (entries)`, 12 * n, '', () => [
      backend.trigonometricTables(t, frequencies, 12, words),
    ]);
    const tables = random(12 * n, words);
    const terms = frequencies.map((_, frequency) => ({
      frequency,
      amplitude: 30000 - frequency,
      phase: 999 * frequency,
    }));
    const gate: Gate = { frequencies, functions: [{ terms, constant: 77n }], shift: 14, words };
    await report(`gate ${n} x 6 frequencies, ${words} words (terms)`, 6 * n, '', () => [
      backend.gate(delta, tables, gate),
    ]);
    backend.release(tables);
    const a = random(8 * n, words);
    for (const verb of ['add', 'multiply'] as const) {
      await report(`${verb} ${8 * n}, ${words} words`, 8 * n, '', () => [backend[verb](a, a, words)]);
    }
    await report(`extract ${8 * n}, ${words} words`, 8 * n, '', () => [backend.extract(a, 12, 30, words, true)]);
    await report(`sumRows ${8 * n} by 64, ${words} words`, 8 * n, '', () => [backend.sumRows(a, 64, words)]);
    backend.release(a);
  }
}

const wanted = process.argv[2];
if (wanted !== 'webgpu') await bench(new CpuBackend());
if (wanted !== 'cpu') {
  const { gpu, reason } = await nodeGpu();
  if (gpu) {
    // Vite knows how to import WGSL as text; Node does not.
    const vite = await createServer({
      configFile: false,
      logLevel: 'error',
      server: { middlewareMode: true, hmr: false, ws: false },
    });
    const { WebGpuBackend } = await vite.ssrLoadModule('/src/compute/webgpu/webgpu-backend.ts');
    const start = performance.now();
    const backend: Backend = await WebGpuBackend.create(gpu);
    console.log(`\ncompiled all kernels in ${(performance.now() - start).toFixed(0)} ms`);
    await bench(backend);
    backend.destroy();
    await vite.close();
  } else console.log(`\nno WebGPU: ${reason}`);
}
// Dawn's threads would keep the process alive.
process.exit(0);
