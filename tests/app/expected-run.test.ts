/** What a run takes where some of it is prepared ahead, and how long by what passes took. */
import { describe, expect, it } from 'vitest';
import { expectedRun } from '../../app/lib/expected-run';
import { runTime } from '../../app/lib/run-time';
import { ENCODER_PREPARED, STOCK } from './fixtures';

const { estimate, ahead } = ENCODER_PREPARED;

describe('a run of which passes are prepared ahead', () => {
  it('is as estimated where there are none, or those of another', () => {
    for (const kept of [undefined, { ...STOCK, kind: 'another' }, { ...STOCK, passes: 0 }])
      expect(expectedRun(ENCODER_PREPARED, kept)).toMatchObject({
        total: estimate.total,
        awaited: estimate.total.dealt,
        networkSeconds: estimate.networkSeconds,
      });
  });

  it('waits for the rest of what is dealt, and has its set-up, where they are too few', () => {
    const half = expectedRun(ENCODER_PREPARED, { ...STOCK, passes: 62.5 });
    expect(half.total).toEqual(estimate.total);
    expect(half.awaited).toBeCloseTo(estimate.total.dealt / 2);
    expect(half.networkSeconds).toBeCloseTo((estimate.networkSeconds + ahead.run.networkSeconds) / 2);
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

describe('the time of a run', () => {
  const pass = { sequences: 8, tokens: 32, seconds: 4 };

  it('is not known before a pass of that length', () => {
    expect(runTime([], { sequences: 100, tokens: 32, least: 1 })).toBeUndefined();
    expect(runTime([pass], { sequences: 100, tokens: 24, least: 1 })).toBeUndefined();
  });

  it('does not go by a pass of a few texts, unless that is all there are', () => {
    expect(runTime([pass], { sequences: 100, tokens: 32, least: 9 })).toBeUndefined();
    expect(runTime([pass], { sequences: 8, tokens: 32, least: 9 })).toMatchObject({ seconds: 4 });
  });

  it('goes by the largest pass, and of those the last', () => {
    const passes = [{ ...pass, seconds: 9 }, pass, { ...pass, sequences: 1, seconds: 3 }];
    expect(runTime(passes, { sequences: 100, tokens: 32, least: 8 })).toEqual({
      seconds: 50,
      basis: 'as before: 8 texts in 4.0 s',
    });
  });
});
