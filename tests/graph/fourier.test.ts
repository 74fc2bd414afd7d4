import { describe, expect, it } from 'vitest';
import { evaluateTrigonometric, fitTrigonometric } from '../../src/graph/fourier';

describe('trigonometric fits', () => {
  it('evaluates the sum it is defined as', () => {
    const p = { period: 7, constant: 0.5, cos: [1, -2, 0.25], sin: [0.1, 3, -1] };
    for (const x of [-9, -0.3, 0, 1.7, 20]) {
      let expected = p.constant;
      for (const [i, cos] of p.cos.entries()) {
        const angle = (2 * Math.PI * (i + 1) * x) / p.period;
        expected += cos * Math.cos(angle) + p.sin[i]! * Math.sin(angle);
      }
      expect(evaluateTrigonometric(p, x)).toBeCloseTo(expected, 10);
    }
  });

  it('finds a function that is a trigonometric polynomial', () => {
    const { polynomial, error } = fitTrigonometric((x) => 2 + Math.sin(x) - 0.5 * Math.cos(2 * x), -3, 3, {
      period: 2 * Math.PI,
      harmonics: 3,
    });
    expect(error).toBeLessThan(1e-6);
    expect(polynomial.sin[0]).toBeCloseTo(1, 5);
    expect(polynomial.cos[1]).toBeCloseTo(-0.5, 5);
  });

  it('gains by every harmonic and keeps coefficients small', () => {
    const errors = [4, 8, 16, 32].map((harmonics) => {
      const { polynomial, error } = fitTrigonometric((x) => 1 / Math.sqrt(x), 0.15, 7, {
        period: 8,
        harmonics,
        weight: Math.sqrt,
      });
      for (const c of [...polynomial.cos, ...polynomial.sin]) expect(Math.abs(c)).toBeLessThan(10);
      return error;
    });
    expect(errors).toEqual(errors.toSorted((a, b) => b - a));
    expect(errors[3]).toBeLessThan(2e-3);
  });

  it('weights the error', () => {
    const options = { period: 2, harmonics: 32 };
    const relative = fitTrigonometric((x) => 1 / x, 0.1, 1.7, { ...options, weight: (x) => x });
    expect(relative.error).toBeLessThan(1e-3);
  });

  it('is held down in the rest of the period, at the price of harmonics', () => {
    const [low, high, period] = [0.1, 5, 8];
    const largest = (harmonics: number, held?: number) => {
      const outside = held ? { value: () => 0, weight: () => held } : undefined;
      const options = { period, harmonics, weight: (x: number) => x, regularisation: 1e-16, outside };
      const { polynomial, error } = fitTrigonometric((x) => 1 / x, low, high, options);
      expect(error).toBeLessThan(0.01);
      const rest = Array.from({ length: 1000 }, (_, i) => high + ((period + low - high) * i) / 1000);
      return Math.max(...rest.map((x) => Math.abs(evaluateTrigonometric(polynomial, x))));
    };
    expect(largest(24)).toBeGreaterThan(1000);
    expect(largest(48, 1e-4)).toBeLessThan(100);
  });
});
