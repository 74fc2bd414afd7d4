import { expect, it } from 'vitest';
import { exponentialOf } from '../../src/ring/exponential';

it('is e^x to eleven digits', () => {
  for (let x = -90; x <= 90; x += 0.37) expect(Math.abs(exponentialOf(x) / Math.exp(x) - 1)).toBeLessThan(1e-11);
});
