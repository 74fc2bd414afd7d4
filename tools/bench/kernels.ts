/** The kernels on every backend of this machine, in turn, against JavaScript and against a float32 product. */
import { availableParallelism } from 'node:os';
import type { Backend, Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { possibleThreads } from '../../src/compute/wasm/helpers';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import { chooseWideProduct } from '../../src/compute/webgpu/wide-product';
import { type Kernels, type Spread, spreadOf } from './figures';
import { float32Product } from './float32';
import { type Line, lines, product, type Shape, WIDTHS } from './kernel-lines';
import { webGpu } from './web-gpu';

const ROUNDS = 3;
/** A feed-forward map's shape on the tokens of a batch: large enough for every backend, small enough for JavaScript. */
const SHAPE: Shape = [1, 512, 384, 384];
/** Besides products; the others are in `npm run bench:kernels`. */
const OTHERS = /^(keystream|unpack \d+ x 40|tables .* 16 bits, 2|gate .* 16 bits, 2|multiply .* 2 words)/;

export async function measureKernels(say: (line: string) => void): Promise<Kernels> {
  const gpu = await webGpu(say);
  if (gpu) await chooseWideProduct(new CpuBackend(), gpu.backend);
  const several = Math.min(possibleThreads(), availableParallelism());
  const threads = several > 1 ? await WasmBackend.create({ threads: several }) : undefined;
  const backends = new Map<string, Backend>([
    ['JavaScript', new CpuBackend()],
    ['WebAssembly', await WasmBackend.create()],
    ...(threads ? [[`WebAssembly, ${several} threads`, threads] as const] : []),
    ...(gpu ? [['WebGPU', gpu.backend] as const] : []),
  ]);
  // Threads take a moment to start.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const float32 = await float32Product();
  const measured: Kernels['lines'] = [];
  const chosen = [
    ...WIDTHS.map((widths) => product(SHAPE, widths)),
    ...[...lines()].filter(({ name }) => OTHERS.test(name)),
  ];
  for (const line of chosen) {
    measured.push(await measureLine(line, backends, float32));
    say(line.name);
  }
  const info = gpu && (await gpu.gpu.requestAdapter())?.info;
  gpu?.backend.destroy();
  await gpu?.vite.close();
  return {
    gpu: info && (info.description || info.device || info.vendor),
    threads: several,
    lines: measured,
  };
}

type Float32 = Awaited<ReturnType<typeof float32Product>>;

async function measureLine(
  line: Line,
  backends: ReadonlyMap<string, Backend>,
  float32: Float32,
): Promise<Kernels['lines'][number]> {
  const operands = new Map<string, Vector[]>();
  for (const [name, backend] of backends) operands.set(name, line.prepare(backend));
  const floats = line.dense && float32(line.dense);
  const seconds: Record<string, number[]> = Object.fromEntries(Array.from(backends.keys(), (name) => [name, []]));
  const against: number[] = [];
  // The first round compiles.
  for (let round = -1; round < ROUNDS; round++) {
    const began = performance.now();
    floats?.();
    if (round >= 0) against.push((performance.now() - began) / 1000);
    for (const [name, backend] of backends) {
      const took = await timed(line, backend, operands.get(name)!);
      if (round >= 0) seconds[name]!.push(took);
    }
  }
  for (const [name, backend] of backends) for (const v of operands.get(name)!) backend.release(v);
  const each = (of: (values: number[]) => Spread) =>
    Object.fromEntries(Object.entries(seconds).map(([name, values]) => [name, of(values)]));
  const { JavaScript: slowest = [], ...others } = seconds;
  return {
    ...{ line: line.name, unit: line.unit, amount: line.amount, seconds: each(spreadOf) },
    toFloat32: floats ? each((values) => spreadOf(values.map((value, i) => value / against[i]!))) : {},
    toJavaScript: Object.fromEntries(
      Object.entries(others).map(([name, values]) => [name, spreadOf(values.map((value, i) => slowest[i]! / value))]),
    ),
  };
}

/** Seconds until one small vector is read: a GPU's verbs return before they have run. */
async function timed({ work }: Line, backend: Backend, operands: Vector[]): Promise<number> {
  const fence = backend.zeros(1, 1);
  await backend.read(fence);
  const began = performance.now();
  const made = work(backend, operands);
  await backend.read(fence);
  const seconds = (performance.now() - began) / 1000;
  for (const v of [fence, ...made]) backend.release(v);
  return seconds;
}
