import type { TableSummary } from '../../data/messages';
import { isNarrow } from '../../lib/narrow';

interface TablePreviewProps {
  table: TableSummary;
  /** The chosen columns. */
  marks: { text?: string | undefined; label?: string | undefined };
  /** It is being read again. */
  busy?: boolean | undefined;
}

/** The first rows as they were read, with the chosen columns marked. */
export function TablePreview({ table, marks: { text, label }, busy }: TablePreviewProps) {
  const mark = (column: string) => (column === text ? ' (text)' : column === label ? ' (label)' : '');
  return (
    <details open={!isNarrow()}>
      <summary className="small">First rows</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label={`First rows of ${table.name}`} aria-busy={busy}>
        <table>
          <thead>
            <tr>
              <th scope="col">Row</th>
              {table.columns.map((column) => (
                <th scope="col" key={column}>
                  {column}
                  {mark(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.preview.map(({ row, cells }) => (
              <tr key={row}>
                <th scope="row" className="muted">
                  {row}
                </th>
                {cells.map((cell, column) => (
                  <td className="clip" key={table.columns[column]}>
                    {cell.length > 160 ? `${cell.slice(0, 160)}…` : cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
