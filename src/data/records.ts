/** Records of cells, as files and sheets have them, to a table: titles and footers, the header, columns without a name. */
import { DataError } from './error';
import { nameParts } from './names';
import type { Wishes } from './read-as';
import { checkCount, type Skipped, spread, type Table } from './table';

/** A record that has anything in it. */
export interface FileRecord {
  row: number;
  cells: string[];
  /** Why it cannot be relied upon, as part of a sentence. */
  fault?: string;
}

export interface Shaped {
  table: Table;
  skipped: Skipped[];
  header: boolean;
  skipFirst: number;
  skipLast: number;
}

/** A file has no longer title. */
const MOST_TITLE_ROWS = 20;
const SAMPLE = 1000;

const filled = (cells: string[]) => cells.filter((cell) => cell.trim() !== '').length;

/** The number of cells that most of the records have; of as common ones the larger. Zero for no records. */
export function usualWidth(records: readonly { length: number }[]): number {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  let [width, most] = [0, 0];
  for (const [length, count] of counts)
    if (count > most || (count === most && length > width)) [width, most] = [length, count];
  return width;
}

/**
 * @throws DataError where no rows are left, or most of them have more cells than there are columns.
 */
export function shapeRecords(all: readonly FileRecord[], wishes: Wishes): Shaped {
  const width = usualWidth(all.map(({ cells }) => cells));
  const skipFirst = wishes.skipFirst ?? titleRows(all, width);
  const from = all.findIndex(({ row }) => row > skipFirst);
  const below = from < 0 ? [] : all.slice(from);
  const skipLast = wishes.skipLast ?? footerRows(below, width);
  const records = below.slice(0, Math.max(0, below.length - skipLast));
  const [first, ...others] = records;
  if (!first) {
    throw new DataError('No row of the file is left to read.', 'Skip fewer rows, or choose another file.');
  }
  const header = wishes.header ?? isHeader(first.cells, others);
  const body = header ? others : records;
  if (body.length === 0) {
    throw new DataError('The file has a header, but no rows.', 'Add rows under the header.', { row: first.row });
  }
  checkCount(body.length);
  return { ...assemble(header ? first.cells : [], body), header, skipFirst, skipLast };
}

/** Rows of a single cell above a row that has all of them. */
function titleRows(records: readonly FileRecord[], width: number): number {
  if (width < 2) return 0;
  let last = 0;
  for (const { row, cells } of records.slice(0, MOST_TITLE_ROWS)) {
    if (filled(cells) > 1) return filled(cells) > width / 2 ? last : 0;
    last = row;
  }
  return 0;
}

/** Rows of a single cell, and no empty ones beside it, at the end. */
function footerRows(records: readonly FileRecord[], width: number): number {
  if (width < 2) return 0;
  const last = records.findLastIndex(({ cells }) => cells.length > 1);
  const rows = records.length - 1 - last;
  return rows <= MOST_TITLE_ROWS ? rows : 0;
}

const isNumber = (cell: string) => /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?%?$/i.test(cell);
const isSentence = (cell: string) => cell.length > 60 || cell.split(/\s+/).length > 6;
/** More than a name, though short. */
const isPhrase = (cell: string) => /[.,;:!?]/.test(cell) || cell.split(/\s+/).length > 3;

/**
 * Whether a first row names columns, by what speaks for it and against it: a cell that comes again below, or is a sentence or a number
 * like those below, is none; names that columns often have, words above numbers and short names above long texts are.
 */
function isHeader(cells: string[], records: readonly FileRecord[]): boolean {
  const sample = spread(records, SAMPLE);
  let evidence = 0;
  for (const [i, cell] of cells.entries()) {
    const name = cell.trim();
    if (name === '') continue;
    if (isSentence(name)) evidence -= 3;
    else if (nameParts(name).some((part) => COLUMN_NAMES.has(part))) evidence += 2;
    else if (isPhrase(name)) evidence -= 1;
    const below = sample.map((record) => (record.cells[i] ?? '').trim()).filter((value) => value !== '');
    if (below.length === 0) continue;
    const numbers = below.every(isNumber);
    const length = below.reduce((sum, value) => sum + value.length, 0) / below.length;
    if (records.some((record) => record.cells[i]?.trim() === name)) evidence -= 3;
    else if (new Set(below).size <= below.length / 2) evidence += 1;
    if (numbers) evidence += isNumber(name) ? -2 : 2;
    if (length > 3 * name.length && !isPhrase(name)) evidence += 1;
  }
  return evidence >= 0;
}

/** Parts of what columns are often called. */
const COLUMN_NAMES = new Set(
  'id index text texts note notes comment comments feedback review sentence message content body tweet title question label labels class category target sentiment rating stars score y name date time timestamp author user'.split(
    ' ',
  ),
);

function assemble(header: string[], body: readonly FileRecord[]): Pick<Shaped, 'table' | 'skipped'> {
  const names = header.map((name) => name.trim());
  while (names.at(-1) === '') names.pop();
  const usual = usualWidth(body.map(({ cells }) => cells));
  // A program for statistics leaves its row numbers without a name, and without a comma in the header.
  const counts = (at: number) => body.every(({ cells }, i) => Number(cells[at]) === Number(body[0]!.cells[at]) + i);
  if (names.length > 0 && names.length === usual - 1 && body.length > 2 && filledColumn(body, usual - 1) && counts(0)) {
    names.unshift('');
  }
  const width = names.length > 0 ? names.length : usual;
  const skipped: Skipped[] = [];
  const fits = body.filter(({ row, cells, fault }) => {
    const why = fault ?? (filled(cells.slice(width)) > 0 && `it has ${cells.length} cells, not ${width}`);
    if (why) skipped.push({ row, why });
    return !why;
  });
  if (skipped.length > body.length / 2) {
    const { row, why } = skipped[0]!;
    throw new DataError(
      `Row ${row} does not fit the columns: ${why}. So do ${skipped.length} of ${body.length} rows.`,
      'Put quotation marks around cells that contain what separates columns, or say how else the file is to be read.',
      { row },
    );
  }
  // What has neither name nor content comes of commas at the ends of lines.
  const kept = Array.from({ length: width }, (_, i) => i).filter((i) => names[i] || filledColumn(fits, i));
  return {
    table: {
      columns: uniqueNames(kept.map((i) => names[i] || `column ${i + 1}`)),
      rows: fits.map(({ cells }) => kept.map((i) => cells[i] ?? '')),
      rowNumbers: fits.map(({ row }) => row),
    },
    skipped,
  };
}

const filledColumn = (records: readonly FileRecord[], at: number) =>
  records.some(({ cells }) => (cells[at] ?? '').trim() !== '');

/** The second “text” becomes “text (2)”. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; taken.has(unique); n++) unique = `${name} (${n})`;
    taken.add(unique);
    return unique;
  });
}
