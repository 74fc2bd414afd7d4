/**
 * The verbs on plain typed arrays: the reference that every other backend is held against, and what computes where there is no GPU.
 *
 * A vector is its planar words. A verb runs at once and allocates its result; "enqueued" is trivially true. Sums of unsigned words
 * are kept in words; `| 0` wraps.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { cosines } from '../../ring/cosine';
import { type Bytes, bytes } from '../../ring/units';
import type { Backend, Contraction, Gate, PhaseBits, Vector, WordCount } from '../backend';
import * as check from '../checks';
import { mask, packBits, unpackBits } from './bits';
import { contractPlanes, type Planes } from './contract';
import { addGate } from './gate';
import { borrow, carry, multiplyHigh } from './wide';

class CpuVector implements Vector {
  readonly n: number;
  readonly words: WordCount;
  data: Uint32Array | undefined;

  constructor(n: number, words: WordCount, data = new Uint32Array(n * words)) {
    this.n = n;
    this.words = words;
    this.data = data;
  }
}

function dataOf(v: Vector): Uint32Array {
  check.demand(v instanceof CpuVector, 'the vector belongs to another backend');
  check.demand(v.data !== undefined, 'the vector has been released');
  return v.data;
}

function low(v: Vector): Uint32Array {
  return dataOf(v).subarray(0, v.n);
}

/** The high words, or undefined where they read as zero. */
function high(v: Vector): Uint32Array | undefined {
  return v.words === 2 ? dataOf(v).subarray(v.n) : undefined;
}

/** High words that can be read without asking; zeros where there are none. */
function highOrZeros(v: Vector): Uint32Array {
  return high(v) ?? new Uint32Array(v.n);
}

function planes(v: Vector): Planes {
  const { buffer, byteOffset } = dataOf(v);
  const plane = (p: number) => new Int32Array(buffer, byteOffset + 4 * p * v.n, v.n);
  return { low: plane(0), high: v.words === 2 ? plane(1) : undefined };
}

/** The two words of a constant modulo 2^64. */
function split(constant: bigint): [number, number] {
  return [Number(BigInt.asIntN(32, constant)), Number(BigInt.asIntN(32, constant >> 32n))];
}

export class CpuBackend implements Backend {
  readonly name = 'CPU';
  /** Typed arrays may be longer; a tab that holds a few dozen of them may not. */
  readonly mostVectorBytes: Bytes = bytes(2 ** 28);

  upload(data: Uint32Array | readonly Uint32Array[], words: WordCount): Vector {
    const { pieces, n } = check.checkUpload(data, words);
    const v = new CpuVector(n, words);
    let at = 0;
    for (const piece of pieces) {
      dataOf(v).set(piece, at);
      at += piece.length;
    }
    return v;
  }

  async read(v: Vector): Promise<Uint32Array> {
    return dataOf(v).slice();
  }

  async readInto(v: Vector, pieces: readonly Uint32Array[]): Promise<void> {
    const data = dataOf(v);
    check.checkReadInto(v, pieces);
    let at = 0;
    for (const piece of pieces) {
      piece.set(data.subarray(at, at + piece.length));
      at += piece.length;
    }
  }

  release(v: Vector): void {
    dataOf(v);
    (v as CpuVector).data = undefined;
  }

  zeros(n: number, words: WordCount): Vector {
    check.checkVector(n, words);
    return new CpuVector(n, words);
  }

  keystream(key: Uint32Array, nonce: Uint32Array, n: number): Vector {
    check.checkKeystream(key, nonce, n);
    const view = (w: Uint32Array) => new Uint8Array(w.buffer, w.byteOffset, w.byteLength);
    const stream = new Uint8Array(4 * n);
    chacha20(view(key), view(nonce), stream, stream);
    return new CpuVector(n, 1, new Uint32Array(stream.buffer));
  }

  unpack(packed: Vector, n: number, bits: number): Vector {
    check.checkUnpack(packed, n, bits);
    const out = new CpuVector(n, bits > 32 ? 2 : 1);
    unpackBits(dataOf(packed), dataOf(out), n, bits);
    return out;
  }

  pack(v: Vector, bits: number): Vector {
    check.checkPack(bits);
    const length = check.packedLength(v.n, bits);
    const out = new Uint32Array(length + 2);
    packBits(low(v), high(v), out, bits);
    return new CpuVector(length, 1, out.subarray(0, length));
  }

  add(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return elementwise(a, b, words, inner, addInto);
  }

  subtract(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return elementwise(a, b, words, inner, subtractInto);
  }

  multiply(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return elementwise(a, b, words, inner, multiplyInto);
  }

  affine(a: Vector, factor: bigint, offset: bigint, words: WordCount): Vector {
    check.checkVector(a.n, words);
    const out = new CpuVector(a.n, words);
    const [f0, f1] = split(factor);
    const [o0, o1] = split(offset);
    const x0 = low(a);
    const y0 = low(out);
    if (words === 1) {
      for (let i = 0; i < a.n; i++) y0[i] = Math.imul(x0[i]!, f0) + o0;
      return out;
    }
    const x1 = highOrZeros(a);
    const y1 = high(out)!;
    for (let i = 0; i < a.n; i++) {
      const x = x0[i]!;
      const product = Math.imul(x, f0);
      const sum = (product + o0) | 0;
      y0[i] = sum;
      y1[i] = multiplyHigh(x, f0) + Math.imul(x, f1) + Math.imul(x1[i]!, f0) + o1 + carry(product, o0, sum);
    }
    return out;
  }

  extract(a: Vector, from: number, to: number, words: WordCount, negated = false): Vector {
    check.checkExtract(from, to, words);
    const out = new CpuVector(a.n, words);
    const x0 = low(a);
    const x1 = highOrZeros(a);
    const y0 = low(out);
    const y1 = high(out);
    const shift = from & 31;
    const keep0 = mask(to - from);
    const keep1 = mask(to - from - 32);
    for (let i = 0; i < a.n; i++) {
      let l = x0[i]! | 0;
      let h = x1[i]! | 0;
      if (negated) {
        l = (0 - l) | 0;
        h = (~h + (l === 0 ? 1 : 0)) | 0;
      }
      if (from >= 32) {
        l = h;
        h = 0;
      }
      l = ((l >>> shift) | ((h << 1) << (31 - shift))) & keep0;
      h = (h >>> shift) & keep1;
      if (negated) {
        l = (0 - l) | 0;
        h = (~h + (l === 0 ? 1 : 0)) | 0;
      }
      y0[i] = l;
      if (y1) y1[i] = h;
    }
    return out;
  }

  contract(out: Vector, left: Vector, right: Vector, shape: Contraction): void {
    const [target, a, b] = [planes(out), planes(left), planes(right)];
    if (check.checkContraction(out, left, right, shape)) contractPlanes(target, a, b, shape, out.words);
  }

  sumRows(a: Vector, width: number, words: WordCount): Vector {
    check.checkSumRows(a, width, words);
    const out = new CpuVector(a.n / width, words);
    const x0 = low(a);
    const x1 = words === 2 ? highOrZeros(a) : undefined;
    const y0 = low(out);
    const y1 = high(out);
    for (let i = 0, at = 0; i < out.n; i++) {
      let s0 = 0;
      let s1 = 0;
      for (const end = at + width; at < end; at++) {
        const x = x0[at]!;
        const sum = (s0 + x) | 0;
        if (x1) s1 = (s1 + x1[at]! + carry(s0, x, sum)) | 0;
        s0 = sum;
      }
      y0[i] = s0;
      if (y1) y1[i] = s1;
    }
    return out;
  }

  slice(a: Vector, length: number, inner: number, start: number, count: number): Vector {
    const outer = check.checkSlice(a, length, inner, start, count);
    const out = new CpuVector(outer * count * inner, a.words);
    const x = dataOf(a);
    const y = dataOf(out);
    const run = count * inner;
    // Planes are just more outer rows.
    for (let o = 0; o < outer * a.words; o++) {
      const from = (o * length + start) * inner;
      if (run > 32) y.set(x.subarray(from, from + run), o * run);
      else for (let i = 0; i < run; i++) y[o * run + i] = x[from + i]!;
    }
    return out;
  }

  gate(delta: Vector, tables: Vector, gate: Gate): Vector {
    check.checkGate(delta, tables, gate);
    const { functions, words } = gate;
    const out = new CpuVector(delta.n * functions.length, words);
    const y0 = low(out);
    const y1 = high(out);
    functions.forEach(({ constant }, j) => {
      const [c0, c1] = split(constant);
      for (let at = j; at < out.n; at += functions.length) {
        y0[at] = c0;
        if (y1) y1[at] = c1;
      }
    });
    addGate(low(delta), low(tables), high(tables), gate, y0, y1);
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
    const n = t.n;
    const cosine = cosines(phaseBits);
    const out = new CpuVector(2 * frequencies.length * n, words);
    const x = low(t);
    const y0 = low(out);
    const y1 = high(out);
    const quarterTurn = cosine.length / 4;
    const half = shift > 0 ? 1 << (shift - 1) : 0;
    frequencies.forEach((k, f) => {
      for (let quarter = 0; quarter < 2; quarter++) {
        const base = (2 * f + quarter) * n;
        for (let i = 0; i < n; i++) {
          const value = (cosine[(Math.imul(k, x[i]!) - quarterTurn * quarter) & (cosine.length - 1)]! + half) >> shift;
          y0[base + i] = value;
          if (y1) y1[base + i] = value >> 31;
        }
      }
    });
    return out;
  }

  destroy(): void {}
}

type Plane = Uint32Array;
/** One element-by-element loop; the high planes are missing where `words` is 1. */
type Loop = (out: Plane, a: Plane, b: Plane, outHigh?: Plane, aHigh?: Plane, bHigh?: Plane) => void;

function elementwise(a: Vector, b: Vector, words: WordCount, inner: number, loop: Loop): Vector {
  check.checkElementwise(a, b, words, inner);
  const out = new CpuVector(a.n, words);
  const spread = (plane: Plane) => spreadPlane(plane, a.n, inner);
  if (words === 1) loop(low(out), low(a), spread(low(b)));
  else loop(low(out), low(a), spread(low(b)), high(out), highOrZeros(a), spread(highOrZeros(b)));
  return out;
}

/** plane[⌊i/inner⌋ mod length] for i < n, so that the loops need no index arithmetic. */
function spreadPlane(plane: Plane, n: number, inner: number): Plane {
  if (inner === 1 && plane.length >= n) return plane;
  const out = new Uint32Array(n);
  for (let i = 0, from = 0; i < n; i += inner) {
    out.fill(plane[from]!, i, i + inner);
    if (++from === plane.length) from = 0;
  }
  return out;
}

function addInto(out: Plane, a: Plane, b: Plane, outHigh?: Plane, aHigh?: Plane, bHigh?: Plane): void {
  const n = out.length;
  if (!outHigh || !aHigh || !bHigh) {
    for (let i = 0; i < n; i++) out[i] = (a[i]! + b[i]!) | 0;
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = a[i]!;
    const y = b[i]!;
    const sum = (x + y) | 0;
    out[i] = sum;
    outHigh[i] = (aHigh[i]! + bHigh[i]! + carry(x, y, sum)) | 0;
  }
}

function subtractInto(out: Plane, a: Plane, b: Plane, outHigh?: Plane, aHigh?: Plane, bHigh?: Plane): void {
  const n = out.length;
  if (!outHigh || !aHigh || !bHigh) {
    for (let i = 0; i < n; i++) out[i] = (a[i]! - b[i]!) | 0;
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = a[i]!;
    const y = b[i]!;
    const difference = (x - y) | 0;
    out[i] = difference;
    outHigh[i] = (aHigh[i]! - bHigh[i]! - borrow(x, y, difference)) | 0;
  }
}

function multiplyInto(out: Plane, a: Plane, b: Plane, outHigh?: Plane, aHigh?: Plane, bHigh?: Plane): void {
  const n = out.length;
  if (!outHigh || !aHigh || !bHigh) {
    for (let i = 0; i < n; i++) out[i] = Math.imul(a[i]!, b[i]!);
    return;
  }
  for (let i = 0; i < n; i++) {
    const x = a[i]!;
    const y = b[i]!;
    out[i] = Math.imul(x, y);
    outHigh[i] = (multiplyHigh(x, y) + Math.imul(x, bHigh[i]!) + Math.imul(aHigh[i]!, y)) | 0;
  }
}
