/** How far an accuracy that was measured on a few examples may be from the true one. */

/** Lowest and highest, as fractions. */
export type Interval = readonly [low: number, high: number];

/** Of the normal distribution, 95 % lie within so many standard deviations. */
const Z = 1.959963984540054;

/** Wilson's 95 % interval for `right` of `examples` (Wilson 1927): sensible for few examples, and for none or all of them right. */
export function wilson(right: number, examples: number): Interval {
  if (!(examples > 0 && right >= 0 && right <= examples))
    throw new RangeError(`${right} of ${examples} examples cannot be right.`);
  const share = right / examples;
  const shrink = 1 + Z ** 2 / examples;
  const middle = (share + Z ** 2 / (2 * examples)) / shrink;
  const half = (Z / shrink) * Math.sqrt((share * (1 - share)) / examples + Z ** 2 / (4 * examples ** 2));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Of an evaluation's accuracy. */
export const intervalOf = ({
  predictions,
  confusion,
}: {
  predictions: readonly number[];
  confusion: readonly (readonly number[])[];
}): Interval =>
  wilson(
    confusion.reduce((sum, row, c) => sum + row[c]!, 0),
    predictions.length,
  );
