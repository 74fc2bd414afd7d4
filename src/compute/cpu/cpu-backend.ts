/**
 * The verbs on plain typed arrays: the reference that every other backend is held against, and what computes where there is no GPU.
 *
 * A vector is its planar words. A verb runs at once and allocates its result; "enqueued" is trivially true. Sums of unsigned words
 * are kept in words (`| 0` wraps), and a carry is a comparison: the sum is smaller than a summand.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { COS, COSINE_FRACTION } from '../../ring/cosine';
import type { Backend, Contraction, Gate, Vector, WordCount } from '../backend';
import * as check from '../checks';
import { mask, packBits, unpackBits } from './bits';
import { contractPlanes, type Planes } from './contract';
import { highOfSplitSum, multiplyHigh } from './wide';

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

/** |coefficient| ≤ 2^30 times 16 bits, 64 terms of two products: below 2^53. */
const EXACT_TERMS = 64;
/** Elements that a gate works on at a time, so that its running sums stay in the nearest cache. */
const GATE_BLOCK = 1024;

export class CpuBackend implements Backend {
  readonly name = 'CPU';

  upload(data: Uint32Array, words: WordCount): Vector {
    return new CpuVector(check.checkUpload(data, words), words, data.slice());
  }

  async read(v: Vector): Promise<Uint32Array> {
    return dataOf(v).slice();
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
    const bytes = (w: Uint32Array) => new Uint8Array(w.buffer, w.byteOffset, w.byteLength);
    const stream = new Uint8Array(4 * n);
    chacha20(bytes(key), bytes(nonce), stream, stream);
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
    for (let i = 0; i < a.n; i++) y0[i] = Math.imul(x0[i]!, f0) + o0;
    if (words === 2) {
      const x1 = highOrZeros(a);
      const y1 = high(out)!;
      const threshold = o0 >>> 0;
      for (let i = 0; i < a.n; i++) {
        const x = x0[i]!;
        const carry = y0[i]! < threshold ? 1 : 0;
        y1[i] = multiplyHigh(x, f0) + Math.imul(x, f1) + Math.imul(x1[i]!, f0) + o1 + carry;
      }
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
        h = l === 0 ? -h : ~h;
        l = -l;
      }
      if (from >= 32) {
        l = h;
        h = 0;
      }
      l = ((l >>> shift) | ((h << 1) << (31 - shift))) & keep0;
      h = (h >>> shift) & keep1;
      if (negated) {
        h = l === 0 ? -h : ~h;
        l = -l;
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
        s0 = (s0 + x) >>> 0;
        if (x1) s1 = (s1 + x1[at]! + (s0 < x ? 1 : 0)) | 0;
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
    // Planes are just more outer rows.
    for (let o = 0; o < outer * a.words; o++) {
      const from = (o * length + start) * inner;
      y.set(x.subarray(from, from + count * inner), o * count * inner);
    }
    return out;
  }

  gate(delta: Vector, tables: Vector, gate: Gate): Vector {
    check.checkGate(delta, tables, gate);
    const { functions, frequencies, shift } = gate;
    const half = shift > 0 ? 1 << (shift - 1) : 0;
    const n = delta.n;
    const count = functions.length;
    const out = new CpuVector(n * count, gate.words);
    const x = low(delta);
    const t0 = low(tables);
    const t1 = gate.words === 2 ? high(tables) : undefined;
    const y0 = low(out);
    const y1 = high(out);
    const s0 = new Float64Array(GATE_BLOCK);
    const s1 = new Float64Array(GATE_BLOCK);
    const s2 = new Int32Array(GATE_BLOCK);

    functions.forEach(({ terms, constant }, j) => {
      const [c0, c1] = split(constant);
      for (let start = 0; start < n; start += GATE_BLOCK) {
        const size = Math.min(GATE_BLOCK, n - start);
        for (let i = 0; i < size; i++) {
          y0[(start + i) * count + j] = c0;
          if (y1) y1[(start + i) * count + j] = c1;
        }
        for (let first = 0; first < terms.length; first += EXACT_TERMS) {
          s0.fill(0);
          s1.fill(0);
          s2.fill(0);
          for (const { frequency, amplitude, phase } of terms.slice(first, first + EXACT_TERMS)) {
            const k = frequencies[frequency]!;
            const cosines = 2 * frequency * n + start;
            addTerm(x, start, size, k, amplitude, phase, half, shift, t0, t1, cosines, s0, s1, s2);
            addTerm(x, start, size, k, amplitude, phase + 16384, half, shift, t0, t1, cosines + n, s0, s1, s2);
          }
          for (let i = 0; i < size; i++) {
            const at = (start + i) * count + j;
            const before = y0[at]!;
            y0[at] = before + (s0[i]! | 0) + (s1[i]! << 16);
            if (y1) y1[at] = y1[at]! + highOfSplitSum(s0[i]!, s1[i]!) + s2[i]! + (y0[at]! < before ? 1 : 0);
          }
        }
      }
    });
    return out;
  }

  trigonometricTables(t: Vector, frequencies: number[], fraction: number, words: WordCount): Vector {
    check.checkTrigonometricTables(frequencies, fraction, words);
    const n = t.n;
    const out = new CpuVector(2 * frequencies.length * n, words);
    const x = low(t);
    const y0 = low(out);
    const y1 = high(out);
    const shift = COSINE_FRACTION - fraction;
    const half = shift > 0 ? 1 << (shift - 1) : 0;
    frequencies.forEach((k, f) => {
      for (let quarter = 0; quarter < 2; quarter++) {
        const base = (2 * f + quarter) * n;
        for (let i = 0; i < n; i++) {
          const value = (COS[(Math.imul(k, x[i]!) - 16384 * quarter) & 0xffff]! + half) >> shift;
          y0[base + i] = value;
          if (y1) y1[base + i] = value >> 31;
        }
      }
    });
    return out;
  }

  destroy(): void {}
}

/**
 * Adds coefficient(δ) · table to the running sums of one block: s0 takes the products with the lower halves of the low table words,
 * s1 those with the upper halves, s2 those with the high words.
 */
function addTerm(
  delta: Uint32Array,
  start: number,
  size: number,
  k: number,
  amplitude: number,
  phase: number,
  half: number,
  shift: number,
  t0: Uint32Array,
  t1: Uint32Array | undefined,
  table: number,
  s0: Float64Array,
  s1: Float64Array,
  s2: Int32Array,
): void {
  for (let i = 0; i < size; i++) {
    const cosine = COS[(Math.imul(k, delta[start + i]!) - phase) & 0xffff]!;
    const coefficient = (Math.imul(amplitude, cosine) + half) >> shift;
    const t = t0[table + i]!;
    s0[i] = s0[i]! + coefficient * (t & 0xffff);
    s1[i] = s1[i]! + coefficient * (t >>> 16);
    if (t1) s2[i] = s2[i]! + Math.imul(coefficient, t1[table + i]!);
  }
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
  for (let i = 0; i < n; i++) out[i] = (a[i]! + b[i]!) | 0;
  if (!outHigh || !aHigh || !bHigh) return;
  for (let i = 0; i < n; i++) outHigh[i] = (aHigh[i]! + bHigh[i]! + (out[i]! < a[i]! ? 1 : 0)) | 0;
}

function subtractInto(out: Plane, a: Plane, b: Plane, outHigh?: Plane, aHigh?: Plane, bHigh?: Plane): void {
  const n = out.length;
  for (let i = 0; i < n; i++) out[i] = (a[i]! - b[i]!) | 0;
  if (!outHigh || !aHigh || !bHigh) return;
  for (let i = 0; i < n; i++) outHigh[i] = (aHigh[i]! - bHigh[i]! - (a[i]! < b[i]! ? 1 : 0)) | 0;
}

function multiplyInto(out: Plane, a: Plane, b: Plane, outHigh?: Plane, aHigh?: Plane, bHigh?: Plane): void {
  const n = out.length;
  for (let i = 0; i < n; i++) out[i] = Math.imul(a[i]!, b[i]!);
  if (!outHigh || !aHigh || !bHigh) return;
  for (let i = 0; i < n; i++) {
    const x = a[i]!;
    const y = b[i]!;
    outHigh[i] = (multiplyHigh(x, y) + Math.imul(x, bHigh[i]!) + Math.imul(aHigh[i]!, y)) | 0;
  }
}
