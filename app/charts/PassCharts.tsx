import { formatBytes, formatCount } from '../lib/format';
import type { Pass } from '../stores/traffic';
import { ChartFrame } from './ChartFrame';
import { Stacks } from './Stacks';
import type { Series } from './series';

const BYTES: Series[] = [
  { key: 'toModelOwner', name: 'to you', color: 'var(--model-owner)' },
  { key: 'toDataOwner', name: 'to the data owner', color: 'var(--data-owner)' },
  { key: 'dealt', name: 'from the dealer', color: 'var(--dealer)' },
];
const ROUNDS: Series[] = [{ key: 'rounds', name: 'rounds', color: 'var(--model-owner)' }];
const AXIS = { key: 'pass', name: 'Pass' };

/** What the model owner sees of every pass. */
export function PassCharts({ passes }: { passes: Pass[] }) {
  const rows = passes.map(({ bytes, rounds }, index) => ({ pass: index + 1, rounds, ...bytes }));
  const common = { shape: 'block', rows, axis: AXIS, empty: 'Appears with the first pass.' } as const;
  return (
    <div className="charts">
      <ChartFrame
        {...common}
        title="Bytes of every pass"
        testId="pass-bytes-chart"
        series={BYTES}
        format={formatBytes}
        summary={`Bytes of ${rows.length} passes, by direction.`}
      >
        <Stacks rows={rows} series={BYTES} axis={AXIS} format={formatBytes} />
      </ChartFrame>
      <ChartFrame
        {...common}
        title="Rounds of every pass"
        testId="pass-rounds-chart"
        series={ROUNDS}
        format={formatCount}
        summary={`Rounds of ${rows.length} passes.`}
      >
        <Stacks rows={rows} series={ROUNDS} axis={AXIS} format={formatCount} />
      </ChartFrame>
    </div>
  );
}
