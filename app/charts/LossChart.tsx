import type { GenerationRecord, Measurement } from '../../src/session/messages';
import { formatLoss } from '../lib/format';
import { ChartFrame } from './ChartFrame';
import { Lines } from './Lines';
import type { Series } from './series';

const SERIES: Series[] = [
  { key: 'loss', name: 'mean of the candidates', color: 'var(--data-owner)' },
  { key: 'bestLoss', name: 'best candidate', color: 'var(--series-2)', dashed: true },
  { key: 'heldOutLoss', name: 'held-out examples', color: 'var(--series-1)' },
];
const AXIS = { key: 'generation', name: 'Generation' };

interface LossChartProps {
  history: GenerationRecord[];
  baseline?: Measurement;
  generations?: number;
}

/** Generation 0 is the untuned prompt, which no batch was computed of. */
export function LossChart({ history, baseline, generations }: LossChartProps) {
  const untuned = baseline ? [{ generation: 0, heldOutLoss: baseline.loss }] : [];
  const rows = [
    ...untuned,
    ...history.map(({ generation, loss, bestLoss, heldOutLoss }) => ({ generation, loss, bestLoss, heldOutLoss })),
  ];
  const [first, last] = [history[0], history.at(-1)];
  return (
    <ChartFrame
      title="Loss"
      testId="loss-chart"
      series={SERIES}
      shape="line"
      rows={rows}
      axis={AXIS}
      format={formatLoss}
      empty="Appears when the untuned prompt has been measured."
      summary={
        first && last
          ? `Loss on the training batches over ${history.length} generations: mean from ${formatLoss(first.loss)} to ${formatLoss(last.loss)}, best of the last ${formatLoss(last.bestLoss)}.`
          : ''
      }
    >
      <Lines rows={rows} series={SERIES} axis={AXIS} end={generations} format={formatLoss} />
    </ChartFrame>
  );
}
