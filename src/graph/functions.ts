/** Functions of one variable, in floating point: what a gate approximates and what the reference computes. */
import { evaluateTrigonometric, type TrigonometricPolynomial } from './fourier';

/** Functions that a gate evaluates. The argument of cosine and sine is in turns; a `trigonometric` is its polynomial exactly. */
export type UnivariateName =
  | 'cosine'
  | 'sine'
  | 'gelu'
  | 'gelu tanh'
  | 'gelu even'
  | 'gelu tanh even'
  | 'trigonometric'
  | 'reciprocal'
  | 'inverse root'
  | 'logarithm'
  | 'exponential';

/** All that are trigonometric polynomials, or stand for one. */
export type PolynomialName = Exclude<UnivariateName, 'exponential'>;

/** What stands for a gate's function. */
export interface GateFit extends TrigonometricPolynomial {
  /** Of an exponential, which has no harmonics: the units of e that one dealt number may be for (mpc/operations/exponential.ts). By default 8. */
  window?: number;
}

/** Constants of the functions. */
export interface UnivariateConstants {
  /** Of the inverse root, 1/√(factor·x + epsilon), and of the logarithm, factor·ln x. */
  factor?: number;
  epsilon?: number;
  /** Of the trigonometric function. */
  polynomial?: TrigonometricPolynomial;
}

export type Univariate = (x: number) => number;

/** By a series and a continued fraction. */
function exactErf(x: number): number {
  const a = Math.abs(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let k = 1, before = 0; sum !== before; k++) {
      before = sum;
      term *= -(a * a) / k;
      sum += term / (2 * k + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let k = 60; k > 0; k--) fraction = a + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}

/** Beyond it erf is 1 to the last bit. */
const ERF_END = 6;
const ERF_STEPS = 512;
/** erf and its slope times a step, at every step from 0 on: a model's forward pass asks for millions. */
const ERF = Float64Array.from({ length: 2 * (ERF_END * ERF_STEPS + 2) }, (_, i) => {
  const x = (i >> 1) / ERF_STEPS;
  return i % 2 === 0 ? exactErf(x) : ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)) / ERF_STEPS;
});

/** To 1e-12: cubics between the steps, with their values and slopes. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < ERF_END)) return Math.sign(x);
  const step = Math.floor(a * ERF_STEPS);
  const t = a * ERF_STEPS - step;
  const at = 2 * step;
  const [low, lowSlope, high, highSlope] = [ERF[at]!, ERF[at + 1]!, ERF[at + 2]!, ERF[at + 3]!];
  const rise = high - low;
  const y = low + t * (lowSlope + t * (3 * rise - 2 * lowSlope - highSlope + t * (lowSlope + highSlope - 2 * rise)));
  return x < 0 ? -y : y;
}

export const gelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;

/** What GPT-2 and some BERTs were trained with: off by up to 5e-4, which a model of them notices. */
export const geluTanh = (x: number): number =>
  (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;

/** What is even in it: its odd part is x/2 in all of these. */
const evenPart =
  (f: Univariate): Univariate =>
  (x) =>
    f(x) - x / 2;

const MAKERS: { [K in UnivariateName]: (constants: UnivariateConstants) => Univariate } = {
  cosine: () => (x) => Math.cos(2 * Math.PI * x),
  sine: () => (x) => Math.sin(2 * Math.PI * x),
  gelu: () => gelu,
  'gelu tanh': () => geluTanh,
  'gelu even': () => evenPart(gelu),
  'gelu tanh even': () => evenPart(geluTanh),
  trigonometric: ({ polynomial }) => {
    if (!polynomial) throw new Error('a trigonometric function needs its polynomial');
    return (x) => evaluateTrigonometric(polynomial, x);
  },
  reciprocal: () => (x) => 1 / x,
  'inverse root':
    ({ factor = 1, epsilon = 0 }) =>
    (x) =>
      1 / Math.sqrt(factor * x + epsilon),
  logarithm:
    ({ factor = 1 }) =>
    (x) =>
      factor * Math.log(x),
  exponential: () => Math.exp,
};

/** The function itself. Throws for a trigonometric one without a polynomial. */
export const univariate = (name: UnivariateName, constants: UnivariateConstants): Univariate => MAKERS[name](constants);
