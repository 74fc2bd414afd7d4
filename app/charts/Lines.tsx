import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartTooltip } from './ChartTooltip';
import { type Level, type Row, type Series, ticks } from './series';

interface LinesProps {
  rows: Row[];
  series: Series[];
  axis: { key: string; name: string };
  /** Last value of the horizontal axis, so that the lines grow into a frame that stands still. */
  end?: number;
  range?: [number | 'auto', number | 'auto'];
  levels?: readonly Level[];
  format(value: number): string;
}

export const Lines = ({ rows, series, axis, end, range, levels = [], format }: LinesProps) => {
  const last = end ?? rows.at(-1)?.[axis.key] ?? 1;
  return (
    <ResponsiveContainer width="100%" height="100%">
      <LineChart data={rows} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis
          dataKey={axis.key}
          type="number"
          domain={[0, last]}
          ticks={ticks(last)}
          allowDecimals={false}
          tickLine={false}
          stroke="var(--line-strong)"
        />
        <YAxis
          width={56}
          domain={range ?? ['auto', 'auto']}
          tickFormatter={format}
          tickLine={false}
          axisLine={false}
          stroke="var(--line-strong)"
        />
        <Tooltip
          isAnimationActive={false}
          content={(props) => <ChartTooltip {...props} series={series} axis={axis} format={format} />}
        />
        {levels.map(({ key, value, color }) => (
          <ReferenceLine key={key} y={value} stroke={color} strokeWidth={1.5} strokeDasharray="5 4" />
        ))}
        {series.map((entry) => (
          <Line
            key={entry.key}
            dataKey={entry.key}
            stroke={entry.color}
            strokeWidth={2.25}
            strokeDasharray={entry.dashed ? '6 4' : undefined}
            dot={rows.length < 40 ? { r: 3, fill: entry.color, strokeWidth: 0, strokeDasharray: '' } : false}
            activeDot={{ r: 5 }}
            connectNulls
            isAnimationActive={false}
          />
        ))}
      </LineChart>
    </ResponsiveContainer>
  );
};
