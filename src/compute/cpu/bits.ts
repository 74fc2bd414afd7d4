/**
 * Tight bit strings to vectors and back, on plain arrays.
 *
 * Element i starts at bit i * bits, so it touches at most three words. A shift by 32 is a shift by 0 in JavaScript; `(x << 1) <<
 * (31 - s)` is the way to shift by 32 - s for s = 0 too.
 */

/** The low `bits` (0..32) bits of a word set. */
export function mask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? -1 : (1 << bits) - 1;
}

/** `out` receives n low words and, for bits > 32, n high words after them. */
export function unpackBits(packed: Uint32Array, out: Uint32Array, n: number, bits: number): void {
  if (bits === 32) out.set(packed);
  else if (bits === 64) unpackPairs(packed, out, n);
  else if (bits === 8) out.set(new Uint8Array(packed.buffer, packed.byteOffset, n));
  else if (bits === 16) out.set(new Uint16Array(packed.buffer, packed.byteOffset, n));
  else if (bits < 32) unpackNarrow(packed, out, n, bits);
  else unpackWide(packed, out, n, bits);
}

function unpackPairs(packed: Uint32Array, out: Uint32Array, n: number): void {
  for (let i = 0; i < n; i++) {
    out[i] = packed[2 * i]!;
    out[n + i] = packed[2 * i + 1]!;
  }
}

function unpackNarrow(packed: Uint32Array, out: Uint32Array, n: number, bits: number): void {
  const keep = mask(bits);
  const last = packed.length - 1;
  let w = 0;
  let s = 0;
  for (let i = 0; i < n; i++) {
    const next = w < last ? packed[w + 1]! : 0;
    out[i] = ((packed[w]! >>> s) | ((next << 1) << (31 - s))) & keep;
    s += bits;
    w += s >>> 5;
    s &= 31;
  }
}

function unpackWide(packed: Uint32Array, out: Uint32Array, n: number, bits: number): void {
  const keep = mask(bits - 32);
  const last = packed.length - 1;
  let w = 0;
  let s = 0;
  for (let i = 0; i < n; i++) {
    const middle = packed[w + 1]!;
    const next = w + 1 < last ? packed[w + 2]! : 0;
    out[i] = (packed[w]! >>> s) | ((middle << 1) << (31 - s));
    out[n + i] = ((middle >>> s) | ((next << 1) << (31 - s))) & keep;
    s += bits;
    w += s >>> 5;
    s &= 31;
  }
}

/** `high` is the n high words, or undefined where there are none. `out` must be zero and two words longer than the result. */
export function packBits(low: Uint32Array, high: Uint32Array | undefined, out: Uint32Array, bits: number): void {
  const n = low.length;
  if (bits === 32) out.set(low);
  else if (bits === 8) new Uint8Array(out.buffer).set(low);
  else if (bits === 16) new Uint16Array(out.buffer).set(low);
  else if (bits <= 32 || high === undefined) packNarrow(low, out, n, bits);
  else packWide(low, high, out, n, bits);
}

function packNarrow(low: Uint32Array, out: Uint32Array, n: number, bits: number): void {
  const keep = mask(bits);
  let w = 0;
  let s = 0;
  for (let i = 0; i < n; i++) {
    const x = low[i]! & keep;
    out[w] = out[w]! | (x << s);
    out[w + 1] = (x >>> 1) >>> (31 - s);
    s += bits;
    w += s >>> 5;
    s &= 31;
  }
}

function packWide(low: Uint32Array, high: Uint32Array, out: Uint32Array, n: number, bits: number): void {
  const keep = mask(bits - 32);
  let w = 0;
  let s = 0;
  for (let i = 0; i < n; i++) {
    const x = low[i]!;
    const y = high[i]! & keep;
    out[w] = out[w]! | (x << s);
    out[w + 1] = ((x >>> 1) >>> (31 - s)) | (y << s);
    out[w + 2] = (y >>> 1) >>> (31 - s);
    s += bits;
    w += s >>> 5;
    s &= 31;
  }
}
