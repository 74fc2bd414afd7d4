import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundTicks, wholeTicks } from '../../app/charts/scale';

describe('marks of an axis', () => {
  it('are round, and about five', () => {
    expect(roundTicks(0, 1)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(roundTicks(0, 41.2e6)).toEqual([0, 20e6, 40e6, 60e6]);
    expect(roundTicks(0.41, 0.79).map((x) => x.toFixed(3))).toEqual(['0.400', '0.500', '0.600', '0.700', '0.800']);
    expect(wholeTicks(30)).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(wholeTicks(17)).toEqual([0, 5, 10, 15]);
    expect(wholeTicks(1)).toEqual([0, 1]);
  });

  it('enclose what is drawn, whatever it is', () => {
    const value = fc.double({ min: -1e12, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const ticks = roundTicks(low, high);
        const slack = 1e-6 * Math.max(1e-6, Math.abs(low), Math.abs(high));
        expect(ticks[0]!).toBeLessThanOrEqual(low + slack);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(high - slack);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (end) => {
        const ticks = wholeTicks(end);
        expect(ticks.every(Number.isInteger)).toBe(true);
        expect(ticks.length).toBeLessThanOrEqual(8);
        expect(ticks.at(-1)!).toBeGreaterThan(0);
      }),
    );
  });
});
