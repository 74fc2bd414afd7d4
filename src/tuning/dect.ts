/**
 * A head of few parameters for few examples, after DecT (Cui et al., Decoder Tuning, arXiv 2212.08408): the model's own word for each label,
 * and how far a text is from a label's examples. For features x, calibrated scores of label words w_c(x), and prototypes z_c
 *
 *   logit_c(x) = λ · w_c(x) / u  −  τ · ‖x − z_c‖² / 2s  +  r_c
 *
 * A score is calibrated by what the model says of an empty text, and u is their root mean square, less what a text's have in common. Other than in the paper, z_c is the mean of a label's examples in the
 * features' own space (no projection is learned), and distances are squared, over their mean s: then all of it is linear in x, and what comes
 * out is a `Head` like any other. What is learned is λ, τ and a radius r_c for each label:
 *
 *   minimise  C · Σ_i −log softmax(logits(x_i))[y_i]  +  ½ ((λ − 1)² + (τ − 1)² + ‖r‖²)
 *
 * where an example's distance to its own label's prototype is that to the mean of the others. One that is alone with its label tells
 * nothing, and without any that does λ = τ = 1.
 */
import { checkTask, EXACT, type Features, type Head, type HeadTask, headLogits } from './head';
import { minimise } from './minimise';
import { softmax } from './objective';

const STEPS = 200;

/**
 * `scores`: the calibrated scores w, as a head on the same features.
 * @throws RangeError as `fitHead` does, and for features that leave out zeros.
 */
export function fitDect(task: HeadTask, scores: Head, c: number): Head {
  checkTask(task);
  const words = ofUnitSize(scores, task.features);
  const { features, targets, classes, width } = task;
  if (features.some(({ at }) => at)) throw new RangeError('DecT takes features with all of their numbers.');
  const counts = new Float64Array(classes);
  const means = Array.from({ length: classes }, () => new Float64Array(width));
  for (const target of targets) counts[target]! += 1;
  for (const [i, { values }] of features.entries())
    for (let k = 0; k < width; k++) means[targets[i]!]![k]! += values[k]! / counts[targets[i]!]!;

  /** Squared distances to all prototypes, to the own label's as if the example were not in it. */
  const distances = ({ values }: Features, target: number) => {
    // (n z − x) / (n − 1) is as far from x as z is, times n / (n − 1).
    const n = counts[target]!;
    return means.map((mean, k) => squaredDistance(values, mean) * (k === target ? (n / (n - 1)) ** 2 : 1));
  };
  const known = [...targets.keys()].filter((i) => counts[targets[i]!]! > 1);
  const seen = known.map((i) => ({
    target: targets[i]!,
    words: headLogits(words, features[i]!),
    distances: distances(features[i]!, targets[i]!),
  }));
  const all = seen.flatMap((row) => row.distances);
  const scale = all.reduce((sum, x) => sum + x, 0) / all.length || 1;
  for (const row of seen) row.distances = row.distances.map((x) => -x / (2 * scale));

  // λ, τ, r
  const start = new Float64Array(2 + classes);
  start[0] = 1;
  start[1] = 1;
  const penalty = 1 / (c * Math.max(1, seen.length));
  const learned = minimise(
    (at, gradient) => {
      let sum = 0;
      for (let j = 0; j < at.length; j++) {
        const away = at[j]! - start[j]!;
        gradient[j] = penalty * away;
        sum += (penalty / 2) * away ** 2;
      }
      for (const { target, words: scores, distances: near } of seen) {
        const probabilities = softmax(scores.map((w, k) => at[0]! * w + at[1]! * near[k]! + at[2 + k]!));
        sum -= Math.log(probabilities[target]!) / seen.length;
        for (let k = 0; k < classes; k++) {
          const slope = (probabilities[k]! - Number(k === target)) / seen.length;
          gradient[0]! += slope * scores[k]!;
          gradient[1]! += slope * near[k]!;
          gradient[2 + k]! += slope;
        }
      }
      return sum;
    },
    start,
    { tolerance: EXACT, steps: STEPS },
  );
  const [lambda, tau] = [learned[0]!, learned[1]!];

  const weights = words.weights.map((w, j) => lambda * w + (tau / scale) * means[Math.floor(j / width)]![j % width]!);
  const bias = words.bias.map((b, k) => {
    const norm = means[k]!.reduce((sum, x) => sum + x * x, 0);
    return lambda * b - ((tau / scale) * norm) / 2 + learned[2 + k]!;
  });
  return { classes, width, weights, bias };
}

/** The same scores over their root mean square on these features: how sure a model is of its words says little of how right it is. */
function ofUnitSize(scores: Head, features: readonly Features[]): Head {
  const { classes } = scores;
  const squares = features.map((row) => {
    const logits = headLogits(scores, row);
    const mean = logits.reduce((sum, x) => sum + x, 0) / classes;
    return logits.reduce((sum, x) => sum + (x - mean) ** 2, 0) / classes;
  });
  const size = Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length) || 1;
  return { ...scores, weights: scores.weights.map((w) => w / size), bias: scores.bias.map((b) => b / size) };
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
  return sum;
}
