/**
 * Trigonometric polynomials of opened phases over shares of tables, and the tables themselves.
 *
 * A quarter turn more turns (cos, sin) into (sin, −cos), and a negative amplitude is half a turn. So an angle k·δ − ψ with ψ below a quarter
 * is looked up once for all terms of all functions that differ in quarters, and at most two of them share a product with the table's rows.
 * Each term is rounded on its own, as the interface says: at the coarse resolution in words, at the fine one in doubles.
 */
import { cosineOf, halfOf, lookUp, lookUpFine, rounded, sineOf } from './cosine';
import { highWords, lowWords, wrapped } from './lanes';

/** One call, followed by `angles` angles and then, for each function, a `Polynomial` with its terms. */
@unmanaged
class Gate {
  delta: usize;
  table: usize;
  tableHigh: usize;
  out: usize;
  outHigh: usize;
  /** Whether it is of the fine resolution. */
  fine: i32;
  n: i32;
  shift: i32;
  angles: i32;
  functions: i32;
}

/** k·δ − ψ. */
@unmanaged
class Angle {
  multiple: i32;
  phase: i32;
}

@unmanaged
class Polynomial {
  constant: i32;
  constantHigh: i32;
  terms: i32;
}

/** a·cos + b·sin of an angle. */
@unmanaged
class Term {
  /** Where the angle's look-ups are, in bytes. */
  angle: i32;
  /** Where the frequency's row of cosines is in the tables, in bytes; its sines come next. */
  row: i32;
  a: i32;
  b: i32;
}

/** Stores the first `count` lanes `step` bytes apart. */
// @ts-ignore: decorator
@inline
function storeLanes(to: usize, step: usize, x: v128, count: i32): void {
  v128.store_lane<u32>(to, x, 0);
  if (count > 1) v128.store_lane<u32>(to + step, x, 1);
  if (count > 2) v128.store_lane<u32>(to + 2 * step, x, 2);
  if (count > 3) v128.store_lane<u32>(to + 3 * step, x, 3);
}

/** ⌊(amplitude·cosine + half) / 2^shift⌋, half = 2^(shift−1). */
// @ts-ignore: decorator
@inline
function coarseCoefficient(amplitude: v128, cosine: v128, half: v128, shift: i32): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.mul(amplitude, cosine), half), shift);
}

/**
 * The same of amplitudes that are divided by 2^shift already, which is exact. Doubles are rounded to the nearest integer; a `quarter` of the
 * products' unit makes halves go up and changes nothing else.
 */
// @ts-ignore: decorator
@inline
function fineCoefficient(amplitude: v128, cosine: v128, quarter: v128): v128 {
  const low = f64x2.mul(amplitude, f64x2.convert_low_i32x4_s(cosine));
  const high = f64x2.mul(amplitude, f64x2.convert_low_i32x4_s(v128.shuffle<i64>(cosine, cosine, 1, 1)));
  return lowWords(rounded(f64x2.add(low, quarter)), rounded(f64x2.add(high, quarter)));
}

// @ts-ignore: decorator
@inline
function evaluate(gate: Gate, lookUps: usize, wide: bool, fine: bool): void {
  const n = gate.n;
  const shift = gate.shift;
  const half = i32x4.splat(halfOf(shift));
  const unit = reinterpret<f64>((1023 - <i64>shift) << 52);
  const quarter = f64x2.splat(0.25 * unit);
  const lines = <usize>n << 2;
  const functions = gate.functions;
  const step = <usize>functions << 2;
  const angles = changetype<usize>(gate) + offsetof<Gate>();
  const polynomials = angles + <usize>gate.angles * offsetof<Angle>();
  let out = gate.out;
  let outHigh = gate.outHigh;
  const hasHigh = gate.tableHigh != 0;
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const delta = v128.load(gate.delta + at);
    let pair = lookUps;
    for (let p = angles; p < polynomials; p += offsetof<Angle>(), pair += 32) {
      const angle = changetype<Angle>(p);
      const turns = i32x4.sub(i32x4.mul(i32x4.splat(angle.multiple), delta), i32x4.splat(angle.phase));
      if (fine) {
        lookUpFine(turns, pair);
      } else {
        const pairs = lookUp(turns);
        v128.store(pair, cosineOf(pairs));
        v128.store(pair, sineOf(pairs), 16);
      }
    }
    const table = gate.table + at;
    const tableHigh = gate.tableHigh + at;
    let p = polynomials;
    for (let j = 0; j < functions; j++) {
      const polynomial = changetype<Polynomial>(p);
      p += offsetof<Polynomial>();
      const end = p + <usize>polynomial.terms * offsetof<Term>();
      // One word: the sums. Two: exact sums over the low words in 64 bits, two lanes each, and what goes to the high words.
      let sums = i64x2.splat(0);
      let upper = sums;
      let high = sums;
      for (; p < end; p += offsetof<Term>()) {
        const term = changetype<Term>(p);
        const looked = lookUps + <usize>term.angle;
        const cosine = v128.load(looked);
        const sine = v128.load(looked, 16);
        let first: v128, second: v128;
        if (fine) {
          const a = f64x2.splat(unit * <f64>term.a);
          const b = f64x2.splat(unit * <f64>term.b);
          first = i32x4.add(fineCoefficient(a, cosine, quarter), fineCoefficient(b, sine, quarter));
          second = i32x4.add(fineCoefficient(a, sine, quarter), fineCoefficient(f64x2.neg(b), cosine, quarter));
        } else {
          const a = i32x4.splat(term.a);
          const b = i32x4.splat(term.b);
          first = i32x4.add(coarseCoefficient(a, cosine, half, shift), coarseCoefficient(b, sine, half, shift));
          const negative = i32x4.sub(half, i32x4.mul(b, cosine));
          second = i32x4.add(coarseCoefficient(a, sine, half, shift), i32x4.shr_s(negative, shift));
        }
        const row = <usize>term.row;
        const x = v128.load(table + row);
        const y = v128.load(table + row + lines);
        if (wide) {
          sums = i64x2.add(sums, i64x2.extmul_low_i32x4_u(first, x));
          upper = i64x2.add(upper, i64x2.extmul_high_i32x4_u(first, x));
          sums = i64x2.add(sums, i64x2.extmul_low_i32x4_u(second, y));
          upper = i64x2.add(upper, i64x2.extmul_high_i32x4_u(second, y));
          // A negative coefficient was multiplied as 2^32 more than it is.
          high = i32x4.sub(high, v128.and(i32x4.shr_s(first, 31), x));
          high = i32x4.sub(high, v128.and(i32x4.shr_s(second, 31), y));
          if (hasHigh) {
            high = i32x4.add(high, i32x4.mul(first, v128.load(tableHigh + row)));
            high = i32x4.add(high, i32x4.mul(second, v128.load(tableHigh + row + lines)));
          }
        } else {
          sums = i32x4.add(sums, i32x4.add(i32x4.mul(first, x), i32x4.mul(second, y)));
        }
      }
      const low = wide ? lowWords(sums, upper) : sums;
      const result = i32x4.add(low, i32x4.splat(polynomial.constant));
      const to = <usize>j << 2;
      if (functions == 1) v128.store(out, result);
      else storeLanes(out + to, step, result, n - i);
      if (wide) {
        high = i32x4.add(i32x4.add(high, highWords(sums, upper)), i32x4.splat(polynomial.constantHigh));
        high = i32x4.sub(high, wrapped(low, result));
        if (functions == 1) v128.store(outHigh, high);
        else storeLanes(outHigh + to, step, high, n - i);
      }
    }
    out += step << 2;
    outHigh += step << 2;
  }
}

/** `lookUps`: room for 32 bytes an angle. */
export function gate(call: usize, lookUps: usize): void {
  const gate = changetype<Gate>(call);
  if (gate.fine) {
    if (gate.outHigh) evaluate(gate, lookUps, true, true);
    else evaluate(gate, lookUps, false, true);
  } else {
    if (gate.outHigh) evaluate(gate, lookUps, true, false);
    else evaluate(gate, lookUps, false, false);
  }
}

/** Four cosines and four sines. */
const FINE_PAIRS: usize = memory.data(32, 16);

// @ts-ignore: decorator
@inline
function tabulate(fine: bool, t: usize, n: i32, k: i32, shift: i32, out: usize, outHigh: usize): void {
  const multiple = i32x4.splat(k);
  const half = i32x4.splat(halfOf(shift));
  // The sines begin where the cosines end, so the last cosines must not run over the first sines.
  const lines = <usize>n << 2;
  for (let i = 0; i < n; i += 4) {
    const at = <usize>i << 2;
    const angle = i32x4.mul(multiple, v128.load(t + at));
    let cosine: v128, sine: v128;
    if (fine) {
      lookUpFine(angle, FINE_PAIRS);
      cosine = v128.load(FINE_PAIRS);
      sine = v128.load(FINE_PAIRS, 16);
    } else {
      const pairs = lookUp(angle);
      cosine = cosineOf(pairs);
      sine = sineOf(pairs);
    }
    cosine = i32x4.shr_s(i32x4.add(cosine, half), shift);
    sine = i32x4.shr_s(i32x4.add(sine, half), shift);
    if (n - i >= 4) {
      v128.store(out + at, cosine);
      if (outHigh) v128.store(outHigh + at, i32x4.shr_s(cosine, 31));
    } else {
      storeLanes(out + at, 4, cosine, n - i);
      if (outHigh) storeLanes(outHigh + at, 4, i32x4.shr_s(cosine, 31), n - i);
    }
    v128.store(out + at + lines, sine);
    if (outHigh) v128.store(outHigh + at + lines, i32x4.shr_s(sine, 31));
  }
}

/** Cosines and sines of k·t, cut by `shift` bits: two rows of the tables, n elements apart. */
export function trigonometricTables(
  fine: bool,
  t: usize,
  n: i32,
  k: i32,
  shift: i32,
  out: usize,
  outHigh: usize,
): void {
  if (fine) tabulate(true, t, n, k, shift, out, outHigh);
  else tabulate(false, t, n, k, shift, out, outHigh);
}
