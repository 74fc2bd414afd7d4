/**
 * Sums, differences, products, affine maps and bit fields, element by element.
 *
 * Whole groups of four words, also where fewer are left: what is written beyond the end of a run is overwritten by the next run or falls
 * into the slack. Runs therefore go upwards.
 */
import { highWords, lowWords, planeOrZeros, stepOf, wrapped } from './lanes';

const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;

// @ts-ignore: decorator
@inline
function narrow(verb: i32, x: v128, y: v128): v128 {
  if (verb == ADD) return i32x4.add(x, y);
  if (verb == SUBTRACT) return i32x4.sub(x, y);
  return i32x4.mul(x, y);
}

// @ts-ignore: decorator
@inline
function wide(verb: i32, out: usize, outHigh: usize, x: v128, xHigh: v128, y: v128, yHigh: v128): void {
  if (verb == ADD) {
    const sum = i32x4.add(x, y);
    v128.store(out, sum);
    v128.store(outHigh, i32x4.sub(i32x4.add(xHigh, yHigh), wrapped(x, sum)));
  } else if (verb == SUBTRACT) {
    v128.store(out, i32x4.sub(x, y));
    v128.store(outHigh, i32x4.add(i32x4.sub(xHigh, yHigh), i32x4.lt_u(x, y)));
  } else {
    const first = i64x2.extmul_low_i32x4_u(x, y);
    const second = i64x2.extmul_high_i32x4_u(x, y);
    const cross = i32x4.add(i32x4.mul(x, yHigh), i32x4.mul(xHigh, y));
    v128.store(out, lowWords(first, second));
    v128.store(outHigh, i32x4.add(highWords(first, second), cross));
  }
}

/** out[i] = a[i] ∘ b[i] for one run. */
// @ts-ignore: decorator
@inline
function pairs(
  verb: i32, out: usize, outHigh: usize, a: usize, aHigh: usize, aStep: usize, b: usize, bHigh: usize, bStep: usize, n: i32,
): void {
  const end = out + (<usize>n << 2);
  if (!outHigh) {
    for (; out < end; out += 16, a += 16, b += 16) v128.store(out, narrow(verb, v128.load(a), v128.load(b)));
    return;
  }
  for (; out < end; out += 16, outHigh += 16, a += 16, aHigh += aStep, b += 16, bHigh += bStep) {
    wide(verb, out, outHigh, v128.load(a), v128.load(aHigh), v128.load(b), v128.load(bHigh));
  }
}

/** out[i] = a[i] ∘ y for one run. */
// @ts-ignore: decorator
@inline
function spread(
  verb: i32, out: usize, outHigh: usize, a: usize, aHigh: usize, aStep: usize, y: v128, yHigh: v128, n: i32,
): void {
  const end = out + (<usize>n << 2);
  if (!outHigh) {
    for (; out < end; out += 16, a += 16) v128.store(out, narrow(verb, v128.load(a), y));
    return;
  }
  for (; out < end; out += 16, outHigh += 16, a += 16, aHigh += aStep) {
    wide(verb, out, outHigh, v128.load(a), v128.load(aHigh), y, yHigh);
  }
}

/** a[i] ∘ b[⌊i/inner⌋ mod period], i < n. */
// @ts-ignore: decorator
@inline
function combine(
  verb: i32, out: usize, outHigh: usize, a: usize, aHigh: usize, b: usize, bHigh: usize, n: i32, period: i32, inner: i32,
): void {
  const aStep = stepOf(aHigh);
  const bStep = stepOf(bHigh);
  const aFrom = planeOrZeros(aHigh);
  const bFrom = planeOrZeros(bHigh);
  const repeats = inner == 1 && period > 1;
  const run = repeats ? period : period == 1 ? n : inner;
  let which: usize = 0;
  for (let i = 0; i < n; i += run) {
    const at = <usize>i << 2;
    const count = min(run, n - i);
    const high = outHigh ? outHigh + at : 0;
    const aAt = aStep ? aFrom + at : aFrom;
    if (repeats) pairs(verb, out + at, high, a + at, aAt, aStep, b, bFrom, bStep, count);
    else {
      const y = v128.load_splat<u32>(b + (which << 2));
      const yHigh = v128.load_splat<u32>(bStep ? bFrom + (which << 2) : bFrom);
      spread(verb, out + at, high, a + at, aAt, aStep, y, yHigh, count);
      if (++which == <usize>period) which = 0;
    }
  }
}

export function add(
  out: usize, outHigh: usize, a: usize, aHigh: usize, b: usize, bHigh: usize, n: i32, period: i32, inner: i32,
): void {
  combine(ADD, out, outHigh, a, aHigh, b, bHigh, n, period, inner);
}

export function subtract(
  out: usize, outHigh: usize, a: usize, aHigh: usize, b: usize, bHigh: usize, n: i32, period: i32, inner: i32,
): void {
  combine(SUBTRACT, out, outHigh, a, aHigh, b, bHigh, n, period, inner);
}

export function multiply(
  out: usize, outHigh: usize, a: usize, aHigh: usize, b: usize, bHigh: usize, n: i32, period: i32, inner: i32,
): void {
  combine(MULTIPLY, out, outHigh, a, aHigh, b, bHigh, n, period, inner);
}

/** a[i]·factor + offset, constants as two words. */
export function affine(
  out: usize, outHigh: usize, a: usize, aHigh: usize, n: i32, factor: i32, factorHigh: i32, offset: i32, offsetHigh: i32,
): void {
  const f = i32x4.splat(factor);
  const o = i32x4.splat(offset);
  const end = out + (<usize>n << 2);
  if (!outHigh) {
    for (; out < end; out += 16, a += 16) v128.store(out, i32x4.add(i32x4.mul(v128.load(a), f), o));
    return;
  }
  const fHigh = i32x4.splat(factorHigh);
  const oHigh = i32x4.splat(offsetHigh);
  const step = stepOf(aHigh);
  aHigh = planeOrZeros(aHigh);
  for (; out < end; out += 16, outHigh += 16, a += 16, aHigh += step) {
    const x = v128.load(a);
    const first = i64x2.extmul_low_i32x4_u(x, f);
    const second = i64x2.extmul_high_i32x4_u(x, f);
    const cross = i32x4.add(i32x4.mul(x, fHigh), i32x4.mul(v128.load(aHigh), f));
    const product = lowWords(first, second);
    const sum = i32x4.add(product, o);
    v128.store(out, sum);
    v128.store(outHigh, i32x4.sub(i32x4.add(i32x4.add(highWords(first, second), cross), oHigh), wrapped(product, sum)));
  }
}

/** The high words of −(high, low), where `low` is already negated. */
// @ts-ignore: decorator
@inline
function negatedHigh(high: v128, negatedLow: v128): v128 {
  return i32x4.sub(v128.not(high), i32x4.eq(negatedLow, i32x4.splat(0)));
}

/** Bits from ≤ i < to of every element; `negated`: −extract(−a). */
export function extract(
  out: usize, outHigh: usize, a: usize, aHigh: usize, n: i32, from: i32, to: i32, negated: bool,
): void {
  const keep: u64 = ~(<u64>0) >> (64 - (to - from));
  const keepLow = i32x4.splat(<i32>keep);
  const keepHigh = i32x4.splat(<i32>(keep >> 32));
  const zero = i32x4.splat(0);
  const upper = from >= 32;
  // Lanes shift by at most 31: 32 − shift places up are one, and then 31 − shift.
  const shift = from & 31;
  const step = stepOf(aHigh);
  aHigh = planeOrZeros(aHigh);
  for (const end = out + (<usize>n << 2); out < end; out += 16, a += 16, aHigh += step) {
    let low = v128.load(a);
    let high = v128.load(aHigh);
    if (negated) {
      low = i32x4.neg(low);
      high = negatedHigh(high, low);
    }
    if (upper) {
      low = high;
      high = zero;
    }
    low = v128.and(v128.or(i32x4.shr_u(low, shift), i32x4.shl(i32x4.shl(high, 1), 31 - shift)), keepLow);
    high = v128.and(i32x4.shr_u(high, shift), keepHigh);
    if (negated) {
      low = i32x4.neg(low);
      high = negatedHigh(high, low);
    }
    v128.store(out, low);
    if (outHigh) {
      v128.store(outHigh, high);
      outHigh += 16;
    }
  }
}
