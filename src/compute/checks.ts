/**
 * What every backend demands of its callers, said once, so that a call that one backend refuses no other accepts.
 *
 * Each check throws a RangeError that names the verb and the offending number. They look at shapes only, never at data.
 */
import { COEFFICIENT_BITS, RESOLUTIONS, type Resolution } from '../ring/cosine';
import type { Contraction, Gate, Strides, Vector, WordCount } from './backend';

export function demand(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RangeError(message);
}

function demandCount(value: number, what: string, least = 0): void {
  demand(
    Number.isSafeInteger(value) && value >= least,
    `${what} must be an integer of at least ${least}, not ${value}`,
  );
}

export function checkWords(words: number): asserts words is WordCount {
  demand(words === 1 || words === 2, `an element has 1 or 2 words, not ${words}`);
}

export function checkVector(n: number, words: number): void {
  demandCount(n, 'a vector length');
  checkWords(words);
}

const totalLength = (pieces: readonly Uint32Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);

/** Returns the pieces and the number of elements. */
export function checkUpload(
  data: Uint32Array | readonly Uint32Array[],
  words: number,
): { pieces: readonly Uint32Array[]; n: number } {
  checkWords(words);
  const pieces = data instanceof Uint32Array ? [data] : data;
  const length = totalLength(pieces);
  demand(length % words === 0, `upload: ${length} words do not make whole elements of ${words} words`);
  return { pieces, n: length / words };
}

export function checkReadInto({ n, words }: Vector, pieces: readonly Uint32Array[]): void {
  const length = totalLength(pieces);
  demand(length === n * words, `readInto: the pieces have room for ${length} words, not for the vector's ${n * words}`);
}

/** A 32-bit block counter ends a stream after 2^32 blocks of 16 words. */
export function checkKeystream(key: Uint32Array, nonce: Uint32Array, n: number): void {
  demand(key.length === 8, `keystream: a key has 8 words, not ${key.length}`);
  demand(nonce.length === 3, `keystream: a nonce has 3 words, not ${nonce.length}`);
  demandCount(n, 'keystream: the length');
  demand(n <= 2 ** 36, `keystream: ${n} words are more than one nonce has`);
}

function checkBits(verb: string, bits: number): void {
  demand(Number.isInteger(bits) && bits >= 1 && bits <= 64, `${verb}: bits must be 1 to 64, not ${bits}`);
}

/** How many words hold n elements of `bits` bits, tightly. */
export function packedLength(n: number, bits: number): number {
  return Math.ceil((n * bits) / 32);
}

export function checkUnpack(packed: Vector, n: number, bits: number): void {
  checkBits('unpack', bits);
  demandCount(n, 'unpack: the length');
  const needed = packedLength(n, bits);
  demand(packed.words === 1, 'unpack: a packed vector has one-word elements');
  demand(packed.n === needed, `unpack: ${n} elements of ${bits} bits take ${needed} words, not ${packed.n}`);
}

export function checkPack(bits: number): void {
  checkBits('pack', bits);
}

export function checkElementwise(a: Vector, b: Vector, words: number, inner: number): void {
  checkWords(words);
  demandCount(inner, 'elementwise: inner', 1);
  demand(b.n > 0 || a.n === 0, 'elementwise: the second operand is empty');
}

export function checkExtract(from: number, to: number, words: number): void {
  checkWords(words);
  const ordered = Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from < to && to <= 64;
  demand(ordered, `extract: bits ${from} to ${to} are not a range within 0 to 64`);
}

type Extents = Pick<Contraction, 'outer' | 'inner' | 'rows' | 'columns' | 'depth'>;

/** [extent, stride] of the four axes that the strides address. */
function axes(outer: number, inner: number, rows: number, columns: number, s: Strides): [number, number][] {
  return [
    [outer, s.outer],
    [inner, s.inner],
    [rows, s.row],
    [columns, s.column],
  ];
}

function demandWithin(name: string, n: number, operand: [number, number][]): void {
  let last = 0;
  for (const [extent, stride] of operand) {
    demandCount(stride, `contract: a stride of ${name}`);
    last += (extent - 1) * stride;
  }
  demand(last < n, `contract: ${name} has ${n} elements, but its strides reach element ${last}`);
}

/** Where two results fell on one element, a parallel backend would lose one of them. Sorted strides must nest. */
function demandDisjoint(operand: [number, number][]): void {
  let reach = 0;
  for (const [extent, stride] of operand.filter(([extent]) => extent > 1).sort((a, b) => a[1] - b[1])) {
    demand(stride > reach, 'contract: the strides of out let two results fall on one element');
    reach += (extent - 1) * stride;
  }
}

/** Returns whether there is anything to add. */
export function checkContraction(out: Vector, left: Vector, right: Vector, shape: Contraction): boolean {
  const { outer, inner, rows, columns, depth }: Extents = shape;
  for (const extent of [outer, inner, rows, columns, depth]) demandCount(extent, 'contract: an extent');
  demand(out !== left && out !== right, 'contract: out cannot be one of its own operands');
  if (outer * inner * rows * columns * depth === 0) return false;
  demandWithin('left', left.n, axes(outer, inner, rows, depth, shape.left));
  demandWithin('right', right.n, axes(outer, inner, depth, columns, shape.right));
  const target = axes(outer, inner, rows, columns, shape.out);
  demandWithin('out', out.n, target);
  demandDisjoint(target);
  return true;
}

export function checkSumRows(a: Vector, width: number, words: number): void {
  checkWords(words);
  demandCount(width, 'sumRows: the width', 1);
  demand(a.n % width === 0, `sumRows: ${a.n} elements are not rows of ${width}`);
}

/** Returns the outer extent. */
export function checkSlice(a: Vector, length: number, inner: number, start: number, count: number): number {
  demandCount(length, 'slice: the length', 1);
  demandCount(inner, 'slice: inner', 1);
  demandCount(start, 'slice: the start');
  demandCount(count, 'slice: the count');
  demand(a.n % (length * inner) === 0, `slice: ${a.n} elements are not a whole number of ${length} x ${inner}`);
  demand(start + count <= length, `slice: ${start} + ${count} is beyond the length ${length}`);
  return a.n / (length * inner);
}

function checkFrequencies(frequencies: number[]): void {
  for (const k of frequencies) {
    demand(Number.isInteger(k) && Math.abs(k) < 2 ** 31, `a frequency must be a 32-bit integer, not ${k}`);
  }
}

function checkResolution(verb: string, phaseBits: Gate['phaseBits']): Resolution {
  demand(Object.hasOwn(RESOLUTIONS, phaseBits), `${verb}: phases have 16 or 20 bits, not ${phaseBits}`);
  return RESOLUTIONS[phaseBits];
}

export function checkGate(delta: Vector, tables: Vector, gate: Gate): void {
  checkWords(gate.words);
  checkFrequencies(gate.frequencies);
  const { phaseBits, fraction, amplitudeBits } = checkResolution('gate', gate.phaseBits);
  const needed = 2 * gate.frequencies.length * delta.n;
  demand(tables.n === needed, `gate: the tables must have ${needed} elements, not ${tables.n}`);
  const { shift } = gate;
  const most = fraction + amplitudeBits;
  demand(Number.isInteger(shift) && shift >= 0 && shift <= most, `gate: the shift must be 0 to ${most}, not ${shift}`);
  const [turn, bound] = [2 ** phaseBits, 2 ** amplitudeBits];
  for (const { frequency, amplitude, phase } of gate.functions.flatMap((f) => f.terms)) {
    const known = Number.isInteger(frequency) && frequency >= 0 && frequency < gate.frequencies.length;
    demand(known, `gate: there is no frequency ${frequency}`);
    const fits = Number.isInteger(amplitude) && Math.abs(amplitude) < bound;
    demand(fits, `gate: an amplitude must be an integer within ±${bound - 1}, not ${amplitude}`);
    const small = Math.abs(amplitude) * 2 ** fraction <= 2 ** (COEFFICIENT_BITS + shift);
    demand(small, `gate: at a shift of ${shift} an amplitude of ${amplitude} gives coefficients above 2^30`);
    const turns = Number.isInteger(phase) && phase >= 0 && phase < turn;
    demand(turns, `gate: a phase must be 0 to ${turn - 1}, not ${phase}`);
  }
}

/** Returns how many bits the resolution's cosines have more than the tables. */
export function checkTrigonometricTables(
  frequencies: number[],
  fraction: number,
  phaseBits: Gate['phaseBits'],
  words: number,
): number {
  checkWords(words);
  checkFrequencies(frequencies);
  const most = checkResolution('trigonometricTables', phaseBits).fraction;
  const known = Number.isInteger(fraction) && fraction >= 0 && fraction <= most;
  demand(known, `trigonometricTables: the fraction must be 0 to ${most}, not ${fraction}`);
  return most - fraction;
}
