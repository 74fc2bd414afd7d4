/**
 * The default constants of CMA-ES, in the notation of Hansen's tutorial (arXiv 1604.00772v2, table 1).
 */
export interface Strategy {
  /** Recombination weights from best to worst: the first μ sum to one, the rest are negative (or zero). */
  weights: Float64Array;
  /** How many weights are positive. */
  mu: number;
  /** Variance effective selection mass of the positive weights. */
  mueff: number;
  /** Step size: decay of the path, damping. */
  cSigma: number;
  dSigma: number;
  /** Covariance: decay of the path, learning rates of the rank-one and the rank-μ update. */
  cc: number;
  c1: number;
  cmu: number;
  /** E‖N(0, I)‖ */
  chi: number;
}

/** 4 + ⌊3 ln n⌋ */
export const defaultPopulation = (dimension: number) => 4 + Math.floor(3 * Math.log(dimension));

/** `speedup` multiplies the learning rates of the covariance. */
export function strategy(dimension: number, population: number, active: boolean, speedup = 1): Strategy {
  if (population < 2) throw new RangeError('CMA-ES needs a population of two or more.');
  const n = dimension;
  const raw = Float64Array.from({ length: population }, (_, i) => Math.log((population + 1) / 2) - Math.log(i + 1));
  const mu = Math.floor(population / 2);
  const positive = raw.slice(0, mu);
  const negative = raw.slice(mu);
  const mueff = sum(positive) ** 2 / sum(positive.map((w) => w * w));
  const mueffNegative = sum(negative) ** 2 / sum(negative.map((w) => w * w));

  const cSigma = (mueff + 2) / (n + mueff + 5);
  const c1 = Math.min(1, (speedup * 2) / ((n + 1.3) ** 2 + mueff));
  const cmu = Math.min(1 - c1, (speedup * 2 * (0.25 + mueff + 1 / mueff - 2)) / ((n + 2) ** 2 + mueff));

  // The negative weights undo the decay of the covariance, unless that would be too much for so few samples, or could cost it
  // positive definiteness.
  const negativeSum = active
    ? Math.min(1 + c1 / cmu, 1 + (2 * mueffNegative) / (mueff + 2), (1 - c1 - cmu) / (n * cmu))
    : 0;
  const positiveScale = 1 / sum(positive);
  const negativeScale = negativeSum / Math.max(-sum(negative), Number.MIN_VALUE);
  return {
    weights: raw.map((w, i) => w * (i < mu ? positiveScale : negativeScale)),
    mu,
    mueff,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + cSigma,
    cc: (4 + mueff / n) / (n + 4 + (2 * mueff) / n),
    c1,
    cmu,
    chi: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}

/** Should the rank-one update go on? Not while the path says that the step size is still far too small. */
export function pathIsSettled(pathSigma: Float64Array, generation: number, { cSigma, chi }: Strategy): boolean {
  const n = pathSigma.length;
  const expected = chi * Math.sqrt(1 - (1 - cSigma) ** (2 * (generation + 1)));
  return Math.hypot(...pathSigma) < (1.4 + 2 / (n + 1)) * expected;
}

/** The factor by which the step size changes: at most e, as the path may be very long when the start was far off. */
export function stepSizeChange(pathSigma: Float64Array, { cSigma, dSigma, chi }: Strategy): number {
  return Math.exp(Math.min(1, (cSigma / dSigma) * (Math.hypot(...pathSigma) / chi - 1)));
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
