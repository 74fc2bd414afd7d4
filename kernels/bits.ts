/**
 * Tight little-endian bit strings to planes and back.
 *
 * An element starts in some byte; eight bytes from there hold all of it if it has at most 57 bits, and sixteen always do. What is read
 * beyond the string's end is slack.
 */

// @ts-ignore: decorator
@inline
function lowBits(bits: i32): u64 {
  return ~(<u64>0) >> (64 - bits);
}

export function unpack(packed: usize, out: usize, outHigh: usize, n: i32, bits: i32): void {
  if (bits == 32) memory.copy(out, packed, <usize>n << 2);
  else if (bits == 16) unpackHalves(packed, out, n);
  else if (bits < 32) unpackNarrow(packed, out, n, bits);
  else unpackWide(packed, out, outHigh, n, bits);
}

function unpackHalves(packed: usize, out: usize, n: i32): void {
  for (const end = out + (<usize>n << 2); out < end; out += 16, packed += 8) {
    v128.store(out, v128.load16x4_u(packed));
  }
}

function unpackNarrow(packed: usize, out: usize, n: i32, bits: i32): void {
  const keep = <u32>lowBits(bits);
  const step = <usize>bits;
  const end = out + (<usize>n << 2);
  for (let at: u64 = 0; out < end; out += 4, at += step) {
    store<u32>(out, <u32>(load<u64>(packed + <usize>(at >> 3)) >> (at & 7)) & keep);
  }
}

function unpackWide(packed: usize, out: usize, outHigh: usize, n: i32, bits: i32): void {
  const keep = lowBits(bits);
  const step = <u64>bits;
  const end = out + (<usize>n << 2);
  for (let at: u64 = 0; out < end; out += 4, outHigh += 4, at += step) {
    const from = packed + <usize>(at >> 3);
    const shift = at & 7;
    let x = load<u64>(from) >> shift;
    // One place and then the rest: a shift by 64 would be a shift by 0.
    if (bits > 57) x |= (load<u64>(from, 8) << 1) << (63 - shift);
    x &= keep;
    store<u32>(out, <u32>x);
    store<u32>(outHigh, <u32>(x >> 32));
  }
}

/** `out` has room for the string and eight more bytes. The string's last word is filled up with zeros. */
export function pack(low: usize, high: usize, out: usize, n: i32, bits: i32): void {
  if (bits == 32) memory.copy(out, low, <usize>n << 2);
  else if (bits == 16) packHalves(low, out, n);
  else if (bits < 32 || !high) packNarrow(low, out, n, bits);
  else packWide(low, high, out, n, bits);
}

function packHalves(low: usize, out: usize, n: i32): void {
  const keep = i32x4.splat(0xffff);
  const whole = n & ~7;
  for (let i = 0; i < whole; i += 8, out += 16, low += 32) {
    const first = v128.and(v128.load(low), keep);
    v128.store(out, i16x8.narrow_i32x4_u(first, v128.and(v128.load(low, 16), keep)));
  }
  for (let i = whole; i < n; i++, out += 2, low += 4) store<u16>(out, load<u16>(low));
  store<u16>(out, 0);
}

/** The low bits of two neighbouring words, put together; at most 32 bits. */
// @ts-ignore: decorator
@inline
function pairAt(low: usize, bits: u64, keep: u64): u64 {
  const words = load<u64>(low);
  return (words & keep) | ((words >> (32 - bits)) & (keep << bits));
}

/**
 * Bits that wait for their byte to be full stay in a register; all of it is stored each time, and the full bytes stay. That is a chain of
 * dependent steps, so as many elements as 64 bits hold take one step together.
 */
function packNarrow(low: usize, out: usize, n: i32, bits: i32): void {
  const keep = lowBits(min(bits, 32));
  const step = <u64>bits;
  const together = bits <= 16 ? 4 : bits <= 32 ? 2 : 1;
  let waiting: u64 = 0;
  let count: u64 = 0;
  for (let i = 0; i < n; ) {
    let x: u64;
    let width = step;
    if (together == 1 || i + together > n) {
      x = <u64>load<u32>(low) & keep;
      i++;
      low += 4;
    } else {
      x = pairAt(low, step, keep);
      if (together == 4) x |= pairAt(low + 8, step, keep) << (2 * step);
      width *= together;
      i += together;
      low += <usize>together << 2;
    }
    waiting |= x << count;
    store<u64>(out, waiting);
    const total = count + width;
    out += <usize>(total >> 3);
    // Where all eight bytes are full, what is left is what the shift of x lost.
    waiting = total >= 64 ? (x >> 1) >> (63 - count) : waiting >> (total & 56);
    count = total & 7;
  }
  store<u64>(out, waiting);
}

function packWide(low: usize, high: usize, out: usize, n: i32, bits: i32): void {
  const keep = lowBits(bits);
  const step = <u64>bits;
  const end = low + (<usize>n << 2);
  let waiting: u64 = 0;
  let count: u64 = 0;
  for (; low < end; low += 4, high += 4) {
    const x = (<u64>load<u32>(low) | (<u64>load<u32>(high) << 32)) & keep;
    waiting |= x << count;
    store<u64>(out, waiting);
    count += step;
    out += <usize>(count >> 3);
    // Where all eight bytes are full, what is left is what the shift of x lost.
    waiting = count >= 64 ? (x >> 1) >> (63 - (count - step)) : waiting >> (count & 56);
    count &= 7;
  }
  store<u64>(out, waiting);
}
