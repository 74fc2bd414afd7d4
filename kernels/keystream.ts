/**
 * ChaCha20 (RFC 8439), four blocks at once: register i holds word i of the state of four consecutive blocks.
 */
import { storeTransposed } from './lanes';

// @ts-ignore: decorator
@inline
function rotate16(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

// @ts-ignore: decorator
@inline
function rotate12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20));
}

// @ts-ignore: decorator
@inline
function rotate8(x: v128): v128 {
  return v128.or(i32x4.shl(x, 8), i32x4.shr_u(x, 24));
}

// @ts-ignore: decorator
@inline
function rotate7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25));
}

/** The first 64·groups words of a stream. `seed`: 8 words of key, then 3 of nonce. */
export function keystream(out: usize, groups: i32, seed: usize): void {
  const s0 = i32x4.splat(0x61707865);
  const s1 = i32x4.splat(0x3320646e);
  const s2 = i32x4.splat(0x79622d32);
  const s3 = i32x4.splat(0x6b206574);
  const s4 = v128.load_splat<u32>(seed, 0);
  const s5 = v128.load_splat<u32>(seed, 4);
  const s6 = v128.load_splat<u32>(seed, 8);
  const s7 = v128.load_splat<u32>(seed, 12);
  const s8 = v128.load_splat<u32>(seed, 16);
  const s9 = v128.load_splat<u32>(seed, 20);
  const s10 = v128.load_splat<u32>(seed, 24);
  const s11 = v128.load_splat<u32>(seed, 28);
  let s12 = i32x4(0, 1, 2, 3);
  const s13 = v128.load_splat<u32>(seed, 32);
  const s14 = v128.load_splat<u32>(seed, 36);
  const s15 = v128.load_splat<u32>(seed, 40);
  for (let group = 0; group < groups; group++) {
    let x0 = s0;
    let x1 = s1;
    let x2 = s2;
    let x3 = s3;
    let x4 = s4;
    let x5 = s5;
    let x6 = s6;
    let x7 = s7;
    let x8 = s8;
    let x9 = s9;
    let x10 = s10;
    let x11 = s11;
    let x12 = s12;
    let x13 = s13;
    let x14 = s14;
    let x15 = s15;
    for (let round = 0; round < 20; round += 2) {
      // Columns.
      x0 = i32x4.add(x0, x4); x12 = rotate16(v128.xor(x12, x0)); x8 = i32x4.add(x8, x12); x4 = rotate12(v128.xor(x4, x8));
      x0 = i32x4.add(x0, x4); x12 = rotate8(v128.xor(x12, x0)); x8 = i32x4.add(x8, x12); x4 = rotate7(v128.xor(x4, x8));
      x1 = i32x4.add(x1, x5); x13 = rotate16(v128.xor(x13, x1)); x9 = i32x4.add(x9, x13); x5 = rotate12(v128.xor(x5, x9));
      x1 = i32x4.add(x1, x5); x13 = rotate8(v128.xor(x13, x1)); x9 = i32x4.add(x9, x13); x5 = rotate7(v128.xor(x5, x9));
      x2 = i32x4.add(x2, x6); x14 = rotate16(v128.xor(x14, x2)); x10 = i32x4.add(x10, x14); x6 = rotate12(v128.xor(x6, x10));
      x2 = i32x4.add(x2, x6); x14 = rotate8(v128.xor(x14, x2)); x10 = i32x4.add(x10, x14); x6 = rotate7(v128.xor(x6, x10));
      x3 = i32x4.add(x3, x7); x15 = rotate16(v128.xor(x15, x3)); x11 = i32x4.add(x11, x15); x7 = rotate12(v128.xor(x7, x11));
      x3 = i32x4.add(x3, x7); x15 = rotate8(v128.xor(x15, x3)); x11 = i32x4.add(x11, x15); x7 = rotate7(v128.xor(x7, x11));
      // Diagonals.
      x0 = i32x4.add(x0, x5); x15 = rotate16(v128.xor(x15, x0)); x10 = i32x4.add(x10, x15); x5 = rotate12(v128.xor(x5, x10));
      x0 = i32x4.add(x0, x5); x15 = rotate8(v128.xor(x15, x0)); x10 = i32x4.add(x10, x15); x5 = rotate7(v128.xor(x5, x10));
      x1 = i32x4.add(x1, x6); x12 = rotate16(v128.xor(x12, x1)); x11 = i32x4.add(x11, x12); x6 = rotate12(v128.xor(x6, x11));
      x1 = i32x4.add(x1, x6); x12 = rotate8(v128.xor(x12, x1)); x11 = i32x4.add(x11, x12); x6 = rotate7(v128.xor(x6, x11));
      x2 = i32x4.add(x2, x7); x13 = rotate16(v128.xor(x13, x2)); x8 = i32x4.add(x8, x13); x7 = rotate12(v128.xor(x7, x8));
      x2 = i32x4.add(x2, x7); x13 = rotate8(v128.xor(x13, x2)); x8 = i32x4.add(x8, x13); x7 = rotate7(v128.xor(x7, x8));
      x3 = i32x4.add(x3, x4); x14 = rotate16(v128.xor(x14, x3)); x9 = i32x4.add(x9, x14); x4 = rotate12(v128.xor(x4, x9));
      x3 = i32x4.add(x3, x4); x14 = rotate8(v128.xor(x14, x3)); x9 = i32x4.add(x9, x14); x4 = rotate7(v128.xor(x4, x9));
    }
    storeTransposed(out, 64, i32x4.add(x0, s0), i32x4.add(x1, s1), i32x4.add(x2, s2), i32x4.add(x3, s3));
    storeTransposed(out + 16, 64, i32x4.add(x4, s4), i32x4.add(x5, s5), i32x4.add(x6, s6), i32x4.add(x7, s7));
    storeTransposed(out + 32, 64, i32x4.add(x8, s8), i32x4.add(x9, s9), i32x4.add(x10, s10), i32x4.add(x11, s11));
    storeTransposed(out + 48, 64, i32x4.add(x12, s12), i32x4.add(x13, s13), i32x4.add(x14, s14), i32x4.add(x15, s15));
    s12 = i32x4.add(s12, i32x4.splat(4));
    out += 256;
  }
}
