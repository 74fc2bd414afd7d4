/** DecT's head: what it is made of, and when it is better than logistic regression, on made-up states. */
import { describe, expect, it } from 'vitest';
import type { SeededRandom } from '../../src/random/generator';
import { chooseHead, crossValidatedLoss } from '../../src/tuning/choose-head';
import { fitDect } from '../../src/tuning/dect';
import { fitHead, type Head, type HeadTask, headLogits } from '../../src/tuning/head';
import { evaluate } from '../../src/tuning/objective';
import { purpose } from '../../src/tuning/run';

const WIDTH = 24;
const random = (label: string) => purpose(7, label);
const normals = (source: SeededRandom, count = WIDTH) => Float64Array.from({ length: count }, () => source.normal());

/** Words that know something of the classes: each has the direction of one, and every score is off by its own constant. */
const directions = [0, 1].map((c) => Float64Array.from({ length: WIDTH }, (_, k) => Number(k === c)));
const words: Head = {
  classes: 2,
  width: WIDTH,
  weights: Float64Array.from(directions.flatMap((row) => [...row])),
  bias: new Float64Array(2),
};

/** Noise, and along the words' directions and others, as much as said, where the class is. */
function states(each: number, label: string, { words: along, other }: { words: number; other: number }): HeadTask {
  const source = random(label);
  const targets = Array.from({ length: 2 * each }, (_, i) => i % 2);
  const features = targets.map((target) => {
    const values = normals(source);
    values[target]! += along;
    values[5]! += target ? other : -other;
    return { values };
  });
  return { features, targets, classes: 2, width: WIDTH };
}

const accuracyOf = (head: Head, { features, targets }: HeadTask) =>
  evaluate(
    features.map((row) => headLogits(head, row)),
    targets,
    2,
  ).accuracy;

describe('DecT', () => {
  it('is the sum of label words, distances to the means of labels, and radii', () => {
    const task = states(6, 'sum', { words: 1, other: 1 });
    const head = fitDect(task, words, 1);
    const means = [0, 1].map((c) => {
      const rows = task.features.filter((_, i) => task.targets[i] === c);
      return Float64Array.from({ length: WIDTH }, (_, k) => rows.reduce((sum, r) => sum + r.values[k]!, 0) / 6);
    });
    // Three unknowns (λ, τ / 2s, a difference of radii) from three texts, and every other text's logits follow.
    const difference = (row: Float64Array) => {
      const [low, high] = headLogits(head, { values: row });
      const near = means.map((mean) => mean.reduce((sum, z, k) => sum + (row[k]! - z) ** 2, 0));
      return { logit: high! - low!, word: row[1]! - row[0]!, near: near[0]! - near[1]! };
    };
    const zero = difference(new Float64Array(WIDTH));
    const source = random('others');
    const seen = Array.from({ length: 6 }, () => {
      const { logit, word, near } = difference(normals(source));
      return { logit: logit - zero.logit, word: word - zero.word, near: near - zero.near };
    });
    const [a, b] = seen as [(typeof seen)[0], (typeof seen)[0]];
    const determinant = a.word * b.near - b.word * a.near;
    const lambda = (a.logit * b.near - b.logit * a.near) / determinant;
    const tau = (a.word * b.logit - b.word * a.logit) / determinant;
    expect(lambda).toBeGreaterThan(0);
    expect(tau).toBeGreaterThan(0);
    for (const { logit, word, near } of seen) expect(lambda * word + tau * near).toBeCloseTo(logit, 6);
  });

  it('says what label words say before it has learned anything, and what one example each adds', () => {
    const one = states(1, 'one', { words: 0, other: 3 });
    const head = fitDect(one, words, 1);
    expect(accuracyOf(head, one)).toBe(1);
    // How sure the words are is of no concern, which ones they are is.
    const [surer, others] = [words.weights.map((w) => 2 * w), words.weights.toReversed()].map((weights) =>
      fitDect(one, { ...words, weights }, 1),
    );
    expect(surer!.weights[0]).toBeCloseTo(head.weights[0]!, 9);
    expect(others!.weights[0]).not.toBeCloseTo(head.weights[0]!, 2);
    const { fit, crossValidated } = chooseHead(one, random('folds'), words);
    expect([fit, crossValidated]).toEqual(['DecT', undefined]);
  });

  it('corrects words that are all off', () => {
    const off = { ...words, bias: Float64Array.of(40, 0) };
    const task = states(16, 'off', { words: 3, other: 0 });
    const unseen = states(200, 'unseen', { words: 3, other: 0 });
    expect(accuracyOf(off, unseen)).toBe(0.5);
    expect(accuracyOf(fitDect(task, off, 10), unseen)).toBeGreaterThan(0.9);
  });

  it('is better than logistic regression with few examples and words that know', () => {
    const strength = { words: 2.5, other: 0 };
    const unseen = states(400, 'unseen', strength);
    let better = 0;
    let chosen = 0;
    for (let k = 0; k < 10; k++) {
      const few = states(4, `few ${k}`, strength);
      const { fit, head } = chooseHead(few, random(`folds ${k}`), words);
      chosen += Number(fit === 'DecT');
      better += accuracyOf(head, unseen) - accuracyOf(chooseHead(few, random(`folds ${k}`)).head, unseen);
    }
    // Eight examples choose wrongly now and then.
    expect(chosen).toBeGreaterThanOrEqual(8);
    expect(better / 10).toBeGreaterThan(0.05);
  });

  it('gives way to logistic regression where directions matter and words know nothing', () => {
    // The class is in one direction, and noise in another drowns every distance.
    const task = states(60, 'many', { words: 0, other: 1 });
    const loud = {
      ...task,
      features: task.features.map(({ values }) => ({ values: values.map((x, k) => (k === 5 ? x : 6 * x)) })),
    };
    const { fit, head } = chooseHead(loud, random('folds'), words);
    expect(fit).toBe('logistic regression');
    expect(head).toEqual(chooseHead(loud, random('folds')).head);
  });

  it('refuses what it has no mean of', () => {
    const sparse = {
      features: [{ values: Float64Array.of(1), at: Int32Array.of(0) }],
      targets: [0],
      classes: 1,
      width: 2,
    };
    expect(() => fitDect(sparse, words, 1)).toThrow('all of their numbers');
    expect(() => fitDect({ ...states(2, 'x', { words: 0, other: 0 }), classes: 3 }, words, 1)).toThrow('Class 2 of 3');
  });
});

describe('the loss of a fit that was chosen before', () => {
  it('is that of examples each under a head without it, not of a fit to them', () => {
    const noise = states(8, 'noise', { words: 0, other: 0 });
    const loss = crossValidatedLoss(noise, { fit: 'logistic regression', c: 100 }, random('folds'));
    const fitted = fitHead(noise, 100);
    const seen = evaluate(
      noise.features.map((row) => headLogits(fitted, row)),
      noise.targets,
      2,
    ).loss;
    expect(seen).toBeLessThan(0.1);
    expect(loss).toBeGreaterThan(0.6);
    const known = states(8, 'known', { words: 4, other: 0 });
    expect(crossValidatedLoss(known, { fit: 'DecT', c: 1 }, random('folds'), words)).toBeLessThan(0.3);
  });

  it('is a guess’s where no label has two examples', () => {
    const one = states(1, 'one', { words: 3, other: 0 });
    expect(crossValidatedLoss(one, { fit: 'DecT', c: 1 }, random('folds'), words)).toBeCloseTo(Math.log(2));
  });
});
