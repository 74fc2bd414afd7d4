/**
 * What tuning minimises, and what a person wants to know: all from the logits of the label words, one row for each example.
 */

/** Logits of the label words, in the order of the labels. */
export type Row = ArrayLike<number>;

export interface Evaluation {
  /** Mean cross-entropy in nats. */
  loss: number;
  /** Fraction of examples whose highest logit is that of their label. */
  accuracy: number;
  /** Predicted class of each example. */
  predictions: number[];
  /** [target][predicted], counts. */
  confusion: number[][];
}

/** `targets` are class indices. With no example, loss and accuracy are NaN. */
export function evaluate(logits: readonly Row[], targets: readonly number[], classes: number): Evaluation {
  if (logits.length !== targets.length)
    throw new RangeError(`${targets.length} targets for ${logits.length} examples.`);
  const predictions = logits.map(predict);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  targets.forEach((target, i) => {
    confusion[target]![predictions[i]!]!++;
  });
  return {
    loss: crossEntropy(logits, targets),
    accuracy: mean(targets.map((target, i) => Number(predictions[i] === target))),
    predictions,
    confusion,
  };
}

/** Mean of −log softmax(row)[target]; NaN where a logit is not a number. */
export function crossEntropy(logits: readonly Row[], targets: readonly number[]): number {
  return mean(
    logits.map((row, i) => {
      // Relative to the highest, so that no exponential overflows.
      const top = Math.max(...Array.from(row));
      const total = Array.from(row).reduce((sum, logit) => sum + Math.exp(logit - top), 0);
      return Math.log(total) + top - row[targets[i]!]!;
    }),
  );
}

/** Probabilities in proportion to e^logit. */
export function softmax(row: Row): Float64Array {
  const top = row.length > 0 ? Math.max(...Array.from(row)) : 0;
  const weights = Float64Array.from(row, (logit) => Math.exp(logit - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** The class with the highest logit; of equals, the first. */
export function predict(row: Row): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
  return best;
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
