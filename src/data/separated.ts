/**
 * Separated values. Which character separates and which one quotes is found by trying: of all pairs, the one that makes the most regular
 * table of the whole file.
 */
import Papa from 'papaparse';
import { nameParts } from './names';
import type { Delimiter, Quote, Wishes } from './read-as';
import { type FileRecord, usualWidth } from './records';
import { checkCount, MOST_ROWS } from './table';

interface Dialect {
  delimiter: Delimiter;
  quote: Quote;
}

export interface Separated extends Dialect {
  /** Empty lines are left out, but counted. */
  records: FileRecord[];
  /** A first line that only says what separates. */
  skipFirst: number;
}

/** Where they do as well, the one that is rarer in texts. */
const DELIMITERS_TRIED: Delimiter[] = ['', '\t', '|', ';', ','];
const QUOTES_TRIED: Quote[] = ['"', '', "'"];
/** What Papaparse is told for none: neither is in a text that is read here. */
const NO_DELIMITER = '\x1f';
const NO_QUOTE = '\0';

/** Characters of a file's beginning that show which delimiters are worth a try on all of it. */
const SAMPLE = 200_000;
/** A delimiter that is so much worse there is not. */
const MARGIN = 0.2;
/** What a single column is worth, where a delimiter that splits all lines alike is worth 1. */
const ONE_COLUMN = 0.6;
/** Columns' names in the first line speak for the delimiter that finds them, spaces after all delimiters against: so is prose. */
const NAMES = 0.3;
const PROSE = 0.3;

/** Of a file, empty ones too: with more there is no need to look at the rest. */
const MOST_LINES = 2 * MOST_ROWS;

/**
 * `onProgress` hears the share that is done, 0 to 1. `text` has \n as line ends.
 * @throws DataError for far too many rows.
 */
export function parseSeparated(text: string, wishes: Wishes, onProgress: (fraction: number) => void): Separated {
  const [line, said] = /^"?sep=(.)"?\n/i.exec(text) ?? [''];
  const body = text.slice(line.length);
  const delimiter = wishes.delimiter ?? DELIMITERS_TRIED.find((known) => known === said);
  // Where none is at the beginning of a cell, none quotes.
  const quotes = QUOTES_TRIED.filter((quote) => quote === '' || new RegExp(`(^|[\n\t|;,])${quote}`).test(body));
  const dialects = (delimiter === undefined ? DELIMITERS_TRIED : [delimiter]).flatMap((delimiter) =>
    (wishes.quote === undefined ? quotes : [wishes.quote]).map((quote) => ({ delimiter, quote })),
  );
  const tried = promising(body, dialects);
  let best: { dialect: Dialect; score: number; parsed: Parsed } | undefined;
  for (const [i, dialect] of tried.entries()) {
    const parsed = parse(body, dialect);
    const score = regularity(parsed, dialect);
    // By more than rounding: the first of equals stays.
    if (!best || score > best.score + 1e-9) best = { dialect, score, parsed };
    onProgress((i + 1) / tried.length);
  }
  const { dialect, parsed } = best!;
  if (parsed.records.length === MOST_LINES) checkCount(MOST_LINES);
  const skipFirst = said === undefined ? 0 : 1;
  const records = parsed.records
    .map((cells, i) => ({ row: i + 1 + skipFirst, cells, ...(parsed.faults.has(i) && { fault: misquoted(cells) }) }))
    .filter(({ cells }) => !isEmpty(cells));
  return { ...dialect, records, skipFirst };
}

function misquoted(cells: string[]): string {
  const lines = cells.join('').split('\n').length - 1;
  const lost = lines > 0 ? `, and runs over ${lines} more ${lines === 1 ? 'line' : 'lines'}` : '';
  return `it has a quotation mark that is not closed, or text right after a closing one${lost}`;
}

/** The dialects that do well on the file's beginning. */
function promising(text: string, dialects: Dialect[]): Dialect[] {
  if (text.length <= SAMPLE) return dialects;
  const sample = text.slice(0, text.lastIndexOf('\n', SAMPLE) + 1 || SAMPLE);
  const scores = dialects.map((dialect) => regularity(parse(sample, dialect), dialect));
  const enough = Math.max(...scores) - MARGIN;
  // With all quotes: one that is left open may come later.
  const good = new Set(dialects.filter((_, i) => scores[i]! >= enough).map(({ delimiter }) => delimiter));
  return dialects.filter(({ delimiter }) => good.has(delimiter));
}

interface Parsed {
  records: string[][];
  /** Indices of those with quotes out of place. */
  faults: Set<number>;
}

function parse(text: string, { delimiter, quote }: Dialect): Parsed {
  const { data, errors } = Papa.parse<string[]>(text, {
    delimiter: delimiter || NO_DELIMITER,
    quoteChar: quote || NO_QUOTE,
    newline: '\n',
    preview: MOST_LINES,
  });
  return { records: data, faults: new Set(errors.filter(({ type }) => type === 'Quotes').map(({ row }) => row!)) };
}

const isEmpty = (cells: string[]) => cells.every((cell) => cell.trim() === '');

/**
 * How regular a table is: the share of records that are as wide as they should be, less what speaks against the dialect: quotes that are
 * not closed, cells that swallowed whole records, and cells in quotes that were not taken off.
 */
function regularity({ records: parsed, faults }: Parsed, { delimiter, quote }: Dialect): number {
  const filled = parsed.filter((cells) => !isEmpty(cells));
  // Titles and footers are narrower than the table between them: half a fault each.
  const isWide = (cells: string[]) => cells.length > 1;
  const [first, last] = [filled.findIndex(isWide), filled.findLastIndex(isWide)];
  const inner = filled.slice(Math.max(0, first), last + 1);
  const around = filled.length - inner.length;
  const isFramed = around <= inner.length;
  const records = isFramed ? inner : filled;
  const all = records.length + (isFramed ? around / 2 : 0);
  if (records.length === 0) return 0;
  const named = isNames(records[0]!);
  const width = usualWidth(records);
  // Commas and semicolons are in prose, too: there a cell has to be one that its column has elsewhere, such as a label.
  let known: Set<string>[] | undefined;
  const isRecord = (line: string): boolean => {
    const parts = line.split(delimiter);
    if (parts.length !== width) return false;
    if (delimiter === '\t' || delimiter === '|') return true;
    known ??= Array.from({ length: width }, (_, i) => new Set(records.map((cells) => cells[i] ?? '')));
    return parts.some((part, i) => part.trim() !== '' && known![i]!.has(part));
  };
  let [fitting, swallowed, enclosed, cells, spaced] = [0, 0, 0, 0, 0];
  for (const record of records) {
    if (record.length === width) fitting++;
    for (const [i, cell] of record.entries()) {
      if (quote !== '' && delimiter !== '' && cell.includes('\n')) {
        swallowed += cell.split('\n').filter(isRecord).length;
      }
      if (isEnclosed(cell, quote)) enclosed++;
      if (i > 0) {
        cells++;
        if (cell.startsWith(' ')) spaced++;
      }
    }
  }
  const share = (fitting - faults.size - swallowed - enclosed) / all;
  if (width < 2) return ONE_COLUMN * share;
  return share + (named ? NAMES : 0) - PROSE * (spaced / cells);
}

/** In quotes other than those that count, those within it doubled. */
function isEnclosed(cell: string, quote: Quote): boolean {
  const first = cell[0];
  if (cell.length < 2 || (first !== '"' && first !== "'") || first === quote || !cell.endsWith(first)) return false;
  return !cell
    .slice(1, -1)
    .replaceAll(first + first, '')
    .includes(first);
}

/** Several short names, all different: a header that was split where it should be. */
const isNames = (cells: string[]): boolean =>
  cells.length > 1 &&
  cells.every((cell) => cell.length <= 40 && nameParts(cell).length <= 4) &&
  new Set(cells).size === cells.length;
