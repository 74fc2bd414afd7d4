/**
 * How fast the kernels are, on every backend that this machine has: `npm run bench:kernels [-- cpu wasm threads webgpu]`.
 *
 * The sizes are those of encoders with 64 to 384 channels on a batch of a few thousand tokens. Each line is one call on all backends in
 * turn, so that the ratios are of one time: the rate of each, the WebAssembly kernels' as a multiple of the JavaScript kernels' and, on several
 * threads, of one, and for dense products the share of a float32 product of the same shape in WebAssembly on one thread. WebGPU has two
 * kernels for a product, and the last columns compare them: of one word the one for dense rows with that for all, of two words the one that
 * its backend chooses here with the other. A figure is the best of several rounds; each ends with reading one small vector, because a GPU's
 * verbs return before they have run. Behind them, the plaintext reference's product (two operations a multiplication) and the encoding of
 * values.
 */
import type { Backend, WordCount } from '../src/compute/backend';
import { CpuBackend } from '../src/compute/cpu/cpu-backend';
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { possibleThreads } from '../src/compute/wasm/helpers';
import { WasmBackend } from '../src/compute/wasm/wasm-backend';
import type { WebGpuBackend } from '../src/compute/webgpu/webgpu-backend';
import { chooseWideProduct } from '../src/compute/webgpu/wide-product';
import { loopProduct, type Product } from '../src/graph/product';
import { encode } from '../src/ring/ring';
import { scale } from '../src/ring/units';
import { float32Product } from './bench/float32';
import { type Call, type Line, lines } from './bench/kernel-lines';
import { webGpu } from './bench/web-gpu';

const ROUNDS = 5;
/** After this many milliseconds no further round is begun: a GPU in software takes seconds for one. */
const PATIENCE = 1000;
/** Seconds; a call that would take longer, by the rate of the line before, is left out. */
const LONGEST = 10;
const NAMES = ['cpu', 'wasm', 'threads', 'webgpu'] as const;
type Name = (typeof NAMES)[number];
type Backends = Partial<Record<Exclude<Name, 'webgpu'>, Backend>> & { webgpu?: WebGpuBackend };

/** The seconds of the fastest round. */
async function fastest(backend: Backend, { prepare, work }: Call): Promise<number> {
  const operands = prepare(backend);
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + PATIENCE;
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < until); round++) {
    const fence = backend.zeros(1, 1);
    await backend.read(fence);
    const start = performance.now();
    const made = work(backend, operands);
    await backend.read(fence);
    best = Math.min(best, performance.now() - start);
    for (const v of [fence, ...made]) backend.release(v);
  }
  for (const v of operands) backend.release(v);
  return best / 1000;
}

/** Seconds of a line's product by the kernel that the backend would not take for it; undefined where there is none, or too slow a one. */
function othersOf(webgpu: WebGpuBackend): (line: Line) => Promise<number | undefined> {
  const rates = new Map<WordCount, number>();
  return async ({ other, amount }) => {
    if (!other || amount / (rates.get(other.words) ?? Number.POSITIVE_INFINITY) > LONGEST) return undefined;
    const chosen = webgpu.wideProduct;
    const product = other.words === 1 ? chosen : webgpu.wideProducts.find((each) => each !== chosen);
    if (!product) return undefined;
    webgpu.wideProduct = product;
    const seconds = await fastest(webgpu, other);
    webgpu.wideProduct = chosen;
    rates.set(other.words, amount / seconds);
    return seconds;
  };
}

/** Seconds of the fastest of several calls. */
function bestOf(call: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    call();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

const ratio = (longer: number, shorter: number) => `${(longer / shorter).toFixed(2)} x`;

async function bench(backends: Backends): Promise<void> {
  const present = NAMES.flatMap((name) => backends[name] ?? []);
  const float32 = await float32Product();
  const ratios = ['to JavaScript', 'threads to one', 'to float32', 'WebGPU, other kernel', 'to other kernel'];
  const head = [...present.map(({ name }) => name), ...ratios].map((name) => name.slice(0, 23).padStart(24));
  console.log(`${'billions a second'.padEnd(58)}${head.join('')}`);
  const otherKernel = backends.webgpu && othersOf(backends.webgpu);
  for (const line of lines()) {
    const seconds = new Map<Backend | undefined, number>();
    for (const backend of present) seconds.set(backend, await fastest(backend, line));
    const rates = present.map((backend) => (line.amount / seconds.get(backend)! / 1e9).toPrecision(3));
    const [cpu, wasm, threads] = [backends.cpu, backends.wasm, backends.threads].map((each) => seconds.get(each));
    const gain = cpu && wasm ? ratio(cpu, wasm) : '';
    const shared = wasm && threads ? ratio(wasm, threads) : '';
    const share = wasm && line.dense ? ratio(bestOf(float32(line.dense)), wasm) : '';
    const other = await otherKernel?.(line);
    const others = other
      ? [(line.amount / other / 1e9).toPrecision(3), ratio(other, seconds.get(backends.webgpu)!)]
      : [];
    const cells = [...rates, gain, shared, share, ...others].map((cell) => cell.padStart(24));
    console.log(`${line.name.padEnd(50)}${line.unit.padEnd(8)}${cells.join('')}`);
  }
}

/** The plaintext reference's product, in WebAssembly and as the loop that it is else. */
async function benchFloat64(): Promise<void> {
  const [rows, depth, columns] = [1024, 384, 384];
  const [x, w] = [rows * depth, depth * columns].map((n) => Float64Array.from({ length: n }, (_, i) => Math.sin(i)));
  const out = new Float64Array(rows * columns);
  const rate = (product: Product) =>
    (2 * rows * depth * columns) / bestOf(() => product(out, x!, w!, { rows, depth, columns })) / 1e9;
  const [fast, slow] = [rate(await createFloatProduct()), rate(loopProduct)];
  const figures = `${fast.toFixed(1)} GFLOP/s, JavaScript ${slow.toFixed(1)}, ${(fast / slow).toFixed(1)} x`;
  console.log(`float64 product ${rows} x ${depth} x ${columns}: ${figures}`);
}

function benchEncode(): void {
  const values = Float64Array.from({ length: 2 ** 20 }, (_, i) => Math.sin(i) * 3);
  for (const words of [1, 2] as const) {
    const seconds = bestOf(() => encode(values, scale(20), words));
    console.log(`encode, ${words} words: ${((seconds * 1e9) / values.length).toFixed(1)} ns a value`);
  }
}

const wanted = process.argv.slice(2);
const stranger = wanted.find((name) => !NAMES.some((known) => known === name));
if (stranger) throw new Error(`there is no backend ${stranger}; there are ${NAMES.join(', ')}`);
const wants = (name: Name) => wanted.length === 0 || wanted.includes(name);

const onGpu = wants('webgpu') ? await webGpu(console.log) : undefined;
if (onGpu) {
  const start = performance.now();
  const notice = await chooseWideProduct(new CpuBackend(), onGpu.backend);
  const time = (performance.now() - start).toFixed(0);
  console.log(`WebGPU multiplies two words by ${onGpu.backend.wideProduct}, chosen in ${time} ms`, notice ?? '');
}
const start = performance.now();
const wasm = wants('wasm') ? await WasmBackend.create() : undefined;
if (wasm) console.log(`WebAssembly was ready after ${(performance.now() - start).toFixed(0)} ms`);
const several = possibleThreads();
const threads = wants('threads') && several > 1 ? await WasmBackend.create({ threads: several }) : undefined;
// They take a moment to start.
if (threads) await new Promise((resolve) => setTimeout(resolve, 500));
await bench({ cpu: wants('cpu') ? new CpuBackend() : undefined, wasm, threads, webgpu: onGpu?.backend });
await benchFloat64();
benchEncode();
onGpu?.backend.destroy();
await onGpu?.vite.close();
// Dawn's threads would keep the process alive.
process.exit(0);
