/** Sums over rows, and parts of rows. */
import { planeOrZeros, stepOf } from './lanes';

/** The sums of `rows` runs of `width` neighbours. */
export function sumRows(out: usize, outHigh: usize, a: usize, aHigh: usize, rows: i32, width: i32): void {
  const whole = width & ~3;
  const highStep = stepOf(aHigh);
  const highWord = highStep >> 2;
  aHigh = planeOrZeros(aHigh);
  for (let i = 0; i < rows; i++) {
    let low = i64x2.splat(0);
    let high = i32x4.splat(0);
    for (let k = 0; k < whole; k += 4, a += 16, aHigh += highStep) {
      const x = v128.load(a);
      low = i64x2.add(low, i64x2.add(i64x2.extend_low_i32x4_u(x), i64x2.extend_high_i32x4_u(x)));
      high = i32x4.add(high, v128.load(aHigh));
    }
    high = i32x4.add(high, v128.shuffle<i64>(high, high, 1, 0));
    let sum = i64x2.extract_lane(low, 0) + i64x2.extract_lane(low, 1);
    sum += <i64>(i32x4.extract_lane(high, 0) + i32x4.extract_lane(high, 1)) << 32;
    for (let k = whole; k < width; k++, a += 4, aHigh += highWord) {
      sum += <i64>load<u32>(a) + (<i64>load<u32>(aHigh) << 32);
    }
    store<u32>(out, <u32>sum);
    out += 4;
    if (outHigh) {
      store<u32>(outHigh, <u32>(sum >> 32));
      outHigh += 4;
    }
  }
}

/** `count` words of each of `rows` rows of `length` words, from a plane that begins at the first one wanted. */
export function slice(out: usize, a: usize, rows: i32, length: i32, count: i32): void {
  const step = <usize>count << 2;
  for (let i = 0; i < rows; i++, out += step, a += <usize>length << 2) {
    if (count > 16) memory.copy(out, a, step);
    // What is too much is overwritten by the next row.
    else for (let at: usize = 0; at < step; at += 16) v128.store(out + at, v128.load(a + at));
  }
}
