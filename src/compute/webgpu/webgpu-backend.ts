/**
 * The verbs on a GPU.
 *
 * A vector is a pooled storage buffer with planar words; a verb fills in a kernel's uniforms, names its buffers and leaves a dispatch
 * in the command queue. Nothing here computes: what a verb means stands in shaders/, what it refuses in checks.ts.
 *
 * Errors of a GPU come late. A lost device and whatever the device reports on its own are kept and thrown by the next call or read: a
 * loss as DeviceLost, so that a caller can go on with another backend, anything else as an Error.
 */
import { cosines, type PhaseBits } from '../../ring/cosine';
import { type Bytes, bytes } from '../../ring/units';
import { type Contraction, DeviceLost, type Gate, type Strides, type Vector, type WordCount } from '../backend';
import * as check from '../checks';
import { BufferPool, type PooledBuffer } from './buffer-pool';
import { type BufferSpan, CommandQueue, type Values } from './command-queue';
import { compileKernels, type KernelName, type Kernels } from './kernels';
import type { WideMultiplier, WideProduct } from './wide-product';

const GROUP = 64;
const TILE = 32;
const DENSE_TILE_ROWS = 64;
/** A refusal to map may come before the news that the device is lost, which is why it was refused; in milliseconds. */
const NEWS_OF_LOSS = 250;
/** Free memory beyond this goes back to the device: shapes change between runs, and a pool only grows. */
const MOST_FREE_BYTES = 1 << 29;

class GpuVector implements Vector {
  readonly n: number;
  readonly words: WordCount;
  readonly owner: WebGpuBackend;
  pooled: PooledBuffer | undefined;

  constructor(n: number, words: WordCount, owner: WebGpuBackend, pooled: PooledBuffer) {
    this.n = n;
    this.words = words;
    this.owner = owner;
    this.pooled = pooled;
  }
}

/** The two words of a constant modulo 2^64. */
function split(constant: bigint): [number, number] {
  return [Number(BigInt.asUintN(32, constant)), Number(BigInt.asUintN(32, constant >> 32n))];
}

/** Whether all rows are made of quads of neighbouring words, none of which is cut by an edge. */
function inQuads({ left, right, out, columns, depth }: Contraction): boolean {
  const aligned = ({ outer, inner, row, column }: Strides) =>
    column === 1 && [outer, inner, row].every((stride) => stride % 4 === 0);
  return columns % 4 === 0 && depth % 4 === 0 && [left, right, out].every(aligned);
}

/** Beside a few dozen such vectors a graphics card has to hold the page. */
const MOST_VECTOR = 2 ** 28;

export class WebGpuBackend implements WideMultiplier {
  readonly name: string;
  readonly mostVectorBytes: Bytes;
  readonly wideProducts: readonly WideProduct[];
  wideProduct: WideProduct = 'ringMatmulWide';
  readonly #device: GPUDevice;
  readonly #kernels: Kernels;
  readonly #pool: BufferPool;
  readonly #queue: CommandQueue;
  /** By resolution, once something needed them. */
  readonly #cosines = new Map<PhaseBits, Vector>();
  #failure: Error | undefined;
  #destroyed = false;

  /** Throws an Error that says why where there is no WebGPU, no adapter, or a kernel does not compile. */
  static async create(gpu: GPU | undefined = globalThis.navigator?.gpu): Promise<WebGpuBackend> {
    if (!gpu) throw new Error('WebGPU is not available here (no navigator.gpu; a page needs HTTPS or localhost)');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new Error('WebGPU found no graphics adapter');
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
    const device = await adapter.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
    const { description, architecture, vendor } = adapter.info;
    const name = `WebGPU (${description || architecture || vendor || 'unnamed adapter'})`;
    return new WebGpuBackend(name, device, await compileKernels(device, gpu.wgslLanguageFeatures ?? new Set()));
  }

  private constructor(name: string, device: GPUDevice, kernels: Kernels) {
    this.name = name;
    this.mostVectorBytes = bytes(Math.min(device.limits.maxStorageBufferBindingSize, MOST_VECTOR));
    this.#device = device;
    this.#kernels = kernels;
    this.wideProducts = kernels.ringMatmulDigits ? ['ringMatmulWide', 'ringMatmulDigits'] : ['ringMatmulWide'];
    this.#pool = new BufferPool(device);
    this.#queue = new CommandQueue(device);
    device.lost.then(({ reason, message }) => {
      // What is gone on its owner's demand is not lost: nobody should carry on elsewhere.
      if (this.#destroyed) return;
      const why = `the graphics device was lost (${reason ?? 'unknown'}): ${message}`;
      this.#failure = new DeviceLost(`${this.name}: ${why}`);
    });
    device.addEventListener('uncapturederror', ({ error }) => {
      this.#failure ??= new Error(`${this.name}: the graphics device reported: ${error.message}`);
    });
  }

  upload(data: Uint32Array | readonly Uint32Array[], words: WordCount): Vector {
    const { pieces, n } = check.checkUpload(data, words);
    return this.#write(pieces, n, words);
  }

  /** Rejects with DeviceLost if the device goes before the words are here. */
  async read(v: Vector): Promise<Uint32Array> {
    return this.#mapped(v, (words) => words.slice());
  }

  async readInto(v: Vector, pieces: readonly Uint32Array[]): Promise<void> {
    check.checkReadInto(v, pieces);
    await this.#mapped(v, (words) => {
      let at = 0;
      for (const piece of pieces) {
        piece.set(words.subarray(at, at + piece.length));
        at += piece.length;
      }
    });
  }

  /** Looks at a vector's words, which are there only meanwhile. */
  async #mapped<T>(v: Vector, look: (words: Uint32Array) => T): Promise<T> {
    const range = this.#range(v);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.#device.createBuffer({ size: Math.max(4, range.bytes), usage });
    this.#queue.copy(range, staging);
    this.#queue.submit();
    try {
      await staging.mapAsync(GPUMapMode.READ);
    } catch (error) {
      await this.#newsOfLoss();
      this.#failure ??= new Error(`${this.name}: the graphics device could not be read: ${error}`);
    }
    this.#demandHealth();
    const seen = look(new Uint32Array(staging.getMappedRange(), 0, v.n * v.words));
    staging.destroy();
    return seen;
  }

  release(v: Vector): void {
    const { pooled } = this.#range(v);
    (v as GpuVector).pooled = undefined;
    this.#pool.giveBack(pooled);
    if (this.#pool.freeBytes > MOST_FREE_BYTES) {
      this.#queue.submit();
      this.#pool.trim();
    }
  }

  zeros(n: number, words: WordCount): Vector {
    check.checkVector(n, words);
    const v = this.#make(n, words);
    this.#queue.clear(this.#range(v));
    return v;
  }

  keystream(key: Uint32Array, nonce: Uint32Array, n: number): Vector {
    check.checkKeystream(key, nonce, n);
    const stream = this.#make(n, 1);
    const values = { key_low: key.subarray(0, 4), key_high: key.subarray(4), nonce, n };
    this.#run('chacha20', values, { stream }, Math.ceil(n / 16));
    return stream;
  }

  unpack(packed: Vector, n: number, bits: number): Vector {
    check.checkUnpack(packed, n, bits);
    const result = this.#make(n, bits > 32 ? 2 : 1);
    this.#run('unpack', { n, bits }, { packed, result }, n);
    return result;
  }

  pack(v: Vector, bits: number): Vector {
    check.checkPack(bits);
    const length = check.packedLength(v.n, bits);
    const packed = this.#make(length, 1);
    this.#run('pack', { n: v.n, words: v.words, bits, length }, { elements: v, packed }, length);
    return packed;
  }

  add(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise(0, a, b, words, inner);
  }

  subtract(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise(1, a, b, words, inner);
  }

  multiply(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise(2, a, b, words, inner);
  }

  #elementwise(operation: number, a: Vector, b: Vector, words: WordCount, inner: number): Vector {
    check.checkElementwise(a, b, words, inner);
    const result = this.#make(a.n, words);
    const values = { n: a.n, a_words: a.words, b_n: b.n, b_words: b.words, inner, words, operation };
    this.#run('elementwise', values, { a, b, result }, a.n);
    return result;
  }

  affine(a: Vector, factor: bigint, offset: bigint, words: WordCount): Vector {
    check.checkVector(a.n, words);
    const result = this.#make(a.n, words);
    const values = { factor: split(factor), offset: split(offset), n: a.n, a_words: a.words, words };
    this.#run('affine', values, { a, result }, a.n);
    return result;
  }

  extract(a: Vector, from: number, to: number, words: WordCount, negated = false): Vector {
    check.checkExtract(from, to, words);
    const result = this.#make(a.n, words);
    const values = { n: a.n, a_words: a.words, start: from, end: to, words, negated: Number(negated) };
    this.#run('extract', values, { a, result }, a.n);
    return result;
  }

  contract(out: Vector, left: Vector, right: Vector, shape: Contraction): void {
    for (const v of [out, left, right]) this.#range(v);
    if (!check.checkContraction(out, left, right, shape)) return;
    const wide = out.words === 2;
    const widths = { out_n: out.n, left_n: left.n, right_n: right.n, left_words: left.words, right_words: right.words };
    // Few rows, as the heads of attention have, would leave most of a tall tile outside.
    const dense = !wide && shape.rows > TILE && inQuads(shape);
    const down = Math.ceil(shape.rows / (dense ? DENSE_TILE_ROWS : TILE));
    const tiles = down * Math.ceil(shape.columns / TILE) * shape.outer * shape.inner;
    const kernel = wide ? this.wideProduct : dense ? 'ringMatmulDense' : 'ringMatmul';
    this.#dispatch(kernel, { ...shape, ...widths }, { left, right, result: out }, tiles);
  }

  sumRows(a: Vector, width: number, words: WordCount): Vector {
    check.checkSumRows(a, width, words);
    const rows = a.n / width;
    const result = this.#make(rows, words);
    this.#run('sumRows', { rows, width, a_words: a.words, words }, { a, result }, rows);
    return result;
  }

  slice(a: Vector, length: number, inner: number, start: number, count: number): Vector {
    const outer = check.checkSlice(a, length, inner, start, count);
    const result = this.#make(outer * count * inner, a.words);
    const total = result.n * a.words;
    this.#run('slice', { total, length, inner, start, count }, { a, result }, total);
    return result;
  }

  gate(delta: Vector, tables: Vector, gate: Gate): Vector {
    check.checkGate(delta, tables, gate);
    const { phaseBits, functions, frequencies, shift, words } = gate;
    let first = 0;
    const functionWords = functions.flatMap(({ terms, constant }) => {
      first += terms.length;
      return [...split(constant), first - terms.length, terms.length];
    });
    const termWords = functions.flatMap(({ terms }) =>
      terms.flatMap(({ frequency, phase, amplitude }) => [frequencies[frequency]!, phase, amplitude, 2 * frequency]),
    );
    const program = this.#list(functionWords);
    const terms = this.#list(termWords);
    const result = this.#make(delta.n * functions.length, words);
    const values = {
      ...{ n: delta.n, words, table_n: tables.n, table_words: tables.words },
      ...{ functions: functions.length, shift, half: split(shift > 0 ? 1n << BigInt(shift - 1) : 0n) },
      ...{ turn: 2 ** phaseBits, coarse: Number(phaseBits === 16) },
    };
    const cosine = this.#cosinesFor(phaseBits);
    this.#run('gate', values, { cosine, functions: program, terms, delta, tables, result }, result.n);
    this.release(program);
    this.release(terms);
    return result;
  }

  trigonometricTables(
    t: Vector,
    frequencies: number[],
    fraction: number,
    phaseBits: PhaseBits,
    words: WordCount,
  ): Vector {
    const shift = check.checkTrigonometricTables(frequencies, fraction, phaseBits, words);
    const multiples = this.#list(frequencies);
    const result = this.#make(2 * frequencies.length * t.n, words);
    const half = shift > 0 ? 1 << (shift - 1) : 0;
    const values = { n: t.n, count: result.n, words, shift, half, turn: 2 ** phaseBits };
    const cosine = this.#cosinesFor(phaseBits);
    this.#run('trigonometricTables', values, { cosine, multiples, phases: t, result }, result.n);
    this.release(multiples);
    return result;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#failure = new Error(`${this.name}: this backend has been destroyed`);
    this.#device.destroy();
  }

  #cosinesFor(phaseBits: PhaseBits): Vector {
    const table = this.#cosines.get(phaseBits) ?? this.#list(new Uint32Array(cosines(phaseBits).buffer));
    this.#cosines.set(phaseBits, table);
    return table;
  }

  #demandHealth(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Resolves once the device is lost, or when it seems not to be. */
  async #newsOfLoss(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, NEWS_OF_LOSS);
    });
    await Promise.race([this.#device.lost, patience]);
    clearTimeout(timer);
  }

  /** What a kernel may see of a vector. */
  #range(v: Vector): BufferSpan {
    this.#demandHealth();
    check.demand(v instanceof GpuVector && v.owner === this, 'the vector belongs to another backend');
    check.demand(v.pooled !== undefined, 'the vector has been released');
    return { pooled: v.pooled, bytes: 4 * v.n * v.words };
  }

  /** A vector with anything in it, for a kernel to fill. `except`: see BufferPool.take. */
  #make(n: number, words: WordCount, except?: number): GpuVector {
    this.#demandHealth();
    const bytes = 4 * n * words;
    const most = this.#device.limits.maxStorageBufferBindingSize;
    check.demand(bytes <= most, `${bytes} bytes for one vector are more than this graphics device allows (${most})`);
    return new GpuVector(n, words, this, this.#pool.take(bytes, except));
  }

  #write(pieces: readonly Uint32Array[], n: number, words: WordCount): GpuVector {
    const v = this.#make(n, words, this.#queue.batch);
    let at = 0;
    for (const piece of pieces) {
      if (piece.length > 0) this.#device.queue.writeBuffer(v.pooled!.buffer, 4 * at, piece as Uint32Array<ArrayBuffer>);
      at += piece.length;
    }
    return v;
  }

  #list(words: ArrayLike<number>): GpuVector {
    return this.#write([Uint32Array.from(words)], words.length, 1);
  }

  /** One thread for each of `threads`. */
  #run(name: KernelName, values: Values, vectors: Record<string, Vector>, threads: number): void {
    this.#dispatch(name, values, vectors, Math.ceil(threads / GROUP));
  }

  #dispatch(name: KernelName, values: Values, vectors: Record<string, Vector>, groups: number): void {
    const ranges = Object.entries(vectors).map(([binding, v]) => [binding, this.#range(v)] as const);
    const kernel = this.#kernels[name];
    check.demand(kernel !== undefined, `${this.name} has no kernel ${name}`);
    this.#queue.dispatch(kernel, values, Object.fromEntries(ranges), groups);
  }
}
