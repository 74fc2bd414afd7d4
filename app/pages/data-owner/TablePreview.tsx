import { isNarrow } from '../../lib/narrow';
import type { DataFile } from '../../stores/dataset';

/** The first rows as they were read, with the chosen columns marked. */
export function TablePreview({ file: { table, text, label } }: { file: DataFile }) {
  if (!table) return null;
  const mark = (column: string) => (column === text ? ' (text)' : column === label ? ' (label)' : '');
  return (
    <details open={!isNarrow()}>
      <summary className="small">First rows</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label={`First rows of ${table.name}`}>
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
