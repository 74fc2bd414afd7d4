/** Against scikit-learn's numbers (tests/tuning/reference/make_class_scores.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scoresOf } from '../../src/tuning/class-scores';

interface Case {
  name: string;
  confusion: number[][];
  precision: number[];
  recall: number[];
  f1: number[];
  examples: number[];
  macroF1: number;
}

const cases: Case[] = JSON.parse(readFileSync('tests/fixtures/class-scores.json', 'utf8'));

describe.each(cases)('of $name', ({ confusion, examples, macroF1, ...wanted }) => {
  const scores = scoresOf(confusion);

  it.each(['precision', 'recall', 'f1'] as const)('the %s of each', (name) => {
    for (const [c, score] of scores.classes.entries()) expect(score[name]).toBeCloseTo(wanted[name][c]!, 8);
  });

  it('the macro F1, and how many examples there are', () => {
    expect(scores.macroF1).toBeCloseTo(macroF1, 8);
    expect(scores.classes.map((score) => score.examples)).toEqual(examples);
  });
});
