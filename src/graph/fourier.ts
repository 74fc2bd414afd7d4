/**
 * Any smooth scalar function becomes a short trigonometric polynomial here. A gate is paid per harmonic, so the whole
 * game is to need few: the fit looks at [low, high] only and takes a period wider than that range (a Fourier
 * extension), which leaves the polynomial free outside and makes the error fall geometrically with the harmonics.
 * Huybrechs, "On the Fourier extension of nonperiodic functions", SIAM J. Numer. Anal. 47(6), 2010.
 */
import { leastSquares } from './least-squares';

/** constant + Σ_{k=1..K} cos[k−1]·cos(2πkx/period) + sin[k−1]·sin(2πkx/period) */
export interface TrigonometricPolynomial {
  period: number;
  constant: number;
  cos: number[];
  sin: number[];
}

export interface FitOptions {
  period: number;
  harmonics: number;
  /** Relative to the largest singular value's square: keeps coefficients small, which few bits of fixed point need. Default 1e-9. */
  regularisation?: number;
  /** How much an error at x counts; 1/|f| makes the error relative. */
  weight?: (x: number) => number;
}

export interface TrigonometricFit {
  polynomial: TrigonometricPolynomial;
  /** The largest weighted error on [low, high]. */
  error: number;
}

/** Points of a fit for each coefficient. */
const SAMPLES = 6;

export function fitTrigonometric(
  f: (x: number) => number,
  low: number,
  high: number,
  { period, harmonics, regularisation = 1e-9, weight = () => 1 }: FitOptions,
): TrigonometricFit {
  const columns = 2 * harmonics + 1;
  const samples = SAMPLES * columns;
  // Chebyshev points: least squares on them is close to the best uniform fit, ends of the range included.
  const points = Array.from(
    { length: samples },
    (_, i) => low + ((high - low) * (1 - Math.cos((Math.PI * (i + 0.5)) / samples))) / 2,
  );
  const basis = Array.from({ length: columns }, () => new Float64Array(samples + columns));
  const target = new Float64Array(samples + columns);
  for (const [i, x] of points.entries()) {
    const w = weight(x);
    target[i] = w * f(x);
    basis[0]![i] = w;
    for (let k = 1; k <= harmonics; k++) {
      const angle = (2 * Math.PI * k * x) / period;
      basis[2 * k - 1]![i] = w * Math.cos(angle);
      basis[2 * k]![i] = w * Math.sin(angle);
    }
  }
  // Regularised as so many equations more: c·ridge = 0 for every coefficient c.
  const ridge = Math.sqrt(regularisation) * largestSingularValue(basis);
  for (const [k, column] of basis.entries()) column[samples + k] = ridge;
  const c = leastSquares(basis, target);

  const polynomial: TrigonometricPolynomial = {
    period,
    constant: c[0]!,
    cos: Array.from({ length: harmonics }, (_, k) => c[2 * k + 1]!),
    sin: Array.from({ length: harmonics }, (_, k) => c[2 * k + 2]!),
  };
  let error = 0;
  const checks = 4 * samples;
  for (let i = 0; i <= checks; i++) {
    const x = low + ((high - low) * i) / checks;
    error = Math.max(error, Math.abs(weight(x) * (evaluateTrigonometric(polynomial, x) - f(x))));
  }
  return { polynomial, error };
}

/** By power iteration, to a few per cent. */
function largestSingularValue(columns: readonly Float64Array[]): number {
  const rows = columns[0]!.length;
  const v = new Float64Array(columns.length).fill(1);
  let length = 0;
  for (let round = 0; round < 8; round++) {
    const product = new Float64Array(rows);
    for (const [k, column] of columns.entries()) for (let i = 0; i < rows; i++) product[i]! += column[i]! * v[k]!;
    for (const [k, column] of columns.entries()) {
      v[k] = 0;
      for (let i = 0; i < rows; i++) v[k]! += column[i]! * product[i]!;
    }
    length = Math.hypot(...v);
    for (let k = 0; k < v.length; k++) v[k]! /= length;
  }
  return Math.sqrt(length);
}

export function evaluateTrigonometric(p: TrigonometricPolynomial, x: number): number {
  const angle = (2 * Math.PI * x) / p.period;
  const c1 = Math.cos(angle);
  const s1 = Math.sin(angle);
  // Turning (c, s) by the base angle gives the next harmonic without another call to cos and sin.
  let c = 1;
  let s = 0;
  let sum = p.constant;
  for (let k = 0; k < p.cos.length; k++) {
    [c, s] = [c * c1 - s * s1, s * c1 + c * s1];
    sum += p.cos[k]! * c + p.sin[k]! * s;
  }
  return sum;
}
