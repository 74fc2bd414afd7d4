import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartTooltip } from './ChartTooltip';
import { type Row, type Series, tidy } from './series';

interface StacksProps {
  rows: Row[];
  series: Series[];
  axis: { key: string; name: string };
  format(value: number): string;
}

/** Parts of a whole, one column a step. The gap between parts is drawn, so that they don't depend on colour alone. */
export const Stacks = ({ rows, series, axis, format }: StacksProps) => (
  <ResponsiveContainer width="100%" height="100%">
    <BarChart data={rows} margin={{ top: 8, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false} maxBarSize={36}>
      <CartesianGrid stroke="var(--line)" vertical={false} />
      <XAxis dataKey={axis.key} tickLine={false} stroke="var(--line-strong)" />
      <YAxis
        width={64}
        tickFormatter={(value) => tidy(format(value))}
        tickLine={false}
        axisLine={false}
        stroke="var(--line-strong)"
      />
      <Tooltip
        isAnimationActive={false}
        cursor={{ fill: 'var(--sunken)' }}
        content={(props) => <ChartTooltip {...props} series={series} axis={axis} format={format} total />}
      />
      {series.map((entry) => (
        <Bar
          key={entry.key}
          dataKey={entry.key}
          stackId="all"
          fill={entry.color}
          stroke="var(--surface)"
          strokeWidth={rows.length < 60 ? 1 : 0}
          isAnimationActive={false}
        />
      ))}
    </BarChart>
  </ResponsiveContainer>
);
