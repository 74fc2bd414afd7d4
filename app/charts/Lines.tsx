import { Plot, SIDE } from './Plot';
import { roundTicks, wholeTicks } from './scale';
import type { Level, Row, Series } from './series';

interface LinesProps {
  rows: Row[];
  series: Series[];
  axis: { key: string; name: string };
  /** Last value of the horizontal axis, so that the lines grow into a frame that stands still. */
  end?: number;
  /** Of the vertical axis; otherwise by the values. */
  range?: [number, number];
  levels?: readonly Level[];
  format(value: number): string;
}

/** Beyond so many points, dots would hide the line. */
const MOST_DOTS = 40;

export function Lines({ rows, series, axis, end, range, levels = [], format }: LinesProps) {
  const last = Math.max(1, end ?? rows.at(-1)?.[axis.key] ?? 1);
  const marks = roundTicks(...(range ?? extent(rows, series)));
  const [low, high] = [marks[0]!, marks.at(-1)!];
  const right = (row: Row) => (row[axis.key] ?? 0) / last;
  const up = (value: number) => (value - low) / (high - low);
  const drawn = (value: number) => rounded(SIDE * (1 - up(value)));
  return (
    <Plot
      rows={rows}
      series={series}
      axis={axis}
      format={format}
      places={rows.map((row) => ({ at: right(row), width: 0.004 }))}
      horizontal={wholeTicks(last).map((value) => ({ at: value / last, text: String(value) }))}
      vertical={marks.map((value) => ({ at: up(value), text: format(value) }))}
    >
      {levels.map(({ key, value, color }) => (
        <line key={key} className="level" x1={0} x2={SIDE} y1={drawn(value)} y2={drawn(value)} stroke={color} />
      ))}
      {series.map(({ key, color, dashed }) => {
        const points = rows.flatMap((row) =>
          row[key] === undefined ? [] : [`${rounded(SIDE * right(row))} ${drawn(row[key])}`],
        );
        if (points.length === 0) return null;
        return (
          <g key={key} stroke={color}>
            <path className="curve" data-dashed={dashed} d={`M${points.join('L')}`} />
            {rows.length < MOST_DOTS && <path className="dots" d={points.map((point) => `M${point}h0`).join('')} />}
          </g>
        );
      })}
    </Plot>
  );
}

function extent(rows: readonly Row[], series: readonly Series[]): [number, number] {
  const values = rows.flatMap((row) => series.flatMap(({ key }) => row[key] ?? []));
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}

const rounded = (x: number): number => Math.round(100 * x) / 100;
