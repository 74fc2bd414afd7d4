/** Spreadsheets as Excel saves them. What reads them is loaded when the first one comes. */
import { DataError } from './error';
import type { FileRecord } from './records';

export interface Sheets {
  records: FileRecord[];
  sheet: string;
  sheets: string[];
}

/** Zip archives begin so. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/** The sheet of that name, else the one with the most rows. Throws a DataError where the file is no spreadsheet, or has nothing in it. */
export async function readSpreadsheet(bytes: Uint8Array, wished?: string): Promise<Sheets> {
  const { default: readXlsx } = await import('read-excel-file/universal');
  const found = await readXlsx(bytes.slice().buffer, { trim: false }).catch((error: Error) => {
    throw new DataError(
      `The file is an archive or a spreadsheet that cannot be read: ${error.message}.`,
      'Unpack it, or open it and save the sheet as .xlsx or as “CSV UTF-8”.',
    );
  });
  const longest = found.toSorted((a, b) => b.data.length - a.data.length)[0];
  const chosen = found.find(({ sheet }) => sheet === wished) ?? longest;
  const records = (chosen?.data ?? [])
    .map((cells, i) => ({ row: i + 1, cells: cells.map(asText) }))
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (!chosen || records.length === 0) {
    throw new DataError('The spreadsheet is empty.', 'Choose a sheet with at least two rows.');
  }
  return { records, sheet: chosen.sheet, sheets: found.map(({ sheet }) => sheet) };
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  // As a sheet shows them.
  if (typeof value === 'boolean') return String(value).toUpperCase();
  return String(value);
}
