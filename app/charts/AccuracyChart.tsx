import type { GenerationRecord, Measurement } from '../../src/session/messages';
import { formatPercent } from '../lib/format';
import { ChartFrame } from './ChartFrame';
import { Lines } from './Lines';
import type { Series } from './series';

const SERIES: Series[] = [{ key: 'accuracy', name: 'tuned prompt', color: 'var(--data-owner)' }];
const BASELINE: Series = { key: 'baseline', name: 'untuned', color: 'var(--line-strong)', dashed: true };
const AXIS = { key: 'generation', name: 'Generation' };

interface AccuracyChartProps {
  history: GenerationRecord[];
  baseline?: Measurement;
  generations?: number;
}

/** Generation 0 is the untuned prompt, so the line starts where the baseline stands. */
export function AccuracyChart({ history, baseline, generations }: AccuracyChartProps) {
  const measured = history.flatMap(({ generation, accuracy }) =>
    accuracy === undefined ? [] : [{ generation, accuracy }],
  );
  const rows = baseline ? [{ generation: 0, accuracy: baseline.accuracy }, ...measured] : measured;
  const last = rows.at(-1);
  return (
    <ChartFrame
      title="Accuracy on held-out examples"
      testId="accuracy-chart"
      series={SERIES}
      extraLegend={baseline && { ...BASELINE, name: `untuned: ${formatPercent(baseline.accuracy)}` }}
      shape="line"
      rows={rows}
      axis={AXIS}
      format={formatPercent}
      empty="Appears when the untuned prompt has been measured."
      summary={
        last
          ? `Held-out accuracy: ${formatPercent(last.accuracy)} at generation ${last.generation}` +
            (baseline ? `, ${formatPercent(baseline.accuracy)} untuned.` : '.')
          : ''
      }
    >
      <Lines
        rows={rows}
        series={SERIES}
        axis={AXIS}
        end={generations}
        range={[0, 1]}
        reference={baseline?.accuracy}
        format={(value) => `${Math.round(100 * value)} %`}
      />
    </ChartFrame>
  );
}
