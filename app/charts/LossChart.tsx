import type { GenerationRecord } from '../../src/session/messages';
import { formatLoss } from '../lib/format';
import { ChartFrame } from './ChartFrame';
import { Lines } from './Lines';
import type { Series } from './series';

const SERIES: Series[] = [
  { key: 'loss', name: 'mean of the candidates', color: 'var(--data-owner)' },
  { key: 'bestLoss', name: 'best candidate', color: 'var(--series-2)', dashed: true },
];
const AXIS = { key: 'generation', name: 'Generation' };

export function LossChart({ history, generations }: { history: GenerationRecord[]; generations?: number }) {
  const rows = history.map(({ generation, loss, bestLoss }) => ({ generation, loss, bestLoss }));
  const [first, last] = [rows[0], rows.at(-1)];
  return (
    <ChartFrame
      title="Loss on the training batches"
      testId="loss-chart"
      series={SERIES}
      shape="line"
      rows={rows}
      axis={AXIS}
      format={formatLoss}
      empty="Appears with the first generation."
      summary={
        first && last
          ? `Loss over ${rows.length} generations: mean from ${formatLoss(first.loss)} to ${formatLoss(last.loss)}, best of the last ${formatLoss(last.bestLoss)}.`
          : ''
      }
    >
      <Lines rows={rows} series={SERIES} axis={AXIS} end={generations} format={formatLoss} />
    </ChartFrame>
  );
}
