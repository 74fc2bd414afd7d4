/** Which examples train, which choose, which measure. */
import { describe, expect, it } from 'vitest';
import { splitTask } from '../../src/tuning/run';

/** 40 of one class, 20 of another. */
const targets = Array.from({ length: 60 }, (_, i) => Number(i % 3 === 0));
const split = (options: Partial<Parameters<typeof splitTask>[2]>) =>
  splitTask(targets, 2, { heldOut: 6, seed: 1, ...options });
const classes = (examples: readonly number[]) => [0, 1].map((c) => examples.filter((i) => targets[i] === c).length);

describe('a split', () => {
  it('has as many to choose by as to measure by, each with every class in proportion', () => {
    const { training, validation, evaluation } = split({});
    expect([validation, evaluation].map(classes)).toEqual([
      [4, 2],
      [4, 2],
    ]);
    expect([...training, ...validation, ...evaluation].sort((a, b) => a - b)).toEqual([...targets.keys()]);
  });

  it('may have more to measure by than to choose by, and neither of one', () => {
    const { validation, evaluation } = split({ measured: 12 });
    expect([validation, evaluation].map(classes)).toEqual([
      [4, 2],
      [8, 4],
    ]);
    expect(split({ measured: 0 })).toMatchObject({ evaluation: [] });
    expect(split({ heldOut: 0, measured: 6 })).toMatchObject({ validation: [] });
  });

  it('of what needs none to choose by keeps those to measure by only', () => {
    const { training, validation, evaluation } = split({ chooses: false });
    expect(validation).toEqual([]);
    expect(classes(evaluation)).toEqual([4, 2]);
    expect([...training, ...evaluation].sort((a, b) => a - b)).toEqual([...targets.keys()]);
  });

  it('with examples for evaluation of their own keeps the others for the rest', () => {
    const separate = split({ evaluationFrom: 45 });
    expect(separate.evaluation).toEqual(Array.from({ length: 15 }, (_, i) => 45 + i));
    expect(classes(separate.validation)).toEqual([4, 2]);
    const fewer = split({ evaluationFrom: 45, measured: 6 }).evaluation;
    expect(classes(fewer)).toEqual([4, 2]);
    expect(Math.min(...fewer)).toBeGreaterThanOrEqual(45);
    const { training, validation, evaluation } = split({ evaluationFrom: 45, chooses: false });
    expect([training.length, validation.length, evaluation.length]).toEqual([45, 0, 15]);
  });

  it('with few shots takes so many of each class, and measures on as many as without', () => {
    const { training, evaluation } = split({ shots: 3, chooses: false });
    expect(classes(training)).toEqual([3, 3]);
    expect(evaluation).toHaveLength(6);
  });
});
