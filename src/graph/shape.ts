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

/** What a row counts of the columns before its own, at it and behind it, in eighths. */
export type Eighths = readonly [before: number, own: number, behind: number];

/** As many of a column at most, either way. */
export const MOST_EIGHTHS = 16;

/** Of which column a row is, and in what order columns follow one another: as they stand, but that the last `slots` come behind the first one. */
export interface Beside {
  /** The first row's own column; the second row's is the next one. */
  first: number;
  slots: number;
}

/** The columns before a row's own, at it and behind it; undefined where there is none. */
export function besides(row: number, columns: number, { first, slots }: Beside): (number | undefined)[] {
  const text = columns - slots;
  const own = first + row;
  const place = own === 0 ? 0 : own < text ? own + slots : own - text + 1;
  const at = (p: number) => (p === 0 ? 0 : p <= slots ? text + p - 1 : p - slots);
  return [place - 1, place, place + 1].map((p) => (p >= 0 && p < columns ? at(p) : undefined));
}

/** How every candidate's prompt and every text come together: `rows`, a text's and behind them a prompt's, or their sum. */
export type Pairing = 'rows' | 'sum';

/** [texts, …] and [candidates, …] as [candidates · texts, …]. */
export function pairShape([texts = 1, ...text]: Shape, [candidates = 1, ...prompt]: Shape, by: Pairing): Shape {
  const [rows = 1, ...rest] = text;
  return [candidates * texts, ...(by === 'rows' ? [rows + (prompt[0] ?? 1), ...rest] : text)];
}
