import type { AloneMeasurement, GenerationRecord, Measurement } from '../../src/session/messages';
import { ALONE_NAMES } from '../lib/alone-names';
import { formatPercent } from '../lib/format';
import { ChartFrame } from './ChartFrame';
import { Lines } from './Lines';
import type { Level, Series } from './series';

const SERIES: Series[] = [{ key: 'accuracy', name: 'tuned prompt', color: 'var(--data-owner)' }];
const COLORS: Record<AloneMeasurement['name'], string> = {
  majority: 'var(--series-3)',
  words: 'var(--series-2)',
  'public embeddings': 'var(--series-4)',
};
const AXIS = { key: 'generation', name: 'Generation' };

interface AccuracyChartProps {
  history: GenerationRecord[];
  baseline?: Measurement;
  /** On the same examples. */
  alone?: readonly AloneMeasurement[];
  generations?: number;
}

/** Generation 0 is the untuned prompt, so the line starts where the baseline stands. */
export function AccuracyChart({ history, baseline, alone = [], generations }: AccuracyChartProps) {
  const measured = history.flatMap(({ generation, accuracy }) =>
    accuracy === undefined ? [] : [{ generation, accuracy }],
  );
  const rows = baseline ? [{ generation: 0, accuracy: baseline.accuracy }, ...measured] : measured;
  const last = rows.at(-1);
  const level = (key: string, name: string, color: string, accuracy: number): Level => ({
    key,
    name: `${name}: ${formatPercent(accuracy)}`,
    color,
    dashed: true,
    value: accuracy,
  });
  const levels = [
    ...(baseline ? [level('untuned', 'untuned', 'var(--line-strong)', baseline.accuracy)] : []),
    ...alone.map(({ name, accuracy }) => level(name, ALONE_NAMES[name], COLORS[name], accuracy)),
  ];
  return (
    <ChartFrame
      title="Accuracy on held-out examples"
      testId="accuracy-chart"
      series={SERIES}
      extraLegend={levels}
      shape="line"
      rows={rows}
      axis={AXIS}
      format={formatPercent}
      empty="Appears when the untuned prompt has been measured."
      summary={
        last
          ? `Held-out accuracy: ${formatPercent(last.accuracy)} at generation ${last.generation}` +
            levels.map(({ name }) => `; ${name}`).join('')
          : ''
      }
    >
      <Lines
        rows={rows}
        series={SERIES}
        axis={AXIS}
        end={generations}
        vertical={[0, 1]}
        levels={levels}
        format={(value) => formatPercent(value, 0)}
      />
    </ChartFrame>
  );
}
