/** How a batch is cut into passes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { passSizes } from '../../src/session/run';

test('every sequence is in one pass, none is larger than allowed, and they are as few and as even as can be', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 700 }), (sequences, most) => {
      const sizes = passSizes(sequences, most);
      expect(sizes.reduce((a, b) => a + b)).toBe(sequences);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
      expect(sizes.length).toBe(Math.ceil(sequences / most));
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});
