/** Texts without labels, from a table. */
import { DataError, guessColumns, type Table } from './table';

/** The only column, or the one that a labelled table's texts would be looked for in. */
export const guessTextColumn = (table: Table): string =>
  table.columns.length === 1 ? table.columns[0]! : guessColumns(table).text;

/**
 * A column's texts, in the order of the rows. White space around them goes, line breaks within them stay.
 * @throws DataError for a column that is not there, or a row without a text.
 */
export function textsOf({ columns, rows, rowNumbers }: Table, column: string): string[] {
  const at = columns.indexOf(column);
  if (at < 0) {
    const known = columns.map((name) => `“${name}”`).join(', ');
    throw new DataError(`There is no column “${column}”.`, `Choose one of ${known}.`, { row: 1, column });
  }
  return rows.map((cells, i) => {
    const text = cells[at]!.trim();
    const row = rowNumbers[i]!;
    if (text === '') throw new DataError(`Row ${row} has no text.`, 'Write a text or delete the row.', { row, column });
    return text;
  });
}
