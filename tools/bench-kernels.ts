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
import { createServer, type ViteDevServer } from 'vite';
import type { Backend, Contraction, Gate, PhaseBits, Vector, WordCount } from '../src/compute/backend';
import { CpuBackend } from '../src/compute/cpu/cpu-backend';
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { possibleThreads } from '../src/compute/wasm/helpers';
import { WasmBackend } from '../src/compute/wasm/wasm-backend';
import type { WebGpuBackend } from '../src/compute/webgpu/webgpu-backend';
import { chooseWideProduct } from '../src/compute/webgpu/wide-product';
import { loopProduct, type Product } from '../src/graph/product';
import { RESOLUTIONS } from '../src/ring/cosine';
import { encode } from '../src/ring/ring';
import { scale, turns } from '../src/ring/units';
import { compileKernels } from './build-kernels.mjs';
import { nodeGpu } from './node-gpu';

const ROUNDS = 5;
/** After this many milliseconds no further round is begun: a GPU in software takes seconds for one. */
const PATIENCE = 1000;
/** Seconds; a call that would take longer, by the rate of the line before, is left out. */
const LONGEST = 10;
const NAMES = ['cpu', 'wasm', 'threads', 'webgpu'] as const;
type Name = (typeof NAMES)[number];
type Backends = Partial<Record<Exclude<Name, 'webgpu'>, Backend>> & { webgpu?: WebGpuBackend };

/** One line: `prepare` uploads operands, `work` is what is timed; both return the vectors they made. */
interface Line {
  name: string;
  /** How many of `unit` the call is. */
  amount: number;
  unit: string;
  prepare(backend: Backend): Vector[];
  work(backend: Backend, operands: Vector[]): Vector[];
  /** Rows, depth and columns of a dense product. */
  dense?: readonly [number, number, number];
  /** The same product for WebGPU's other kernel; that for two words is chosen besides. */
  other?: Call & { words: WordCount };
}

type Call = Pick<Line, 'prepare' | 'work'>;

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

const KEY = Uint32Array.from({ length: 8 }, (_, i) => i * 0x9e3779b9);

function random(backend: Backend, n: number, words: WordCount): Vector {
  const stream = backend.keystream(KEY, new Uint32Array(3), n * words);
  const v = backend.unpack(stream, n, 32 * words);
  backend.release(stream);
  return v;
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

type Shape = readonly [batch: number, rows: number, depth: number, columns: number];
/** Words of out, left and right. The model owner's matrices are single words. */
type Widths = readonly [WordCount, WordCount, WordCount];

function product(size: Shape, widths: Widths): Line {
  const [batch, rows, depth, columns] = size;
  const [out, left, right] = widths;
  const shape = dense(...size);
  const call = (shape: Contraction): Call => ({
    prepare: (backend) => [
      backend.zeros(batch * rows * columns, out),
      random(backend, batch * shape.left.outer, left),
      random(backend, batch * depth * columns, right),
    ],
    work(backend, [sum, a, b]) {
      backend.contract(sum!, a!, b!, shape);
      return [];
    },
  });
  // A stride that is no multiple of four is nothing for the kernel of dense rows.
  const odd = { ...shape, left: { ...shape.left, outer: shape.left.outer + 1 } };
  return {
    name: `contract ${batch > 1 ? `${batch} x ` : ''}${rows} x ${depth} x ${columns}, words ${out} = ${left} x ${right}`,
    amount: batch * rows * depth * columns,
    unit: 'MAC',
    dense: batch === 1 ? [rows, depth, columns] : undefined,
    other: { words: out, ...call(out === 1 ? odd : shape) },
    ...call(shape),
  };
}

/** A line whose one operand has n elements. */
function unary(
  name: string,
  [amount, unit]: [number, string],
  [n, words]: [number, WordCount],
  work: (backend: Backend, a: Vector) => Vector,
): Line {
  return {
    ...{ name, amount, unit },
    prepare: (backend) => [random(backend, n, words)],
    work: (backend, [a]) => [work(backend, a!)],
  };
}

function* lines(): Generator<Line> {
  yield {
    ...{ name: 'keystream, 25 MB', amount: 25e6, unit: 'B' },
    prepare: () => [],
    work: (backend) => [backend.keystream(KEY, new Uint32Array(3), 6_250_000)],
  };

  const elements = 2_359_296;
  for (const bits of [64, 40, 24, 16, 13]) {
    const amount: [number, string] = [(elements * bits) / 8, 'B'];
    const words = bits > 32 ? 2 : 1;
    yield unary(`unpack ${elements} x ${bits} bits`, amount, [Math.ceil((elements * bits) / 32), 1], (backend, a) =>
      backend.unpack(a, elements, bits),
    );
    yield unary(`pack ${elements} x ${bits} bits`, amount, [elements, words], (backend, a) => backend.pack(a, bits));
  }

  const widths: Widths[] = [
    [1, 1, 1],
    [2, 2, 1],
    [2, 2, 2],
  ];
  const shapes: Shape[] = [
    [512, 24, 32, 24],
    [1, 3072, 64, 128],
    [1, 4096, 384, 384],
  ];
  for (const width of widths) for (const shape of shapes) yield product(shape, width);

  const n = 196_608;
  const frequencies = [1, 2, 3, 4, 5, 6];
  // Even and odd parts: a cosine and a sine of each frequency.
  const functionOf = (phaseBits: PhaseBits) => {
    const amplitude = 0.9 * 2 ** RESOLUTIONS[phaseBits].amplitudeBits;
    const terms = frequencies.flatMap((_, frequency) =>
      [0, 2 ** (phaseBits - 2)].map((phase) => ({
        frequency,
        amplitude: Math.round(amplitude) - frequency,
        phase: turns(phase),
      })),
    );
    return { terms, constant: 77n };
  };
  for (const words of [1, 2] as const) {
    for (const phaseBits of [16, 20] as const) {
      const title = `${phaseBits} bits, ${words} words`;
      yield unary(`tables ${n} x 6 frequencies, ${title}`, [12 * n, 'entries'], [n, 1], (backend, t) =>
        backend.trigonometricTables(t, frequencies, 12, phaseBits, words),
      );
      const shift = RESOLUTIONS[phaseBits].fraction;
      const gate: Gate = { phaseBits, frequencies, functions: [functionOf(phaseBits)], shift, words };
      yield {
        ...{ name: `gate ${n} x 12 terms, ${title}`, amount: 12 * n, unit: 'terms' },
        prepare: (backend) => [random(backend, n, 1), random(backend, 12 * n, words)],
        work: (backend, [delta, tables]) => [backend.gate(delta!, tables!, gate)],
      };
    }
    const many = 8 * n;
    const each: [number, string] = [many, 'elements'];
    for (const verb of ['add', 'multiply'] as const) {
      yield unary(`${verb} ${many}, ${words} words`, each, [many, words], (backend, a) => backend[verb](a, a, words));
    }
    yield unary(`affine ${many}, ${words} words`, each, [many, words], (backend, a) =>
      backend.affine(a, 3n, 5n, words),
    );
    yield unary(`extract ${many}, ${words} words`, each, [many, words], (backend, a) =>
      backend.extract(a, 12, 30, words, true),
    );
    yield unary(`sumRows ${many} by 64, ${words} words`, each, [many, words], (backend, a) =>
      backend.sumRows(a, 64, words),
    );
  }
}

type Float32Kernels = {
  memory: WebAssembly.Memory;
  heapBase(): number;
  multiply(...args: [number, number, number, number, number, number, number]): void;
};

/** Seconds of a float32 product of that shape. */
function float32(kernels: Float32Kernels, [rows, depth, columns]: readonly [number, number, number]): number {
  const base = Math.ceil(kernels.heapBase() / 64) * 64;
  const sizes = [rows * columns, rows * depth, depth * columns, depth * columns];
  const starts = sizes.map((_, i) => base + 4 * sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const missing = starts[3]! + 4 * sizes[3]! - kernels.memory.buffer.byteLength;
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / 65536));
  new Float32Array(kernels.memory.buffer).fill(0.5, base >> 2);
  const [out, left, right, panel] = starts as [number, number, number, number];
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    kernels.multiply(out, left, right, rows, depth, columns, panel);
    best = Math.min(best, performance.now() - start);
  }
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

const ratio = (longer: number, shorter: number) => `${(longer / shorter).toFixed(2)} x`;

async function bench(backends: Backends): Promise<void> {
  const present = NAMES.flatMap((name) => backends[name] ?? []);
  const { instance } = await WebAssembly.instantiate(await compileKernels('kernels/bench/float32.ts'));
  const floats = instance.exports as Float32Kernels;
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
    const share = wasm && line.dense ? ratio(float32(floats, line.dense), wasm) : '';
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
  const rate = (product: Product) => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      product(out, x!, w!, { rows, depth, columns });
      best = Math.min(best, performance.now() - start);
    }
    return (2 * rows * depth * columns) / best / 1e6;
  };
  const [fast, slow] = [rate(await createFloatProduct()), rate(loopProduct)];
  const figures = `${fast.toFixed(1)} GFLOP/s, JavaScript ${slow.toFixed(1)}, ${(fast / slow).toFixed(1)} x`;
  console.log(`float64 product ${rows} x ${depth} x ${columns}: ${figures}`);
}

function benchEncode(): void {
  const values = Float64Array.from({ length: 2 ** 20 }, (_, i) => Math.sin(i) * 3);
  for (const words of [1, 2] as const) {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      encode(values, scale(20), words);
      best = Math.min(best, performance.now() - start);
    }
    console.log(`encode, ${words} words: ${((best * 1e6) / values.length).toFixed(1)} ns a value`);
  }
}

/**
 * The GPU's backend, and the server that made it: Vite knows how to import WGSL as text; Node does not. The GPU is held on to, because
 * nothing that it is asked is answered any more once it is collected.
 */
async function webGpu(): Promise<{ gpu: GPU; backend: WebGpuBackend; vite: ViteDevServer } | undefined> {
  const { gpu, reason } = await nodeGpu();
  if (!gpu) {
    console.log(`no WebGPU: ${reason}`);
    return undefined;
  }
  const vite = await createServer({
    configFile: false,
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false },
  });
  const { WebGpuBackend } = await vite.ssrLoadModule('/src/compute/webgpu/webgpu-backend.ts');
  return { gpu, backend: await WebGpuBackend.create(gpu), vite };
}

const wanted = process.argv.slice(2);
const stranger = wanted.find((name) => !NAMES.some((known) => known === name));
if (stranger) throw new Error(`there is no backend ${stranger}; there are ${NAMES.join(', ')}`);
const wants = (name: Name) => wanted.length === 0 || wanted.includes(name);

const onGpu = wants('webgpu') ? await webGpu() : undefined;
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
