import { Plot, type PlotProps } from './Plot';

interface LinesProps extends Omit<PlotProps, 'horizontal' | 'stacked'> {
  /** Last value of the horizontal axis, so that the lines grow into a frame that stands still. */
  end?: number;
}

export function Lines({ end, ...props }: LinesProps) {
  const { rows, axis } = props;
  return <Plot {...props} horizontal={[0, Math.max(1, end ?? rows.at(-1)?.[axis.key] ?? 1)]} />;
}
