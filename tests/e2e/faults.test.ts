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
    const generations = EVERY * (FAULTS.length + 3);
    // Each generation on a running session, two of them after the fault.
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
      ...{ file, blows, hasty: true },
    });
    expect(past.map(({ fault }) => fault)).toEqual(FAULTS.map(({ name }) => name));
    expect(done.history.map(({ generation }) => generation)).toEqual(
      Array.from({ length: generations }, (_, i) => i + 1),
    );
    expect(done.final?.examples).toBeGreaterThan(0);
    expect(kept).toBe(0);
  }, 600_000);
});
