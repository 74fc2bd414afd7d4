/**
 * The verbs once more, as the formulas of the interface read, over arrays of BigInt: slow, and too plain to hide a mistake.
 *
 * A vector is one BigInt per element, in [0, 2^(32·words)). Only the keystream comes from a library.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import type { Backend, Contraction, Gate, PhaseBits, Strides, Vector, WordCount } from '../../src/compute/backend';
import { cosines, RESOLUTIONS } from '../../src/ring/cosine';
import { bytes } from '../../src/ring/units';

interface BigVector extends Vector {
  e: bigint[];
}

const elements = (v: Vector) => (v as BigVector).e;

function vector(e: bigint[], words: WordCount): BigVector {
  return { n: e.length, words, e: e.map((x) => BigInt.asUintN(32 * words, x)) };
}

function generate(n: number, words: WordCount, f: (i: number) => bigint): BigVector {
  return vector(
    Array.from({ length: n }, (_, i) => f(i)),
    words,
  );
}

const extractBits = (x: bigint, from: number, to: number) =>
  BigInt.asUintN(to - from, BigInt.asUintN(64, x) >> BigInt(from));
const cosine = (phaseBits: PhaseBits, k: number, x: bigint, phase: number) =>
  BigInt(cosines(phaseBits)[Number(BigInt.asUintN(phaseBits, BigInt(k) * x - BigInt(phase)))]!);
const roundingShift = (x: bigint, shift: number) => (x + (shift > 0 ? 1n << BigInt(shift - 1) : 0n)) >> BigInt(shift);

export class BigIntBackend implements Backend {
  readonly name = 'BigInt';
  readonly mostVectorBytes = bytes(2 ** 28);

  upload(given: Uint32Array | readonly Uint32Array[], words: WordCount): Vector {
    const data = given instanceof Uint32Array ? given : given.flatMap((piece) => [...piece]);
    const n = data.length / words;
    return generate(n, words, (i) => BigInt(data[i]!) + (words === 2 ? BigInt(data[n + i]!) << 32n : 0n));
  }

  async read(v: Vector): Promise<Uint32Array> {
    const low = elements(v).map((x) => Number(x & 0xffffffffn));
    const high = elements(v).map((x) => Number(x >> 32n));
    return Uint32Array.from(v.words === 2 ? [...low, ...high] : low);
  }

  async readInto(v: Vector, pieces: readonly Uint32Array[]): Promise<void> {
    const words = [...(await this.read(v))];
    for (const piece of pieces) piece.set(words.splice(0, piece.length));
  }

  release(): void {}

  zeros(n: number, words: WordCount): Vector {
    return generate(n, words, () => 0n);
  }

  keystream(key: Uint32Array, nonce: Uint32Array, n: number): Vector {
    const stream = chacha20(
      new Uint8Array(key.slice().buffer),
      new Uint8Array(nonce.slice().buffer),
      new Uint8Array(4 * n),
    );
    return this.upload(new Uint32Array(stream.buffer), 1);
  }

  unpack(packed: Vector, n: number, bits: number): Vector {
    const b = BigInt(bits);
    const string = elements(packed).reduceRight((all, word) => (all << 32n) | word, 0n);
    return generate(n, bits > 32 ? 2 : 1, (i) => BigInt.asUintN(bits, string >> (BigInt(i) * b)));
  }

  pack(v: Vector, bits: number): Vector {
    const b = BigInt(bits);
    const string = elements(v).reduceRight((all, x) => (all << b) | BigInt.asUintN(bits, x), 0n);
    return generate(Math.ceil((v.n * bits) / 32), 1, (i) => BigInt.asUintN(32, string >> (32n * BigInt(i))));
  }

  #elementwise(a: Vector, b: Vector, words: WordCount, inner: number, f: (x: bigint, y: bigint) => bigint): Vector {
    return generate(a.n, words, (i) => f(elements(a)[i]!, elements(b)[Math.floor(i / inner) % b.n]!));
  }

  add(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise(a, b, words, inner, (x, y) => x + y);
  }

  subtract(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise(a, b, words, inner, (x, y) => x - y);
  }

  multiply(a: Vector, b: Vector, words: WordCount, inner = 1): Vector {
    return this.#elementwise(a, b, words, inner, (x, y) => x * y);
  }

  affine(a: Vector, factor: bigint, offset: bigint, words: WordCount): Vector {
    return generate(a.n, words, (i) => elements(a)[i]! * factor + offset);
  }

  extract(a: Vector, from: number, to: number, words: WordCount, negated = false): Vector {
    const sign = negated ? -1n : 1n;
    return generate(a.n, words, (i) => sign * extractBits(sign * elements(a)[i]!, from, to));
  }

  contract(out: Vector, left: Vector, right: Vector, shape: Contraction): void {
    const at = (s: Strides, b: number, c: number, i: number, j: number) =>
      b * s.outer + c * s.inner + i * s.row + j * s.column;
    const target = elements(out);
    for (let b = 0; b < shape.outer; b++)
      for (let c = 0; c < shape.inner; c++)
        for (let i = 0; i < shape.rows; i++)
          for (let j = 0; j < shape.columns; j++) {
            let sum = target[at(shape.out, b, c, i, j)]!;
            for (let k = 0; k < shape.depth; k++) {
              sum += elements(left)[at(shape.left, b, c, i, k)]! * elements(right)[at(shape.right, b, c, k, j)]!;
            }
            target[at(shape.out, b, c, i, j)] = BigInt.asUintN(32 * out.words, sum);
          }
  }

  sumRows(a: Vector, width: number, words: WordCount): Vector {
    return generate(a.n / width, words, (i) =>
      elements(a)
        .slice(i * width, (i + 1) * width)
        .reduce((sum, x) => sum + x, 0n),
    );
  }

  slice(a: Vector, length: number, inner: number, start: number, count: number): Vector {
    const kept = elements(a).filter((_, i) => {
      const l = Math.floor(i / inner) % length;
      return start <= l && l < start + count;
    });
    return vector(kept, a.words);
  }

  gate(delta: Vector, tables: Vector, gate: Gate): Vector {
    const n = delta.n;
    const { phaseBits } = gate;
    const count = gate.functions.length;
    const table = elements(tables);
    return generate(n * count, gate.words, (e) => {
      const i = Math.floor(e / count);
      const { terms, constant } = gate.functions[e % count]!;
      return terms.reduce((sum, { frequency, amplitude, phase }) => {
        const coefficient = (quarter: number) => {
          const turned = phase + 2 ** (phaseBits - 2) * quarter;
          const c = cosine(phaseBits, gate.frequencies[frequency]!, elements(delta)[i]!, turned);
          return roundingShift(BigInt(amplitude) * c, gate.shift);
        };
        const at = 2 * frequency * n + i;
        return sum + coefficient(0) * table[at]! + coefficient(1) * table[at + n]!;
      }, constant);
    });
  }

  trigonometricTables(
    t: Vector,
    frequencies: number[],
    fraction: number,
    phaseBits: PhaseBits,
    words: WordCount,
  ): Vector {
    const n = t.n;
    const quarter = 2 ** (phaseBits - 2);
    const shift = RESOLUTIONS[phaseBits].fraction - fraction;
    return generate(2 * frequencies.length * n, words, (e) => {
      const row = Math.floor(e / n);
      const k = frequencies[Math.floor(row / 2)]!;
      return roundingShift(cosine(phaseBits, k, elements(t)[e % n]!, quarter * (row % 2)), shift);
    });
  }

  destroy(): void {}
}
