import { expect, test } from 'vitest';
import { crossEntropy, evaluate, predict } from '../../src/tuning/objective';

test('cross-entropy of known probabilities', () => {
  const logits = [0.7, 0.2, 0.1].map(Math.log);
  expect(crossEntropy([logits], [1])).toBeCloseTo(-Math.log(0.2), 12);
  expect(crossEntropy([logits, [5, 5, 5]], [0, 2])).toBeCloseTo((-Math.log(0.7) + Math.log(3)) / 2, 12);
});

test('huge logits neither overflow nor lose the difference', () => {
  expect(crossEntropy([Float32Array.of(1000, 999)], [1])).toBeCloseTo(Math.log(1 + Math.E), 12);
  expect(crossEntropy([[-1000, 0]], [0])).toBe(1000);
  expect(crossEntropy([[Number.NaN, 0]], [1])).toBeNaN();
});

test('of equal logits the first is predicted', () => {
  expect(predict([1, 4, 4])).toBe(1);
});

test('an evaluation', () => {
  const result = evaluate(
    [
      [2, 1],
      [0, 3],
      [5, 4],
      [1, 2],
    ],
    [0, 1, 1, 1],
    2,
  );
  expect(result.accuracy).toBe(0.75);
  expect(result.predictions).toEqual([0, 1, 0, 1]);
  expect(result.confusion).toEqual([
    [1, 0],
    [1, 2],
  ]);
  expect(result.loss).toBeCloseTo(
    (2 * Math.log1p(Math.exp(-1)) + Math.log1p(Math.exp(-3)) + Math.log1p(Math.E)) / 4,
    12,
  );
  expect(() => evaluate([[1, 2]], [0, 1], 2)).toThrow(RangeError);
  expect(evaluate([], [], 2).accuracy).toBeNaN();
});
