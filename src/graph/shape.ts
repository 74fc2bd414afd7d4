/** Shapes are lists of axis lengths; data is row-major. */

export type Shape = readonly number[];

/** How many elements. */
export const size = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Whether one shape is the beginning of another: what spreads over its rows. */
export const begins = (prefix: Shape, shape: Shape): boolean =>
  prefix.length <= shape.length && prefix.every((length, axis) => shape[axis] === length);

/** Whether one shape is the end of another: what repeats over its leading axes. */
export const ends = (suffix: Shape, shape: Shape): boolean => begins(suffix.toReversed(), shape.toReversed());

/** The length of an axis; −1 is the last. Throws for an axis that there is not. */
export function axisLength(shape: Shape, axis: number): number {
  const length = shape.at(axis);
  if (length === undefined) throw new RangeError(`[${shape}] has no axis ${axis}`);
  return length;
}

/** How many neighbours of what is masked share one element of its mask. */
export const maskRun = (mask: Shape, x: Shape): number => (begins(mask, x) ? size(x) / size(mask) : 1);
