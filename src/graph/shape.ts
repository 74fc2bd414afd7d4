/** Shapes are lists of axis lengths; data is row-major. */

export type Shape = readonly number[];

/** How many elements. */
export const size = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Whether one shape is the beginning of another: what spreads over its rows. */
export const begins = (prefix: Shape, shape: Shape): boolean =>
  prefix.length <= shape.length && prefix.every((length, axis) => shape[axis] === length);

/** The length of an axis; −1 is the last. Throws for an axis that there is not. */
export function axisLength(shape: Shape, axis: number): number {
  const length = shape.at(axis);
  if (length === undefined) throw new RangeError(`[${shape}] has no axis ${axis}`);
  return length;
}
