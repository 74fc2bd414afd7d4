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

/** Whether one shape's axes are another's from `axis` on, which is then spread over the axes before and behind them. */
export const spreads = (part: Shape, shape: Shape, axis: number): boolean => begins(part, shape.slice(axis));

/** How many neighbours in `shape` share one element of a part that spreads over it. */
export const runOf = (part: Shape, shape: Shape, axis: number): number => size(shape.slice(axis + part.length));

/** Which pairs of tokens count: those of a key that is at most `ahead` tokens behind its query. */
export interface Causal {
  /** The axis of queries; keys are on the last. */
  queries: number;
  ahead: number;
}

/** Whether a pair counts, by the index of its element. */
export function isSeen(shape: Shape, element: number, { queries, ahead }: Causal): boolean {
  const query = Math.floor(element / size(shape.slice(queries + 1))) % axisLength(shape, queries);
  return element % axisLength(shape, -1) <= query + ahead;
}

/** How every candidate's prompt and every text come together: `rows`, a text's and behind them a prompt's, or their sum. */
export type Pairing = 'rows' | 'sum';

/** [texts, …] and [candidates, …] as [candidates · texts, …]. */
export function pairShape([texts = 1, ...text]: Shape, [candidates = 1, ...prompt]: Shape, by: Pairing): Shape {
  const [rows = 1, ...rest] = text;
  return [candidates * texts, ...(by === 'rows' ? [rows + (prompt[0] ?? 1), ...rest] : text)];
}
