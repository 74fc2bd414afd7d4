/**
 * COS[θ] = round(2^14 · cos(2πθ / 65536)), the same integers on every machine.
 *
 * Both parties multiply shares by coefficients made from this table, so it must not depend on an engine's Math.cos (whose last
 * bit is free). IEEE 754 fixes + and ×; a Taylor sum over an eighth of a turn uses nothing else.
 */
export const COSINE_FRACTION = 14;

function taylor(x: number, first: number): number {
  // first = 0: cosine, 1: sine. |x| ≤ π/4, so the 9th term is below 2^-60.
  let term = first === 0 ? 1 : x;
  let sum = term;
  for (let k = 1; k < 10; k++) {
    term *= -(x * x) / ((2 * k - 1 + first) * (2 * k + first));
    sum += term;
  }
  return sum;
}

function build(): Int32Array {
  const table = new Int32Array(65536);
  const quarter = new Int32Array(16385);
  const step = (2 * Math.PI) / 65536;
  for (let i = 0; i <= 8192; i++) {
    quarter[i] = Math.round(taylor(i * step, 0) * 16384);
    quarter[16384 - i] = Math.round(taylor(i * step, 1) * 16384);
  }
  for (let i = 0; i < 65536; i++) {
    const folded = i <= 32768 ? i : 65536 - i;
    table[i] = folded <= 16384 ? quarter[folded]! : -quarter[32768 - folded]!;
  }
  return table;
}

export const COS: Int32Array = build();
