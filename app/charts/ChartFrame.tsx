import { type ReactNode, useId, useState } from 'react';
import type { Row, Series } from './series';

interface ChartFrameProps {
  title: string;
  testId: string;
  series: Series[];
  /** Drawn in the legend like a series, but not one of the table's columns. */
  extraLegend?: readonly Series[];
  shape: 'line' | 'block';
  rows: Row[];
  /** Key and heading of what runs along the horizontal axis. */
  axis: { key: string; name: string };
  format(value: number): string;
  controls?: ReactNode;
  /** Shown instead of the chart while there is nothing to draw. */
  empty: string;
  /** One sentence that says what the picture shows. */
  summary: string;
  children: ReactNode;
}

/** A chart with its title and legend, and the same numbers as a table for those who can't see it or want to copy them. */
export function ChartFrame(props: ChartFrameProps) {
  const { title, testId, series, extraLegend = [], shape, rows, controls, empty, summary, children } = props;
  const id = useId();
  const [open, setOpen] = useState(false);
  const legend = [...series, ...extraLegend];
  return (
    <section className="card" data-testid={testId} aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        {controls && <div className="tail">{controls}</div>}
      </div>
      {rows.length === 0 ? (
        <p className="muted">{empty}</p>
      ) : (
        <>
          <div className="chart-area" role="img" aria-label={summary}>
            {children}
          </div>
          <ul className="legend">
            {legend.map((entry) => (
              <li key={entry.key}>
                <span
                  className="swatch"
                  data-shape={shape === 'block' ? 'block' : entry.dashed ? 'dashed' : 'line'}
                  style={{ ['--swatch' as string]: entry.color }}
                />
                {entry.name}
              </li>
            ))}
          </ul>
          <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary className="small">The same as a table</summary>
            {open && <Table {...props} />}
          </details>
        </>
      )}
    </section>
  );
}

/** Of a long run it has thousands of cells, so only who opens it has it drawn. */
function Table({ title, series, rows, axis, format }: ChartFrameProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={`${title}, table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">{axis.name}</th>
            {series.map((entry) => (
              <th scope="col" className="end" key={entry.key}>
                {entry.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row[axis.key]}>
              <th scope="row">{row[axis.key]}</th>
              {series.map((entry) => (
                <td className="end" key={entry.key}>
                  {row[entry.key] === undefined ? '–' : format(row[entry.key]!)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
