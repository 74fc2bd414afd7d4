/** What a run takes where some of it is prepared ahead. */
import { describe, expect, it } from 'vitest';
import { expectedRun } from '../../app/lib/expected-run';
import { ENCODER_PREPARED, STOCK } from './fixtures';

const { estimate, ahead } = ENCODER_PREPARED;

describe('a run of which passes are prepared ahead', () => {
  it('is as estimated where there are none, or those of another', () => {
    for (const kept of [undefined, { ...STOCK, kind: 'another' }, { ...STOCK, passes: 0 }])
      expect(expectedRun(ENCODER_PREPARED, kept)).toMatchObject({
        total: estimate.total,
        awaited: estimate.total.dealt,
        passes: estimate.passes,
      });
  });

  it('waits for the rest of what is dealt, and has its set-up, where they are too few', () => {
    const half = expectedRun(ENCODER_PREPARED, { ...STOCK, passes: 62.5 });
    expect(half.total).toEqual(estimate.total);
    expect(half.awaited).toBeCloseTo(estimate.total.dealt / 2);
    const [dealt, prepared] = half.passes;
    expect([dealt?.count, prepared?.count]).toEqual([estimate.passes[0]!.count / 2, estimate.passes[0]!.count / 2]);
    expect([dealt?.rounds, prepared?.rounds]).toEqual([estimate.passes[0]!.rounds, ahead.run.passes[0]!.rounds]);
  });

  it('is what it is with all of them, or more', () => {
    const smaller = { ...STOCK, sequences: STOCK.sequences / 2 };
    expect(expectedRun(ENCODER_PREPARED, { ...smaller, passes: 249 })).not.toEqual(ahead.run);
    // A larger pass is one pass all the same.
    const larger = { ...STOCK, sequences: 2 * STOCK.sequences };
    expect(expectedRun(ENCODER_PREPARED, { ...larger, passes: 124 })).not.toEqual(ahead.run);
    for (const passes of [125, 200]) expect(expectedRun(ENCODER_PREPARED, { ...STOCK, passes })).toEqual(ahead.run);
  });
});
