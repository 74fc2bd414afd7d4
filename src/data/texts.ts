/** Texts without labels, from a table. */
import { columnIndex, type Skipped, type Table } from './table';

export interface Texts {
  /** In the order of the rows. */
  texts: string[];
  /** Rows without a text. */
  skipped: Skipped[];
}

/** A column's texts. White space around them goes, line breaks within them stay. Throws a DataError for a column that is not there. */
export function textsOf(table: Table, column: string): Texts {
  const at = columnIndex(table, column);
  const texts: string[] = [];
  const skipped: Skipped[] = [];
  for (const [i, cells] of table.rows.entries()) {
    const text = cells[at]!.trim();
    if (text === '') skipped.push({ row: table.rowNumbers[i]!, why: 'it has no text' });
    else texts.push(text);
  }
  return { texts, skipped };
}
