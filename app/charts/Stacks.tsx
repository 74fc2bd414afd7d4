import { Plot, type PlotProps } from './Plot';

/** So that the first columns of a run are no walls. */
const LEAST_COLUMNS = 12;

/** Parts of a whole, one column a step. */
export function Stacks(props: Omit<PlotProps, 'horizontal' | 'stacked'>) {
  const { rows, axis } = props;
  const first = rows[0]?.[axis.key] ?? 1;
  return <Plot {...props} stacked horizontal={[first - 0.5, first - 0.5 + Math.max(LEAST_COLUMNS, rows.length)]} />;
}
