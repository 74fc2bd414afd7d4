/** The network's functions of one variable, in floating point: what a gate approximates and what the twin computes. */
import type { ModelConfig } from '../models/config';
import { evaluateTrigonometric } from './fourier';
import type { UnivariateConstants, UnivariateName } from './network';

/** Abramowitz and Stegun 7.1.26 would be 1e-7; this series and continued fraction reach 1e-12. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let k = 1; k < 60; k++) {
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

export type Univariate = (x: number) => number;

export function univariate(name: UnivariateName, constants: UnivariateConstants, config: ModelConfig): Univariate {
  const { factor = 1, epsilon = 0 } = constants;
  switch (name) {
    case 'cosine':
      return (x) => Math.cos(2 * Math.PI * x);
    case 'sine':
      return (x) => Math.sin(2 * Math.PI * x);
    case 'reciprocal':
      return (x) => 1 / x;
    case 'inverse root':
      return (x) => 1 / Math.sqrt(factor * x + epsilon);
    case 'exponential':
      return Math.exp;
    case 'activation': {
      const polynomial = config.trigonometric;
      if (config.hidden_act === 'gelu') return gelu;
      if (!polynomial) throw new Error('config.json says hidden_act "trigonometric" but has no polynomial');
      return (x) => evaluateTrigonometric(polynomial, x);
    }
  }
}
