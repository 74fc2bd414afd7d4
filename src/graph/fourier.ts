/**
 * Any smooth scalar function becomes a short trigonometric polynomial here. A gate is paid per harmonic, so the whole
 * game is to need few: the fit looks at [low, high] only and takes a period wider than that range (a Fourier
 * extension), which leaves the polynomial free outside and makes the error fall geometrically with the harmonics.
 * Huybrechs, "On the Fourier extension of nonperiodic functions", SIAM J. Numer. Anal. 47(6), 2010.
 */
import { LeastSquares } from './least-squares';

/** constant + Σ_{k=1..K} cos[k−1]·cos(2πkx/period) + sin[k−1]·sin(2πkx/period) */
export interface TrigonometricPolynomial {
  period: number;
  constant: number;
  cos: number[];
  sin: number[];
}

export interface FitOptions {
  period: number;
  /** Keeps coefficients small, which few bits of fixed point need: beside the squares of the errors counts this part of theirs. Default 1e-9. */
  regularisation?: number;
  /** How much an error at x counts; 1/|f| makes the error relative. */
  weight?: (x: number) => number;
  /**
   * What holds the polynomial down where f is not fitted, at x from `high` to a period above `low`: about what it has to be there, and how much an error
   * counts. Default: it is free.
   */
  outside?: { value(x: number): number; weight(x: number): number };
  /** How many turns a period the k-th of its harmonics makes, k = 1, 2, …: by default k. */
  turns?: (k: number) => number;
}

export interface TrigonometricFit {
  polynomial: TrigonometricPolynomial;
  /** The largest weighted error on [low, high]. */
  error: number;
}

/** Points of a fit for each coefficient. */
const SAMPLES = 6;
/** Points of the rest of the period for each coefficient, where it is held down. */
const OUTSIDE_SAMPLES = 2;
/** Points where an error is looked for, for each of those. */
const CHECKS = 4;
/** A range's cosines are alike, so that a matrix of so few as its fit needs stretches about so many times as far as one of them. */
const ALIKE = 8;

/** The least-squares fit with these harmonics. */
export function fitTrigonometric(
  f: (x: number) => number,
  low: number,
  high: number,
  { harmonics, ...options }: FitOptions & { harmonics: number },
): TrigonometricFit {
  const fit = new GrowingFit(f, low, high, { ...options, most: harmonics });
  while (fit.harmonics < harmonics) fit.grow();
  return fit.best();
}

/** A least-squares fit to which harmonics are added one by one, the first ones' work kept. */
export class GrowingFit {
  harmonics = 0;
  private readonly points: Float64Array;
  private readonly weights: Float64Array;
  private readonly solver: LeastSquares;
  private readonly ridge: number;
  private readonly period: number;
  private readonly turns: (k: number) => number;
  /** Where errors are looked for: x, f(x) and how much it counts there. */
  private readonly checks: readonly (readonly [x: number, value: number, weight: number])[];
  private readonly most: number;

  /** `most`: harmonics that it may come to. */
  constructor(
    f: (x: number) => number,
    low: number,
    high: number,
    { period, regularisation = 1e-9, weight = () => 1, outside, turns = (k) => k, most }: FitOptions & { most: number },
  ) {
    this.period = period;
    this.turns = turns;
    this.most = most;
    const columns = 2 * most + 1;
    const samples = SAMPLES * columns;
    const fitted = chebyshev(low, high, samples);
    const held = outside ? chebyshev(high, low + period, OUTSIDE_SAMPLES * columns) : new Float64Array();
    const errors = fitted.map(weight);
    this.points = Float64Array.of(...fitted, ...held);
    this.weights = Float64Array.of(...errors, ...held.map((x) => outside?.weight(x) ?? 0));
    const target = new Float64Array(this.points.length + columns);
    for (const [i, x] of this.points.entries())
      target[i] = this.weights[i]! * (i < samples ? f(x) : (outside?.value(x) ?? 0));
    const checks = CHECKS * samples;
    this.checks = Array.from({ length: checks + 1 }, (_, i) => {
      const x = low + ((high - low) * i) / checks;
      return [x, f(x), weight(x)] as const;
    });
    this.ridge = Math.sqrt(regularisation * ALIKE) * Math.sqrt(errors.reduce((sum, w) => sum + w * w, 0));
    this.solver = new LeastSquares(target);
    this.add(0, () => 1);
  }

  /** One harmonic more. */
  grow(): void {
    if (this.harmonics === this.most) throw new RangeError(`a fit of at most ${this.most} harmonics cannot grow`);
    const k = ++this.harmonics;
    const turn = (2 * Math.PI * this.turns(k)) / this.period;
    this.add(2 * k - 1, (x) => Math.cos(turn * x));
    this.add(2 * k, (x) => Math.sin(turn * x));
  }

  /** With the harmonics so far. */
  best(): TrigonometricFit {
    const { harmonics, period, turns } = this;
    const c = this.solver.solution();
    const length = harmonics > 0 ? turns(harmonics) : 0;
    const polynomial: TrigonometricPolynomial = {
      period,
      constant: c[0]!,
      cos: new Array<number>(length).fill(0),
      sin: new Array<number>(length).fill(0),
    };
    for (let k = 1; k <= harmonics; k++) {
      polynomial.cos[turns(k) - 1] = c[2 * k - 1]!;
      polynomial.sin[turns(k) - 1] = c[2 * k]!;
    }
    let error = 0;
    for (const [x, value, weight] of this.checks)
      error = Math.max(error, Math.abs(weight * (evaluateTrigonometric(polynomial, x) - value)));
    return { polynomial, error };
  }

  private add(column: number, f: (x: number) => number): void {
    const { points, weights, ridge } = this;
    const values = new Float64Array(points.length + 2 * this.most + 1);
    for (let i = 0; i < points.length; i++) values[i] = weights[i]! * f(points[i]!);
    // Regularised by an equation more: c·ridge = 0 for the coefficient c.
    values[points.length + column] = ridge;
    this.solver.add(values);
  }
}

/** Least squares on these points is close to the best uniform fit, ends of the range included. */
const chebyshev = (low: number, high: number, count: number): Float64Array =>
  Float64Array.from(
    { length: count },
    (_, i) => low + ((high - low) * (1 - Math.cos((Math.PI * (i + 0.5)) / count))) / 2,
  );

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
