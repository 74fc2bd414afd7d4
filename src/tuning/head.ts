/**
 * The data owner's own last layer: multinomial logistic regression on features, that is on numbers which it has of every text. It is fitted
 * in the clear, in milliseconds. For features x, classes y, weights W and biases b
 *
 *   minimise  C · Σ_i −log softmax(W x_i + b)[y_i]  +  ½ ‖W‖²
 *
 * as scikit-learn's LogisticRegression(C) does: no bias is penalised, and of two classes only the difference of their weights.
 */
import { minimise } from './minimise';
import { softmax } from './objective';

/** Of one text: all of its numbers in order, or those that are not zero and where they stand. */
export interface Features {
  values: Float64Array;
  at?: Int32Array;
}

export interface Head {
  classes: number;
  /** Numbers of a text. */
  width: number;
  /** [classes, width] */
  weights: Float64Array;
  /** [classes] */
  bias: Float64Array;
}

/** What a head is fitted to. */
export interface HeadTask {
  features: readonly Features[];
  /** Class of each of them. */
  targets: readonly number[];
  classes: number;
  width: number;
}

/** Of the mean loss's gradient: well below what moves a probability by 1e-4. */
export const EXACT = 1e-8;
const STEPS = 500;

/** Scaled to length 1; zeros stay zeros. */
export function unitLength(values: ArrayLike<number>): Float64Array {
  const row = Float64Array.from(values);
  const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
  return length > 0 ? row.map((x) => x / length) : row;
}

/** W x + b, one logit a class. */
export function headLogits({ classes, width, weights, bias }: Head, { values, at }: Features): Float64Array {
  const logits = bias.slice();
  for (let c = 0; c < classes; c++) {
    const from = c * width;
    let sum = 0;
    // Two loops, as this is where fitting spends its time.
    if (at) for (let k = 0; k < values.length; k++) sum += values[k]! * weights[from + at[k]!]!;
    else for (let k = 0; k < values.length; k++) sum += values[k]! * weights[from + k]!;
    logits[c]! += sum;
  }
  return logits;
}

/**
 * The head with the least loss at this C.
 * @throws RangeError for a class without an example, or features that are not as many numbers as `width` says.
 */
export function fitHead(task: HeadTask, c: number): Head {
  checkTask(task);
  return descend(task, c, EXACT);
}

/** Of a task that was checked. `tolerance`: of the mean loss's gradient; `from`: where to begin, of the same shape. */
export function descend(
  { features, targets, classes, width }: HeadTask,
  c: number,
  tolerance: number,
  from?: Head,
): Head {
  const biases = classes * width;
  const head = (parameters: Float64Array): Head => ({
    classes,
    width,
    weights: parameters.subarray(0, biases),
    bias: parameters.subarray(biases),
  });
  // The mean loss and what is left of the penalty then. Two vectors that differ by w are ±w/2, penalised half as much as w is.
  const penalty = (classes === 2 ? 2 : 1) / (c * features.length);
  const loss = (parameters: Float64Array, gradient: Float64Array): number => {
    const at = head(parameters);
    const slopes = head(gradient);
    let sum = 0;
    for (let j = 0; j < biases; j++) {
      gradient[j] = penalty * parameters[j]!;
      sum += (penalty / 2) * parameters[j]! ** 2;
    }
    slopes.bias.fill(0);
    for (const [i, row] of features.entries()) {
      const probabilities = softmax(headLogits(at, row));
      const target = targets[i]!;
      sum -= Math.log(probabilities[target]!) / features.length;
      for (let k = 0; k < classes; k++)
        addRow(slopes, k, row, (probabilities[k]! - Number(k === target)) / features.length);
    }
    return sum;
  };
  const start = new Float64Array(biases + classes);
  if (from) {
    start.set(from.weights);
    start.set(from.bias, biases);
  }
  return head(minimise(loss, start, { tolerance, steps: STEPS }));
}

function addRow({ width, weights, bias }: Head, c: number, { values, at }: Features, times: number): void {
  const from = c * width;
  if (at) for (let k = 0; k < values.length; k++) weights[from + at[k]!]! += times * values[k]!;
  else for (let k = 0; k < values.length; k++) weights[from + k]! += times * values[k]!;
  bias[c]! += times;
}

/** Throws RangeError for a class without an example, or features that are not as many numbers as `width` says. */
export function checkTask({ features, targets, classes, width }: HeadTask): void {
  if (features.length !== targets.length)
    throw new RangeError(`${targets.length} targets for ${features.length} examples.`);
  const missing = Array.from({ length: classes }, (_, c) => c).find((c) => !targets.includes(c));
  if (missing !== undefined) throw new RangeError(`Class ${missing} of ${classes} has no example to fit a head to.`);
  const wrong = features.findIndex(({ values, at }) =>
    at ? at.length !== values.length || at.some((j) => j < 0 || j >= width) : values.length !== width,
  );
  if (wrong >= 0) throw new RangeError(`Example ${wrong} does not have ${width} features.`);
}
