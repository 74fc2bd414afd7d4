/**
 * COS[θ] = round(2^fraction · cos(2πθ / 2^phaseBits)), the same integers on every machine, at two resolutions.
 *
 * Both parties multiply shares by coefficients made from these tables, so they must not depend on an engine's Math.cos (whose last
 * bit is free). IEEE 754 fixes + and ×; a Taylor sum over an eighth of a turn uses nothing else.
 */

/** Bits of a phase: what a gate's resolution is called by. */
export type PhaseBits = 16 | 20;

/** How finely a gate looks at its operand, and computes. */
export interface Resolution {
  /** A turn is 2^phaseBits units of phase. */
  phaseBits: PhaseBits;
  /** Fractional bits of the cosines, in coefficients as in dealt tables: |COS| ≤ 2^fraction. */
  fraction: number;
  /** |amplitude| < 2^amplitudeBits. */
  amplitudeBits: number;
}

/** Coarse: an amplitude times a cosine is right in one word. Fine: in a double. */
export const RESOLUTIONS: Readonly<Record<PhaseBits, Resolution>> = {
  16: { phaseBits: 16, fraction: 14, amplitudeBits: 16 },
  20: { phaseBits: 20, fraction: 24, amplitudeBits: 24 },
};

/** |coefficient| ≤ 2^this at any resolution: sums of two fit a word, and sums of 128 products with 16 bits a double. */
export const COEFFICIENT_BITS = 30;

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

/** cos and sin of 2πθ / 2^phaseBits, for θ up to an eighth of a turn. */
export function cosineAndSine(angle: number, phaseBits: PhaseBits): [cosine: number, sine: number] {
  const x = angle * ((2 * Math.PI) / 2 ** phaseBits);
  return [taylor(x, 0), taylor(x, 1)];
}

function build({ phaseBits, fraction }: Resolution): Int32Array {
  const turn = 2 ** phaseBits;
  const [half, quarter, eighth] = [turn / 2, turn / 4, turn / 8];
  const table = new Int32Array(turn);
  for (let i = 0; i <= eighth; i++) {
    const [cosine, sine] = cosineAndSine(i, phaseBits);
    table[i] = Math.round(cosine * 2 ** fraction);
    table[quarter - i] = Math.round(sine * 2 ** fraction);
  }
  for (let i = 0; i < quarter; i++) table[half - i] = -table[i]!;
  for (let i = 1; i < half; i++) table[turn - i] = table[i]!;
  return table;
}

const built = new Map<PhaseBits, Int32Array>();

/** The table for phases of so many bits, one entry a phase: made when it is first asked for, and everybody's. */
export function cosines(phaseBits: PhaseBits): Int32Array {
  const table = built.get(phaseBits) ?? build(RESOLUTIONS[phaseBits]);
  built.set(phaseBits, table);
  return table;
}
