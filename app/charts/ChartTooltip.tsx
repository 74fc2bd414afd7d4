import type { Row, Series } from './series';

interface ChartTooltipProps {
  active?: boolean;
  payload?: readonly { payload?: Row }[];
  series: Series[];
  axis: { key: string; name: string };
  format(value: number): string;
  total?: boolean;
}

/** Recharts hands over `active` and `payload`. */
export function ChartTooltip({ active, payload, series, axis, format, total }: ChartTooltipProps) {
  const row = payload?.[0]?.payload;
  if (!active || !row) return null;
  const shown = series.filter((entry) => row[entry.key] !== undefined);
  return (
    <div className="tooltip">
      <strong>
        {axis.name} {row[axis.key]}
      </strong>
      <table>
        <tbody>
          {shown.map((entry) => (
            <tr key={entry.key}>
              <td>
                <span className="swatch" style={{ display: 'inline-block', ['--swatch' as string]: entry.color }} />
              </td>
              <td>{entry.name}</td>
              <td className="end">{format(row[entry.key]!)}</td>
            </tr>
          ))}
          {total && (
            <tr>
              <td />
              <td>together</td>
              <td className="end">{format(shown.reduce((sum, entry) => sum + row[entry.key]!, 0))}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
