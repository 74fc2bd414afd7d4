/** A head's run cut to the numbers that may be opened. */
import { describe, expect, it } from 'vitest';
import { withinBudget } from '../../app/lib/within-budget';
import { PREPARED } from './fixtures';

const EACH = 64;

/** A run of two labels with so many examples of each, and so many sequences besides. */
const run = (training: number, evaluation: number, besides = 0) => {
  const sequences = 2 * (training + evaluation) + besides;
  const { unit, total, ...estimate } = PREPARED.estimate;
  return {
    method: 'head' as const,
    classes: ['good', 'bad'].map((label) => ({ label, training, evaluation })),
    estimate: {
      ...estimate,
      unit,
      total: { ...total, sequences },
      numbers: { sequence: EACH, total: EACH * sequences },
    },
  };
};

describe('a run within a budget', () => {
  it('is left as it is where it fits, or where it is a search', () => {
    expect(withinBudget(run(10, 5), 30 * EACH, false)).toBeUndefined();
    expect(withinBudget({ ...run(10, 5), method: 'prompt' }, EACH, false)).toBeUndefined();
  });

  it('is measured by fewer examples first', () => {
    expect(withinBudget(run(10, 20), 41 * EACH, false)).toEqual({ shots: '10', measured: '21' });
    expect(withinBudget(run(10, 20, 1), 41 * EACH, false)).toEqual({ shots: '10', measured: '20' });
  });

  it('learns from fewer where too few would be left to measure by', () => {
    expect(withinBudget(run(100, 50), 150 * EACH, false)).toEqual({ shots: '50', measured: '50' });
  });

  it('learns from fewer where nothing else can give way', () => {
    expect(withinBudget(run(10, 0), 12 * EACH, false)).toEqual({ shots: '6', measured: '0' });
    expect(withinBudget(run(10, 5), 22 * EACH, true)).toEqual({ shots: '6', measured: '0' });
  });

  it('is not offered where next to nothing could be learned from', () => {
    expect(withinBudget(run(10, 5), 3 * EACH, false)).toBeUndefined();
    expect(withinBudget(run(10, 5), 12 * EACH, true)).toBeUndefined();
  });
});
