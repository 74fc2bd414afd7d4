/**
 * What happens to real sessions, struck on purpose: each fault is noticed, nothing is lost, and the run goes on by itself or with the one click
 * that the page asks for. `npm run soak` does the same for hours.
 */
import { describe, expect, it } from 'vitest';
import { endure } from '../../tools/endure';
import { FAULTS } from '../../tools/faults';

const file = 'public/samples/patient-feedback.csv';

/** Between two faults, so that each strikes a run that goes well. */
const EVERY = 2;

describe('a run', () => {
  it('survives every fault, one after the other, without a gap', async () => {
    // More than there is time for: a slow machine learns on while a fault goes unnoticed.
    const generations = 1000;
    const blows = FAULTS.map((fault, i) => ({ after: EVERY * (i + 1), fault }));
    const {
      blows: past,
      done,
      kept,
    } = await endure({
      settings: {
        method: 'prompt',
        population: 2,
        batch: 2,
        heldOut: 8,
        evaluateEvery: 10,
        seed: 1,
        generations,
        patience: generations,
      },
      ...{ file, blows, hasty: true, stops: true },
    });
    expect(past.map(({ fault }) => fault)).toEqual(FAULTS.map(({ name }) => name));
    expect(done.history.map(({ generation }) => generation)).toEqual(done.history.map((_, i) => i + 1));
    expect(done.history.length).toBeGreaterThan(EVERY * FAULTS.length);
    expect(done.final?.examples).toBeGreaterThan(0);
    expect(kept).toBe(0);
  }, 600_000);
});
