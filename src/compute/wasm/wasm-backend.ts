/**
 * The verbs in WebAssembly with SIMD: what computes where there is no GPU.
 *
 * A vector is one or two planes in the linear memory of this backend's own instance; a verb runs at once. Kernels compute four words at a
 * time and run over the end of a plane, so each has some slack behind it. Large products are shared with helper threads, if there are any.
 */
import type { PhaseBits } from '../../ring/cosine';
import { type Bytes, bytes } from '../../ring/units';
import type { Backend, Contraction, Gate, Strides, Vector, WordCount } from '../backend';
import * as check from '../checks';
import { gateCall } from './gate-call';
import { Heap } from './heap';
import { type Helper, startHelper } from './helpers';
import { instantiateKernels, instantiateShared, type Kernels, type SharedKernels, sharedMemory } from './kernels';

class WasmVector implements Vector {
  /** Byte address of the low words; undefined once released. */
  at: number | undefined;

  constructor(
    readonly owner: WasmBackend,
    readonly n: number,
    readonly words: WordCount,
    at: number,
  ) {
    this.at = at;
  }
}

/** Words from the start of one plane to the next: whole groups of four, and four or more to spare. */
const pitch = (n: number) => 4 * Math.floor(n / 4) + 8;
/** Keystream comes in groups of four blocks of 16 words. */
const GROUP = 64;

/** The two words of a constant modulo 2^64. */
const split = (constant: bigint): [number, number] => [
  Number(BigInt.asIntN(32, constant)),
  Number(BigInt.asIntN(32, constant >> 32n)),
];

const list = ({ outer, inner, row, column }: Strides) => [outer, inner, row, column];

/** Products of words below which waking a helper costs more than it saves: a third of a millisecond's. */
export const LEAST_SHARED = 2 ** 22;
/** Of one two-word product in one-word ones, as the time goes. */
const WIDE_COST = 5;

export interface WasmOptions {
  /** How many compute a large product, the caller's among them; see `possibleThreads`. */
  threads?: number;
  /** From so many products of words on a product is large. Default `LEAST_SHARED`. */
  leastShared?: number;
}

/** The kernels once more, as far as threads share them, and the threads. */
interface Team {
  kernels: SharedKernels;
  helpers: Helper[];
}

type ElementwiseVerb = 'add' | 'subtract' | 'multiply';

export class WasmBackend implements Backend {
  readonly name: string;
  /** Memory ends at 4 GiB, and a few dozen vectors are alive at a time. */
  readonly mostVectorBytes: Bytes = bytes(2 ** 27);
  #kernels: Kernels | undefined;
  readonly #heap: Heap;
  readonly #team: Team | undefined;

  /** On one thread where memory cannot be shared. Throws where there is no WebAssembly with SIMD, saying so. */
  static async create({ threads = 1, leastShared = LEAST_SHARED }: WasmOptions = {}): Promise<WasmBackend> {
    const memory = threads > 1 ? sharedMemory() : undefined;
    const team = memory && (await startTeam(memory, threads));
    return new WasmBackend(team?.kernels ?? (await instantiateKernels()), team, leastShared);
  }

  private constructor(
    kernels: Kernels,
    team: Team | undefined,
    /** From so many products of words on a product is one for all threads. */
    public leastShared: number,
  ) {
    this.name = team ? `WebAssembly (${team.helpers.length + 1} threads)` : 'WebAssembly';
    this.#kernels = kernels;
    this.#team = team;
    this.#heap = new Heap(kernels.memory, kernels.heapBase() >>> 0);
  }

  /** Parts of products that helper threads have done so far. */
  get helped(): number {
    return this.#team?.kernels.helped() ?? 0;
  }

  upload(data: Uint32Array | readonly Uint32Array[], words: WordCount): Vector {
    const { pieces, n } = check.checkUpload(data, words);
    const v = this.#vector(n, words);
    for (const [inMemory, given] of this.#spans(v, pieces)) inMemory.set(given);
    return v;
  }

  async read(v: Vector): Promise<Uint32Array> {
    this.#low(v);
    const out = new Uint32Array(v.n * v.words);
    await this.readInto(v, [out]);
    return out;
  }

  async readInto(v: Vector, pieces: readonly Uint32Array[]): Promise<void> {
    this.#low(v);
    check.checkReadInto(v, pieces);
    for (const [inMemory, wanted] of this.#spans(v, pieces)) wanted.set(inMemory);
  }

  /** Planes and pieces cut to what lies in one of each: views of memory, and of the pieces. */
  *#spans(v: Vector, pieces: readonly Uint32Array[]): Generator<[inMemory: Uint32Array, piece: Uint32Array]> {
    let at = 0;
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const plane = Math.floor(at / v.n);
        const inMemory = this.#plane(v, plane).subarray(at - plane * v.n, at - plane * v.n + piece.length - from);
        const to = from + inMemory.length;
        yield [inMemory, piece.subarray(from, to)];
        at += inMemory.length;
        from = to;
      }
    }
  }

  release(v: Vector): void {
    this.#heap.release(this.#low(v));
    (v as WasmVector).at = undefined;
  }

  zeros(n: number, words: WordCount): Vector {
    check.checkVector(n, words);
    const v = this.#vector(n, words);
    for (let plane = 0; plane < words; plane++) this.#plane(v, plane).fill(0);
    return v;
  }

  keystream(key: Uint32Array, nonce: Uint32Array, n: number): Vector {
    check.checkKeystream(key, nonce, n);
    const groups = Math.ceil(n / GROUP);
    const out = this.#vector(n, 1, GROUP * groups);
    this.#with(Int32Array.of(...key, ...nonce), (seed) => this.#run.keystream(this.#low(out), groups, seed));
    return out;
  }

  unpack(packed: Vector, n: number, bits: number): Vector {
    check.checkUnpack(packed, n, bits);
    const from = this.#low(packed);
    const out = this.#vector(n, bits > 32 ? 2 : 1);
    this.#run.unpack(from, this.#low(out), this.#high(out), n, bits);
    return out;
  }

  pack(v: Vector, bits: number): Vector {
    check.checkPack(bits);
    const from = this.#low(v);
    const out = this.#vector(check.packedLength(v.n, bits), 1);
    this.#run.pack(from, this.#high(v), this.#low(out), v.n, bits);
    return out;
  }

  add(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise('add', a, b, words, inner);
  }

  subtract(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise('subtract', a, b, words, inner);
  }

  multiply(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise('multiply', a, b, words, inner);
  }

  #elementwise(verb: ElementwiseVerb, a: Vector, b: Vector, words: WordCount, inner: number): Vector {
    check.checkElementwise(a, b, words, inner);
    const operands = [...this.#planes(a), ...this.#planes(b)] as const;
    const out = this.#vector(a.n, words);
    this.#run[verb](...this.#planes(out), ...operands, a.n, b.n, Math.min(inner, a.n));
    return out;
  }

  affine(a: Vector, factor: bigint, offset: bigint, words: WordCount): Vector {
    check.checkVector(a.n, words);
    const operand = this.#planes(a);
    const out = this.#vector(a.n, words);
    this.#run.affine(...this.#planes(out), ...operand, a.n, ...split(factor), ...split(offset));
    return out;
  }

  extract(a: Vector, from: number, to: number, words: WordCount, negated = false): Vector {
    check.checkExtract(from, to, words);
    const operand = this.#planes(a);
    const out = this.#vector(a.n, words);
    this.#run.extract(...this.#planes(out), ...operand, a.n, from, to, Number(negated));
    return out;
  }

  contract(out: Vector, left: Vector, right: Vector, shape: Contraction): void {
    const addresses = [...this.#planes(out), ...this.#planes(left), ...this.#planes(right)];
    if (!check.checkContraction(out, left, right, shape)) return;
    const { outer, inner, rows, columns, depth } = shape;
    const strides = [...list(shape.left), ...list(shape.right), ...list(shape.out)];
    const products = outer * inner * rows * columns * depth * (out.words === 2 ? WIDE_COST : 1);
    const team = products < this.leastShared ? undefined : this.#team;
    const threads = team ? team.helpers.length + 1 : 1;
    this.#with(Int32Array.of(...addresses, outer, inner, rows, columns, depth, ...strides), (call) =>
      this.#within(threads * this.#run.contractScratch(call), (scratch) => {
        if (team) team.kernels.contractShared(call, scratch, threads);
        else this.#run.contract(call, scratch);
      }),
    );
  }

  sumRows(a: Vector, width: number, words: WordCount): Vector {
    check.checkSumRows(a, width, words);
    const operand = this.#planes(a);
    const out = this.#vector(a.n / width, words);
    this.#run.sumRows(...this.#planes(out), ...operand, out.n, width);
    return out;
  }

  slice(a: Vector, length: number, inner: number, start: number, count: number): Vector {
    const outer = check.checkSlice(a, length, inner, start, count);
    const operand = this.#planes(a);
    const out = this.#vector(outer * count * inner, a.words);
    for (const [plane, to] of this.#planes(out).entries()) {
      if (to !== 0) this.#run.slice(to, operand[plane]! + 4 * start * inner, outer, length * inner, count * inner);
    }
    return out;
  }

  gate(delta: Vector, tables: Vector, gate: Gate): Vector {
    check.checkGate(delta, tables, gate);
    const addresses = [this.#low(delta), ...this.#planes(tables)];
    const out = this.#vector(delta.n * gate.functions.length, gate.words);
    const { angles, body } = gateCall(gate, delta.n);
    const numbers = [Number(gate.phaseBits === 20), delta.n, gate.shift, angles, gate.functions.length];
    const call = Int32Array.of(...addresses, ...this.#planes(out), ...numbers);
    const whole = new Int32Array(call.length + body.length);
    whole.set(call);
    whole.set(body, call.length);
    this.#with(whole, (at) => this.#within(32 * angles, (lookUps) => this.#run.gate(at, lookUps)));
    return out;
  }

  trigonometricTables(
    t: Vector,
    frequencies: number[],
    fraction: number,
    phaseBits: PhaseBits,
    words: WordCount,
  ): Vector {
    const shift = check.checkTrigonometricTables(frequencies, fraction, phaseBits, words);
    const phases = this.#low(t);
    const out = this.#vector(2 * frequencies.length * t.n, words);
    const [low, high] = this.#planes(out);
    const fine = Number(phaseBits === 20);
    frequencies.forEach((k, f) => {
      const row = 8 * f * t.n;
      this.#run.trigonometricTables(fine, phases, t.n, k, shift, low + row, high && high + row);
    });
    return out;
  }

  /** Ends the helpers and lets go of the memory; every verb throws afterwards. */
  destroy(): void {
    for (const helper of this.#team?.helpers ?? []) helper.stop();
    this.#kernels = undefined;
  }

  get #run(): Kernels {
    if (!this.#kernels) throw new Error('the WebAssembly backend has been destroyed');
    return this.#kernels;
  }

  /** A vector of anything. `room`: words of a plane that will be written, if more than n. */
  #vector(n: number, words: WordCount, room = n): WasmVector {
    check.demand(this.#kernels !== undefined, 'the WebAssembly backend has been destroyed');
    const at = this.#heap.allocate(4 * (pitch(n) * (words - 1) + pitch(room)));
    return new WasmVector(this, n, words, at);
  }

  /** The address of the low words. */
  #low(v: Vector): number {
    check.demand(v instanceof WasmVector && v.owner === this, 'the vector belongs to another backend');
    check.demand(this.#kernels !== undefined, 'the WebAssembly backend has been destroyed');
    check.demand(v.at !== undefined, 'the vector has been released');
    return v.at;
  }

  /** The address of the high words, 0 where there are none. */
  #high(v: Vector): number {
    return v.words === 2 ? this.#low(v) + 4 * pitch(v.n) : 0;
  }

  #planes(v: Vector): [low: number, high: number] {
    return [this.#low(v), this.#high(v)];
  }

  #plane(v: Vector, plane: number): Uint32Array {
    return new Uint32Array(this.#run.memory.buffer, this.#low(v) + 4 * plane * pitch(v.n), v.n);
  }

  /** Runs something with some words in memory, at an address. */
  #with(words: Int32Array, work: (at: number) => void): void {
    this.#within(words.byteLength, (at) => {
      new Int32Array(this.#run.memory.buffer, at, words.length).set(words);
      work(at);
    });
  }

  /** Runs something with a few bytes of memory to itself. */
  #within(bytes: number, work: (at: number) => void): void {
    const at = this.#heap.allocate(bytes);
    try {
      work(at);
    } finally {
      this.#heap.release(at);
    }
  }
}

async function startTeam(memory: WebAssembly.Memory, threads: number): Promise<Team> {
  const { kernels, module } = await instantiateShared(memory);
  const helpers = Array.from({ length: threads - 1 }, (_, i) => startHelper({ module, memory, thread: i + 1 }));
  return { kernels, helpers };
}
