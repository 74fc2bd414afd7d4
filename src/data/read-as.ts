/** How a file is read as a table: what is assumed of it, and what a person may say instead. */
import { DataError } from './error';
import { MOST_ROWS } from './table';

/** By the names that TextDecoder takes. */
export const ENCODINGS = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16, big-endian',
  'windows-1252': 'Windows-1252 (Western)',
  'windows-1250': 'Windows-1250 (Central European)',
  'windows-1251': 'Windows-1251 (Cyrillic)',
  'windows-1253': 'Windows-1253 (Greek)',
  'windows-1254': 'Windows-1254 (Turkish)',
  'koi8-r': 'KOI8-R (Cyrillic)',
  macintosh: 'Mac Roman',
  shift_jis: 'Shift JIS (Japanese)',
  gb18030: 'GB 18030 (Chinese)',
  big5: 'Big5 (Chinese)',
  'euc-kr': 'EUC-KR (Korean)',
} as const;
export type Encoding = keyof typeof ENCODINGS;

/** By the character; without one a line is one cell. */
export const DELIMITERS = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar', '': 'none' } as const;
export type Delimiter = keyof typeof DELIMITERS;

export const QUOTES = { '"': 'double quotes', "'": 'single quotes', '': 'no quotes' } as const;
export type Quote = keyof typeof QUOTES;

export const FORMATS = {
  separated: 'text',
  json: 'JSON',
  jsonl: 'JSON lines',
  xlsx: 'spreadsheet',
  parquet: 'Parquet',
} as const;
export type Format = keyof typeof FORMATS;

/** What a person may set. A format is asked for no more than `ReadAs` has of it. */
export interface Wishes {
  encoding?: Encoding | undefined;
  delimiter?: Delimiter | undefined;
  quote?: Quote | undefined;
  /** Whether the first row that is read names the columns. */
  header?: boolean | undefined;
  /** Rows of the file before the first one that is read. */
  skipFirst?: number | undefined;
  /** Rows after the last one that is read, empty ones not counted. */
  skipLast?: number | undefined;
  sheet?: string | undefined;
}

/** What was assumed, or wished. */
export interface ReadAs extends Wishes {
  format: Format;
  /** The names of all sheets of a spreadsheet. */
  sheets?: string[];
}

/** Throws a DataError for a wish that cannot be. */
export function checkWishes({ encoding, delimiter, quote, skipFirst = 0, skipLast = 0 }: Wishes): void {
  const one = (what: string, value: string | undefined, known: object) => {
    if (value === undefined || Object.hasOwn(known, value)) return;
    throw new DataError(`“${value}” is no ${what}.`, `Choose one of ${Object.values(known).join(', ')}.`);
  };
  one('encoding', encoding, ENCODINGS);
  one('delimiter', delimiter, DELIMITERS);
  one('kind of quotes', quote, QUOTES);
  for (const rows of [skipFirst, skipLast]) {
    if (Number.isInteger(rows) && rows >= 0 && rows <= MOST_ROWS) continue;
    throw new DataError(`${rows} rows cannot be skipped.`, `Choose a whole number from 0 to ${MOST_ROWS}.`);
  }
}

/** As one line for a person: “tab-separated, no quotes, first row is the header, UTF-8; 2 rows above and 1 below skipped”. */
export function describeReading({ format, encoding, delimiter, quote, header, ...rest }: ReadAs): string {
  const { skipFirst = 0, skipLast = 0, sheet, sheets = [] } = rest;
  const parts = [
    format === 'separated' ? (delimiter ? `${DELIMITERS[delimiter]}-separated` : 'a cell a line') : FORMATS[format],
    quote !== undefined && QUOTES[quote],
    sheets.length > 1 && `sheet “${sheet}”`,
    header !== undefined && (header ? 'first row is the header' : 'no header'),
    encoding && ENCODINGS[encoding],
  ];
  const skips = [skipFirst > 0 && `${skipFirst} above`, skipLast > 0 && `${skipLast} below`]
    .filter(Boolean)
    .join(' and ');
  const noun = (skipFirst || skipLast) === 1 ? ' row' : ' rows';
  return parts.filter(Boolean).join(', ') + (skips && `; ${skips.replace(/\d+/, `$&${noun}`)} skipped`);
}
