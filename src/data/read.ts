/**
 * The one way from a file to a table, whoever reads it. The format is found from what is in the file; its name helps where that says
 * little. What could not be known is said in `how`, and may be wished otherwise.
 */
import { decode } from './encoding';
import { DataError } from './error';
import { gunzip, isGzip } from './gzip';
import { readJson } from './json';
import { isParquet, readParquet } from './parquet';
import { checkWishes, type ReadAs, type Wishes } from './read-as';
import { shapeRecords } from './records';
import { parseSeparated } from './separated';
import { isZip, readSpreadsheet } from './spreadsheet';
import type { Skipped, Table } from './table';

export interface Reading {
  table: Table;
  how: ReadAs;
  /** Rows that do not fit the columns, or whose quotes are out of place. */
  skipped: Skipped[];
}

interface Options extends Wishes {
  /** Hears the share that is done, 0 to 1. */
  onProgress?: (fraction: number) => void;
}

/** @throws DataError for what is no table, with the place and what to do. */
export async function readTable(file: Uint8Array, fileName = '', options: Options = {}): Promise<Reading> {
  const { onProgress = () => {}, ...wishes } = options;
  checkWishes(wishes);
  const bytes = isGzip(file) ? await gunzip(file) : file;
  if (isParquet(bytes)) return { table: await readParquet(bytes), how: { format: 'parquet' }, skipped: [] };
  if (isZip(bytes)) {
    const { records, sheet, sheets } = await readSpreadsheet(bytes, wishes.sheet);
    const { table, skipped, ...how } = shapeRecords(records, wishes);
    return { table, skipped, how: { format: 'xlsx', ...how, sheet, sheets } };
  }
  if (isOldSpreadsheet(bytes)) {
    throw new DataError(
      'The file is a spreadsheet of an old kind (.xls), or one with a password.',
      'Open it and save it as .xlsx without a password, or as “CSV UTF-8”.',
    );
  }
  const { text, encoding } = decode(bytes, wishes.encoding);
  if (text.trim() === '') {
    throw new DataError('The file is empty.', 'Choose a file with at least two rows.');
  }
  const json = readJson(text, /\.([^.]+?)(\.gz)?$/.exec(fileName.toLowerCase())?.[1]);
  if (json) {
    const { format, content } = json;
    if (!Array.isArray(content)) return { table: content, skipped: [], how: { format, encoding } };
    const { table, skipped, ...how } = shapeRecords(content, wishes);
    return { table, skipped, how: { format, encoding, ...how } };
  }
  const { records, delimiter, quote, skipFirst: atLeast } = parseSeparated(text, wishes, onProgress);
  const { table, skipped, header, skipFirst, skipLast } = shapeRecords(records, wishes);
  const skips = { skipFirst: Math.max(skipFirst, atLeast), skipLast };
  return { table, skipped, how: { format: 'separated', encoding, delimiter, quote, header, ...skips } };
}

const isOldSpreadsheet = (bytes: Uint8Array) => [0xd0, 0xcf, 0x11, 0xe0].every((byte, i) => bytes[i] === byte);
