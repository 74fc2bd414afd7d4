/** Functions of one variable, in floating point: what a gate approximates and what the reference computes. */
import { evaluateTrigonometric, type TrigonometricPolynomial } from './fourier';

/** Functions that a gate evaluates. The argument of cosine and sine is in turns; a `trigonometric` is its polynomial exactly. */
export type UnivariateName =
  | 'cosine'
  | 'sine'
  | 'gelu'
  | 'gelu tanh'
  | 'trigonometric'
  | 'reciprocal'
  | 'inverse root'
  | 'exponential';

/** Constants of the functions. */
export interface UnivariateConstants {
  /** Of the inverse root: 1/√(factor·x + epsilon). */
  factor?: number;
  epsilon?: number;
  /** Of the trigonometric function. */
  polynomial?: TrigonometricPolynomial;
}

export type Univariate = (x: number) => number;

/** To 1e-12, by a series and a continued fraction (Abramowitz and Stegun 7.1.26 would be 1e-7). */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
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

export const gelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;

/** What GPT-2 and some BERTs were trained with: off by up to 5e-4, which a model of them notices. */
export const geluTanh = (x: number): number =>
  (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2;

const MAKERS: { [K in UnivariateName]: (constants: UnivariateConstants) => Univariate } = {
  cosine: () => (x) => Math.cos(2 * Math.PI * x),
  sine: () => (x) => Math.sin(2 * Math.PI * x),
  gelu: () => gelu,
  'gelu tanh': () => geluTanh,
  trigonometric: ({ polynomial }) => {
    if (!polynomial) throw new Error('a trigonometric function needs its polynomial');
    return (x) => evaluateTrigonometric(polynomial, x);
  },
  reciprocal: () => (x) => 1 / x,
  'inverse root':
    ({ factor = 1, epsilon = 0 }) =>
    (x) =>
      1 / Math.sqrt(factor * x + epsilon),
  exponential: () => Math.exp,
};

/** The function itself. Throws for a trigonometric one without a polynomial. */
export const univariate = (name: UnivariateName, constants: UnivariateConstants): Univariate => MAKERS[name](constants);
