/** Logistic regression against scikit-learn's numbers (reference/make_heads.py), and where there is little to fit to. */
import { describe, expect, it } from 'vitest';
import { chooseHead } from '../../src/tuning/choose-head';
import { type Features, fitHead, type HeadTask, headLogits, unitLength } from '../../src/tuning/head';
import { predict, softmax } from '../../src/tuning/objective';
import { purpose } from '../../src/tuning/run';
import reference from '../fixtures/heads.json';
import { generator } from '../support/random-model';

const dense = (rows: readonly (readonly number[])[]): Features[] =>
  rows.map((row) => ({ values: Float64Array.from(row) }));

const folds = (seed = 1) => purpose(seed, 'folds');

/** Clouds around a corner for each class, `counts` examples each. */
function clouds(counts: readonly number[], seed = 1, spread = 0.3): HeadTask {
  const random = generator(seed);
  const width = counts.length + 2;
  const targets = counts.flatMap((count, c) => new Array<number>(count).fill(c));
  const features = targets.map((target) => ({
    values: Float64Array.from({ length: width }, (_, j) => Number(j === target) + spread * (2 * random() - 1)),
  }));
  return { features, targets, classes: counts.length, width };
}

describe('a head', () => {
  it.each(reference.map((entry) => [entry.name, entry] as const))(
    'has scikit-learn’s probabilities: %s',
    (_, entry) => {
      const { features, targets, classes, unseen, probabilities, c } = entry;
      const head = fitHead({ features: dense(features), targets, classes, width: features[0]!.length }, c);
      for (const [i, row] of dense(unseen).entries()) {
        const found = softmax(headLogits(head, row));
        for (const [k, expected] of probabilities[i]!.entries())
          expect(Math.abs(found[k]! - expected)).toBeLessThan(1e-4);
      }
    },
  );

  it('is the same of sparse features as of dense ones', () => {
    const task = clouds([5, 7, 4]);
    const sparse = task.features.map(({ values }) => {
      // In another order, which positions allow.
      const at = Int32Array.from(values.keys()).reverse();
      return { at, values: Float64Array.from(at, (j) => values[j]!) };
    });
    const [one, other] = [task, { ...task, features: sparse }].map((t) => fitHead(t, 3));
    for (const [j, weight] of one!.weights.entries()) expect(other!.weights[j]).toBeCloseTo(weight, 8);
    expect(Array.from(headLogits(one!, sparse[0]!))).toEqual(
      Array.from(headLogits(one!, task.features[0]!), (x) => expect.closeTo(x, 10)),
    );
  });

  it('of identical features knows how frequent the classes are', () => {
    const features = dense(new Array(8).fill([0.6, 0.8]));
    const head = fitHead({ features, targets: [0, 0, 0, 0, 0, 1, 1, 2], classes: 3, width: 2 }, 10);
    const found = Array.from(softmax(headLogits(head, features[0]!)));
    expect(found).toEqual([5 / 8, 2 / 8, 1 / 8].map((p) => expect.closeTo(p, 4)));
  });

  it('says what it cannot be fitted to', () => {
    const task = clouds([2, 2]);
    expect(() => fitHead({ ...task, classes: 3 }, 1)).toThrow('Class 2 of 3 has no example');
    expect(() => fitHead({ ...task, targets: [0, 1] }, 1)).toThrow('2 targets for 4 examples');
    expect(() => fitHead({ ...task, width: 3 }, 1)).toThrow('Example 0 does not have 3 features');
    const outside = {
      ...task,
      features: task.features.map(({ values }) => ({ values, at: Int32Array.of(0, 1, 2, 4) })),
    };
    expect(() => fitHead(outside, 1)).toThrow('Example 0 does not have 4 features');
  });
});

describe('a head whose penalty is chosen', () => {
  it('tells clouds apart, and measures itself on examples that it was not fitted to', () => {
    const task = clouds([12, 12, 12]);
    const { head, crossValidated } = chooseHead(task, folds());
    const unseen = clouds([20, 20, 20], 2);
    const right = unseen.features.filter((row, i) => predict(headLogits(head, row)) === unseen.targets[i]);
    expect(right).toHaveLength(60);
    expect(crossValidated?.accuracy).toBe(1);
    expect(crossValidated?.confusion.flat().reduce((a, b) => a + b)).toBe(36);
  });

  it('does not take noise for knowledge, as a fit to the same examples would', () => {
    const random = generator(4);
    const features = Array.from({ length: 60 }, () => ({
      values: unitLength(Float64Array.from({ length: 40 }, () => random() - 0.5)),
    }));
    const targets = features.map((_, i) => i % 2);
    const task = { features, targets, classes: 2, width: 40 };
    const { head, c, crossValidated } = chooseHead(task, folds());
    expect(c).toBeLessThan(1);
    expect(crossValidated!.accuracy).toBeLessThan(0.7);
    expect(crossValidated!.loss).toBeGreaterThan(0.65);
    const weak = fitHead(task, 1000);
    const known = (h: typeof head) => features.filter((row, i) => predict(headLogits(h, row)) === targets[i]).length;
    expect(known(weak)).toBe(60);
  });

  it('has a weaker penalty where the features say more', () => {
    const far = chooseHead(clouds([16, 16], 3, 0.2), folds());
    const near = chooseHead(clouds([16, 16], 3, 3), folds());
    expect(far.c).toBeGreaterThan(near.c);
  });

  it('depends on the seed of its folds and on nothing else', () => {
    const task = clouds([6, 9], 5, 2);
    const [one, again, other] = [1, 1, 2].map((seed) => chooseHead(task, folds(seed)));
    expect(again).toEqual(one);
    expect(other!.crossValidated).not.toEqual(one!.crossValidated);
  });

  it('does with one example a class, with nothing to measure itself by', () => {
    const { head, crossValidated } = chooseHead(clouds([1, 1, 1]), folds());
    expect(crossValidated).toBeUndefined();
    const unseen = clouds([5, 5, 5], 2);
    for (const [i, row] of unseen.features.entries()) expect(predict(headLogits(head, row))).toBe(unseen.targets[i]);
  });

  it('keeps the only example of a class in every fit, and measures the others', () => {
    const { head, crossValidated } = chooseHead(clouds([7, 1, 2]), folds());
    // Of two examples three folds of five have none.
    expect(crossValidated!.confusion.map((row) => row.reduce((a, b) => a + b))).toEqual([7, 0, 2]);
    const [row] = clouds([0, 1, 0], 2).features;
    expect(predict(headLogits(head, row!))).toBe(1);
  });
});

it('a vector of length 1 points where the vector points; zeros stay', () => {
  expect(Array.from(unitLength([3, -4]))).toEqual([0.6, -0.8]);
  expect(Array.from(unitLength([0, 0]))).toEqual([0, 0]);
});
