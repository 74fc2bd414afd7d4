/**
 * Tables of text, from CSV, TSV or JSON lines.
 *
 * Whatever cannot be used is refused as a whole, with the first place that is wrong: a table that was quietly mended would train
 * on something else than its owner believes.
 */
import Papa from 'papaparse';
import { DataError } from './error';

export { DataError };

export interface Table {
  columns: string[];
  /** Each with as many cells as there are columns. */
  rows: string[][];
  /**
   * Where each row stands in the file, as a spreadsheet counts: the first row under the header is 2. In JSON lines, which have no
   * header, it is the line.
   */
  rowNumbers: number[];
}

/** A column of texts and one of labels. */
export interface Columns {
  text: string;
  label: string;
}

/** More than that would not fit a page's memory together with everything else. */
export const MOST_ROWS = 200_000;

type Format = 'csv' | 'tsv' | 'jsonl';

/**
 * The format is taken from the ending of `fileName`, or guessed from the text. Commas, semicolons, tabs and bars separate
 * columns. Empty lines are passed over.
 * @throws DataError
 */
export function parseTable(source: Uint8Array | string, fileName = ''): Table {
  const text = typeof source === 'string' ? source.replace(/^\uFEFF/, '') : decode(source);
  if (text.trim() === '')
    throw new DataError('The file is empty.', 'Choose a file with a header and at least two rows.');
  if (text.includes('\0')) throw notText();
  const format = formatOf(fileName, text);
  const table = format === 'jsonl' ? parseJsonLines(text) : parseSeparated(text, format);
  if (table.rows.length === 0) {
    throw new DataError('The file has a header, but no rows.', 'Add rows under the header.', { row: 1 });
  }
  return table;
}

/**
 * The columns that are probably meant, by their names and by what is in them: labels repeat, texts are long and do not.
 * @throws DataError for a table of one column.
 */
export function guessColumns({ columns, rows }: Table): Columns {
  if (columns.length < 2) {
    const remedy = 'Use a file with a column of texts and a column of labels.';
    throw new DataError(`The file has one column only, “${columns[0]}”.`, remedy, { row: 1, column: columns[0] });
  }
  const sample = rows.slice(0, 1000);
  const measured = columns.map((name, i) => {
    const cells = sample.map((row) => row[i]!.trim());
    const length = cells.reduce((sum, cell) => sum + cell.length, 0) / cells.length;
    return { name, length, distinct: new Set(cells).size };
  });
  const text =
    measured.find(({ name }) => TEXT_NAME.test(name)) ?? measured.toSorted((a, b) => b.length - a.length)[0]!;
  const others = measured.filter((column) => column !== text);
  const label =
    others.find(({ name }) => LABEL_NAME.test(name)) ??
    others.filter(({ distinct }) => distinct > 1).toSorted((a, b) => a.distinct - b.distinct)[0] ??
    others[0]!;
  return { text: text.name, label: label.name };
}

const TEXT_NAME = /^(text|texts|note|notes|comment|comments|feedback|review|sentence|message|content|body)$/i;
const LABEL_NAME = /^(label|labels|class|category|target|sentiment|y)$/i;

function formatOf(fileName: string, text: string): Format {
  const ending = fileName.toLowerCase().split('.').at(-1)!;
  if (ending === 'csv' || ending === 'tsv' || ending === 'jsonl') return ending;
  if (ending === 'ndjson') return 'jsonl';
  // JSON lines begin with an object; a header hardly begins with a brace.
  return text.trimStart().startsWith('{') ? 'jsonl' : 'csv';
}

function decode(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    throw new DataError('The file is UTF-16 text.', 'Save it as “CSV UTF-8” (in Excel: Save as, CSV UTF-8).');
  }
  // Zip archives are what spreadsheets are saved as by default.
  if (a === 0x50 && b === 0x4b && bytes[2] === 3 && bytes[3] === 4) {
    throw new DataError(
      'The file is a spreadsheet or an archive, not text.',
      'Open it and save the sheet as “CSV UTF-8”.',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    if (bytes.includes(0)) throw notText();
    throw new DataError(
      `The file is not UTF-8 text: line ${firstBadLine(bytes)} has letters in another encoding.`,
      'Save it as “CSV UTF-8” (in Excel: Save as, CSV UTF-8).',
      { row: firstBadLine(bytes) },
    );
  }
}

const notText = () =>
  new DataError(
    'The file is not text: it has bytes that no text has.',
    'Choose a CSV, TSV or JSON lines file saved as UTF-8.',
  );

/** The first line that does not decode. A line break is never part of another UTF-8 character, so lines stand alone. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(from, to));
    } catch {
      break;
    }
    from = to + 1;
  }
  return line;
}

function parseSeparated(text: string, format: Format): Table {
  const delimiter = format === 'tsv' ? '\t' : sniffDelimiter(text);
  const records: string[][] = [];
  const errors: Papa.ParseError[] = [];
  Papa.parse<string[]>(text, {
    delimiter,
    step: ({ data, errors: found }, parser) => {
      records.push(data);
      errors.push(...found);
      if (found.length > 0 || records.length > 2 * MOST_ROWS) parser.abort();
    },
  });
  const quote = errors.find(({ type }) => type === 'Quotes');
  if (quote) {
    throw new DataError(
      `Row ${records.length} has a quotation mark that is never closed, or text right after a closing one.`,
      'Write a quotation mark inside a quoted cell twice: "he said ""no""".',
      { row: records.length },
    );
  }

  const isEmpty = (cells: string[]) => cells.every((cell) => cell.trim() === '');
  const numbered = records.map((cells, i) => ({ row: i + 1, cells })).filter(({ cells }) => !isEmpty(cells));
  const [header, ...body] = numbered as [NumberedRow, ...NumberedRow[]];
  const columns = checkHeader(header);
  checkCount(body.length);
  for (const { row, cells } of body) {
    if (cells.length === columns.length) continue;
    const remedy =
      cells.length > columns.length
        ? `Put quotation marks around cells that contain a ${DELIMITERS[delimiter]}.`
        : 'Give every row as many cells as the header has; leave a cell empty rather than out.';
    throw new DataError(`Row ${row} has ${count(cells.length, 'cell')}, the header has ${columns.length}.`, remedy, {
      row,
    });
  }
  const rows = body.map(({ cells }) => cells);
  checkNotData(columns, rows, header.row);
  return { columns, rows, rowNumbers: body.map(({ row }) => row) };
}

interface NumberedRow {
  row: number;
  cells: string[];
}

const DELIMITERS: { [delimiter: string]: string } = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' };

/**
 * The separator of the header: what splits it into most cells. Papaparse's own guess looks at ten rows and is led astray by
 * commas in the text; a header has none. Quoted cells are taken out first. One column (no separator) parses as commas do.
 */
function sniffDelimiter(text: string): string {
  const header = text
    .trimStart()
    .split(/\r\n|\n|\r/, 1)[0]!
    .replace(/"(?:[^"]|"")*"/g, '');
  const occurrences = (delimiter: string) => header.split(delimiter).length;
  return Object.keys(DELIMITERS).reduce((best, next) => (occurrences(next) > occurrences(best) ? next : best));
}

function checkHeader({ row, cells }: NumberedRow): string[] {
  const columns = cells.map((cell) => cell.trim());
  columns.forEach((column, i) => {
    if (column === '') {
      const remedy = 'Name every column in the first row, or delete the empty column.';
      throw new DataError(`Column ${i + 1} has no name in the header.`, remedy, { row });
    }
    if (columns.indexOf(column) < i) {
      const remedy = 'Give every column its own name.';
      throw new DataError(`Two columns are called “${column}”.`, remedy, { row, column });
    }
  });
  return columns;
}

/** Where the first row looks like the others, the header is missing: a sentence, or a label that comes again below. */
function checkNotData(columns: string[], rows: string[][], row: number): void {
  const isSentence = (column: string) => column.length > 60 || column.split(/\s+/).length > 6;
  const comesAgain = (column: string, i: number) => rows.filter((cells) => cells[i]!.trim() === column).length > 1;
  const suspect = columns.find((column, i) => isSentence(column) || comesAgain(column, i));
  if (suspect === undefined) return;
  const remedy = 'Add a first row that names the columns, such as text,label.';
  throw new DataError(`The file has no header: its first row holds “${shorten(suspect)}”.`, remedy, { row });
}

function parseJsonLines(text: string): Table {
  const columns: string[] = [];
  const rows: string[][] = [];
  const rowNumbers: number[] = [];
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const row = i + 1;
    const record = parseObject(line, row);
    if (rows.length === 0) columns.push(...Object.keys(record));
    for (const column of columns) {
      if (!Object.hasOwn(record, column)) {
        const remedy = 'Give every line the same fields.';
        throw new DataError(`Line ${row} has no “${column}”, which the first line has.`, remedy, { row, column });
      }
    }
    rows.push(columns.map((column) => asCell(record[column], row, column)));
    rowNumbers.push(row);
    checkCount(rows.length);
  }
  return { columns, rows, rowNumbers };
}

function parseObject(line: string, row: number): { [field: string]: unknown } {
  const remedy = 'Write one JSON object on every line, such as {"text": "…", "label": "…"}.';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new DataError(`Line ${row} is not JSON: ${(error as Error).message}.`, remedy, { row });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DataError(`Line ${row} is not a JSON object.`, remedy, { row });
  }
  return value as { [field: string]: unknown };
}

function asCell(value: unknown, row: number, column: string): string {
  if (value === null) return '';
  if (typeof value === 'object') {
    const remedy = `Make “${column}” a text, a number, true or false.`;
    throw new DataError(`Line ${row} has ${Array.isArray(value) ? 'a list' : 'an object'} as “${column}”.`, remedy, {
      row,
      column,
    });
  }
  return String(value);
}

function checkCount(rows: number): void {
  if (rows <= MOST_ROWS) return;
  const most = MOST_ROWS.toLocaleString('en');
  throw new DataError(
    `The file has more than ${most} rows.`,
    `Keep at most ${most} of them: a few hundred examples are enough to tune a prompt.`,
    { row: MOST_ROWS + 2 },
  );
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
