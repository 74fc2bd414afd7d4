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

/** What else comes in a zip archive, by a name or a content that stands in it as it is: what it is, and what to do. */
const ARCHIVES: readonly [sign: string, what: string, remedy: string][] = [
  [
    'mimetypeapplication/vnd.oasis.opendocument.spreadsheet',
    'The file is a spreadsheet of LibreOffice or OpenOffice (.ods).',
    'Open it there and save it as .xlsx or as “CSV UTF-8”.',
  ],
  [
    'xl/workbook.bin',
    'The file is a binary workbook of Excel (.xlsb).',
    'Open it in Excel and save it as .xlsx or as “CSV UTF-8”.',
  ],
  ['Index/Document.iwa', 'The file is of Numbers, Pages or Keynote.', 'Export the table there as Excel or CSV.'],
  [
    'mimetypeapplication/vnd.oasis.opendocument',
    'The file is a document of LibreOffice or OpenOffice, not a table.',
    'Copy its table into a spreadsheet, and save that as .xlsx or CSV.',
  ],
  [
    'word/document.xml',
    'The file is a Word document, not a table.',
    'Copy its table into a spreadsheet, and save that as .xlsx or CSV.',
  ],
];

/** What cannot be read of an archive, by what is in it. */
function unreadable(bytes: Uint8Array): DataError {
  const content = new TextDecoder('latin1').decode(bytes);
  const [, what, remedy] = ARCHIVES.find(([sign]) => content.includes(sign)) ?? [];
  if (what && remedy) return new DataError(what, remedy);
  if (content.includes('xl/'))
    return new DataError(
      'The Excel file is damaged, or its program wrote it in a way of its own: its sheets cannot be read.',
      'Open it in a spreadsheet program and save it anew as .xlsx, or as “CSV UTF-8”.',
    );
  return new DataError(
    'The file is a zip archive that holds no Excel sheet.',
    'Unpack it, and choose the table that is in it: CSV, TSV, JSON, Excel or Parquet.',
  );
}

/** The sheet of that name, else the one with the most rows. Throws a DataError where the file is no spreadsheet, or has nothing in it. */
export async function readSpreadsheet(bytes: Uint8Array, wished?: string): Promise<Sheets> {
  const { default: readXlsx } = await import('read-excel-file/universal');
  const found = await readXlsx(bytes.slice().buffer, { trim: false }).catch(() => {
    throw unreadable(bytes);
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
