/**
 * The narrow waist between the protocol and whatever computes: a dozen verbs over vectors of ring words.
 *
 * How to think of it. A `Vector` is a flat list of `n` ring elements on some device. An element has one or two 32-bit
 * words; two-word vectors are *planar*: n low words, then n high words, so that forgetting the high words is free.
 * All arithmetic wraps modulo 2^32 (one word) or 2^64 (two words). A verb never changes its operands, except
 * `contract`, which accumulates into `out`. Verbs are enqueued; only `read` waits. Shapes live with the caller: verbs see
 * flat vectors and strides.
 *
 * Reading an operand at another width: wherever a verb is told to produce `words` and an operand has fewer, the missing high
 * word reads as zero; where it has more, the high word is ignored.
 *
 * Every backend gives the same bits for the same call. That is not a nicety: the two parties evaluate public coefficients
 * on different machines, and one differing bit would turn a share into noise.
 */

import type { PhaseBits } from '../ring/cosine';
import type { WordCount } from '../ring/ring';
import type { Bytes, Turns } from '../ring/units';

export type { PhaseBits, WordCount };

export interface Vector {
  readonly n: number;
  readonly words: WordCount;
}

/** Element (b, c, i, j) of an operand sits at b·outer + c·inner + i·row + j·column. Strides are in elements; 0 repeats. */
export interface Strides {
  outer: number;
  inner: number;
  row: number;
  column: number;
}

/**
 * out[b,c,i,j] += sum over k of left[b,c,i,k] · right[b,c,k,j], for b < outer, c < inner, i < rows, j < columns, k < depth.
 * A batched matrix product with two batch axes; transposes, heads and shared matrices are strides.
 */
export interface Contraction {
  outer: number;
  inner: number;
  rows: number;
  columns: number;
  depth: number;
  left: Strides;
  right: Strides;
  out: Strides;
}

/** One term R·cos(2π(k·x − ψ)/2^phaseBits) of a trigonometric polynomial over phases x. */
export interface Harmonic {
  /** Which entry of the gate's frequency list this term uses. */
  frequency: number;
  /** R scaled to an integer, |amplitude| < 2^amplitudeBits; |amplitude|·2^fraction ≤ 2^(30 + shift). */
  amplitude: number;
  /** ψ, 0 ≤ phase < 2^phaseBits. */
  phase: Turns;
}

/**
 * Several univariate functions of one opened phase. For element i and function j, with δ = delta[i] and the cosines, amplitudes and
 * turn = 2^phaseBits of the gate's resolution, COS[θ] = round(2^fraction · cos(2πθ/turn)) (an exact table, see src/ring/cosine.ts):
 *
 *   out[i·F + j] = constant[j] + Σ_terms  ⌊(R·COS[(k·δ − ψ) mod turn] + half) / 2^shift⌋ · table[(2f)·n + i]
 *                                       + ⌊(R·COS[(k·δ − ψ − turn/4) mod turn] + half) / 2^shift⌋ · table[(2f+1)·n + i]
 *
 * where f = term.frequency, k = frequencies[f], half = shift > 0 ? 2^(shift−1) : 0, and the coefficient, of at most 2^30 either way, is
 * sign-extended to `words` before a wrapping product.
 */
export interface Gate {
  /** The resolution, by the bits of its phases: coarse or fine. */
  phaseBits: PhaseBits;
  frequencies: number[];
  functions: { terms: Harmonic[]; constant: bigint }[];
  /** 0 to amplitudeBits + fraction. */
  shift: number;
  words: WordCount;
}

/** What computes is gone, and with it all vectors: a graphics card that was reset, unplugged or taken by another program. */
export class DeviceLost extends Error {
  override readonly name = 'DeviceLost';
}

export interface Backend {
  /** What computes, in words for a person: 'CPU', 'WebGPU (SwiftShader)'. */
  readonly name: string;
  /** The longest vector that it should be given, in bytes: batches are cut so that none is longer. */
  readonly mostVectorBytes: Bytes;

  /** Takes planar words, n·words of them, in one piece or in several that follow one another. Throws RangeError otherwise. */
  upload(data: Uint32Array | readonly Uint32Array[], words: WordCount): Vector;
  /** The planar words of a vector; waits for everything enqueued before it. The result is the caller's own. */
  read(v: Vector): Promise<Uint32Array>;
  /**
   * The same into pieces of the caller's, which follow one another and have room for n·words words, no more and no less. Rejects with
   * RangeError otherwise.
   */
  readInto(v: Vector, pieces: readonly Uint32Array[]): Promise<void>;
  /** Gives the memory back. Using the vector afterwards throws. */
  release(v: Vector): void;
  zeros(n: number, words: WordCount): Vector;

  /** ChaCha20 (RFC 8439) keystream as little-endian words: key 8 words, nonce 3 words, block counter starting at 0. */
  keystream(key: Uint32Array, nonce: Uint32Array, n: number): Vector;
  /** n elements of `bits` (1..64) each, from a tight little-endian bit string of ceil(n·bits/32) one-word elements. */
  unpack(packed: Vector, n: number, bits: number): Vector;
  /** The inverse of unpack: the low `bits` of every element, tightly. Unused bits of the last word are zero. */
  pack(v: Vector, bits: number): Vector;

  /** a[i] ∘ b[⌊i/inner⌋ mod b.n], i < a.n. inner = 1 and b.n < a.n repeats a row; inner > 1 spreads b over a's last axes. */
  add(a: Vector, b: Vector, words: WordCount, inner?: number): Vector;
  subtract(a: Vector, b: Vector, words: WordCount, inner?: number): Vector;
  multiply(a: Vector, b: Vector, words: WordCount, inner?: number): Vector;

  /** a[i]·factor + offset, constants modulo 2^64 (negative ones welcome). */
  affine(a: Vector, factor: bigint, offset: bigint, words: WordCount): Vector;
  /** Bits from ≤ i < to of every element, shifted down to 0; `to` ≤ 64. `negated`: −extract(−a) instead. */
  extract(a: Vector, from: number, to: number, words: WordCount, negated?: boolean): Vector;

  /** Adds a batched matrix product to `out`, at the width of `out`. */
  contract(out: Vector, left: Vector, right: Vector, shape: Contraction): void;
  /** Sums runs of `width` neighbouring elements. a.n must be a multiple of width. */
  sumRows(a: Vector, width: number, words: WordCount): Vector;
  /** a seen as [outer][length][inner]: keeps start ≤ l < start + count. */
  slice(a: Vector, length: number, inner: number, start: number, count: number): Vector;

  /** Evaluates gate functions on opened phases and shares of the dealt tables (2·frequencies.length·n elements). */
  gate(delta: Vector, tables: Vector, gate: Gate): Vector;
  /**
   * The dealer's side: table[(2f)·n + i] = COS_c[(k_f·t_i) mod turn], table[(2f+1)·n + i] = COS_c[(k_f·t_i − turn/4) mod turn],
   * where COS_c is the resolution's COS rounded to `fraction` bits as a coefficient is, sign-extended to `words`. `fraction` is at
   * most the resolution's own.
   */
  trigonometricTables(
    t: Vector,
    frequencies: number[],
    fraction: number,
    phaseBits: PhaseBits,
    words: WordCount,
  ): Vector;

  /** Frees everything. */
  destroy(): void;
}
