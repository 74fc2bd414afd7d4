import { sum } from '../lib/format';
import type { Row, Series } from './series';

interface FiguresProps {
  row: Row;
  series: readonly Series[];
  axis: { key: string; name: string };
  format(value: number): string;
  /** The series add up to something. */
  total?: boolean;
}

/** Of what is under the pointer. */
export function Figures({ row, series, axis, format, total }: FiguresProps) {
  const shown = series.filter(({ key }) => row[key] !== undefined);
  return (
    <>
      <strong>
        {axis.name} {row[axis.key]}
      </strong>
      <table>
        <tbody>
          {shown.map(({ key, name, color }) => (
            <tr key={key}>
              <td>
                <span className="swatch" style={{ display: 'inline-block', ['--swatch' as string]: color }} />
              </td>
              <td>{name}</td>
              <td className="end">{format(row[key]!)}</td>
            </tr>
          ))}
          {total && (
            <tr>
              <td />
              <td>together</td>
              <td className="end">{format(sum(shown.map(({ key }) => row[key]!)))}</td>
            </tr>
          )}
        </tbody>
      </table>
    </>
  );
}
