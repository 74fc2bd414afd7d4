import { sum } from '../lib/format';
import { Plot, SIDE } from './Plot';
import { roundTicks, wholeTicks } from './scale';
import { type Row, type Series, tidy } from './series';

interface StacksProps {
  rows: Row[];
  series: Series[];
  axis: { key: string; name: string };
  format(value: number): string;
}

/** So that the first columns of a run are no walls. */
const LEAST_COLUMNS = 12;
/** Of what is a column's own, how much it takes. */
const FILLED = 0.8;

/** Parts of a whole, one column a step. The gap between parts is drawn, so that they don't depend on colour alone. */
export function Stacks({ rows, series, axis, format }: StacksProps) {
  const columns = Math.max(LEAST_COLUMNS, rows.length);
  const most = Math.max(0, ...rows.map((row) => sum(series.map(({ key }) => row[key] ?? 0))));
  const marks = roundTicks(0, most);
  const high = marks.at(-1)!;
  const places = rows.map((_, i) => ({ at: (i + 0.5) / columns, width: 1 / columns }));
  const numbers = new Map(rows.map((row, i) => [row[axis.key] ?? 0, i]));
  /** How high the columns are so far. */
  const tops = rows.map(() => 0);
  return (
    <Plot
      rows={rows}
      series={series}
      axis={axis}
      format={format}
      places={places}
      horizontal={wholeTicks(Math.max(0, ...numbers.keys())).flatMap((value) => {
        const i = numbers.get(value);
        return i === undefined ? [] : [{ at: places[i]!.at, text: String(value) }];
      })}
      vertical={marks.map((value) => ({ at: value / high, text: tidy(format(value)) }))}
      total
    >
      {series.map(({ key, color }) => {
        const blocks = rows.map((row, i) => {
          const value = row[key];
          if (!value) return '';
          const [left, bottom] = [SIDE * (places[i]!.at - (FILLED / 2) * places[i]!.width), tops[i]!];
          tops[i] = bottom + value;
          const y = (height: number) => (SIDE * (1 - height / high)).toFixed(2);
          const width = ((SIDE * FILLED) / columns).toFixed(3);
          return `M${left.toFixed(3)} ${y(bottom)}h${width}V${y(tops[i])}h-${width}z`;
        });
        return <path key={key} className="blocks" data-gap={rows.length < 60} d={blocks.join('')} fill={color} />;
      })}
    </Plot>
  );
}
