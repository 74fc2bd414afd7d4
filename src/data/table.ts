/** Tables of text, and how a file is read as one. */
import { DataError } from './error';

export { DataError };

export interface Table {
  /** Every name once. */
  columns: string[];
  /** Each with as many cells as there are columns; what a row lacks is empty. */
  rows: string[][];
  /** Where each row stands in the file, as a spreadsheet counts from 1; in JSON lines it is the line, in other lists the item. */
  rowNumbers: number[];
}

/** A column of texts and one of labels. */
export interface Columns {
  text: string;
  label: string;
}

/** A row that was left out, and why, as part of a sentence. */
export interface Skipped {
  row: number;
  why: string;
}

/** More than that would not fit a page's memory together with everything else. */
export const MOST_ROWS = 200_000;

/** Throws a DataError for more rows than `MOST_ROWS`. */
export function checkCount(rows: number): void {
  if (rows <= MOST_ROWS) return;
  const most = MOST_ROWS.toLocaleString('en');
  throw new DataError(
    `The file has more than ${most} rows.`,
    `Keep at most ${most} of them: a few hundred examples are enough to tune a prompt.`,
    { row: MOST_ROWS + 2 },
  );
}

/** The index of a column. Throws a DataError that names the columns there are. */
export function columnIndex({ columns }: Table, name: string): number {
  const index = columns.indexOf(name);
  if (index < 0) {
    const known = columns.map((column) => `“${column}”`).join(', ');
    throw new DataError(`There is no column “${name}”.`, `Choose one of ${known}.`, { row: 1, column: name });
  }
  return index;
}

/** At most `count` of the items, from all over the list: files are often sorted by label. Not at equal distances: others alternate. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const step = items.length / count;
  return Array.from({ length: count }, (_, i) => items[Math.floor((i + ((i * GOLDEN) % 1)) * step)]!);
}

/** Its multiples' fractions are spread evenly. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;
