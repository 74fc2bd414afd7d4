import { memo } from 'react';
import type { PartyRole } from '../../src/net/code';
import { formatBytes, formatCount } from '../lib/format';
import type { Pass } from '../stores/traffic';
import { ChartFrame } from './ChartFrame';
import { Stacks } from './Stacks';
import type { Series } from './series';

const bytesFor = (viewer: PartyRole): Series[] => [
  {
    key: 'toModelOwner',
    name: viewer === 'model-owner' ? 'to you' : 'to the model owner',
    color: 'var(--model-owner)',
  },
  { key: 'toDataOwner', name: viewer === 'data-owner' ? 'to you' : 'to the data owner', color: 'var(--data-owner)' },
  { key: 'dealt', name: 'from the dealer', color: 'var(--dealer)' },
];
const roundsFor = (viewer: PartyRole): Series[] => [{ key: 'rounds', name: 'rounds', color: `var(--${viewer})` }];
const AXIS = { key: 'pass', name: 'Pass' };

/** What either owner sees of every pass. */
export const PassCharts = memo(({ passes, viewer }: { passes: Pass[]; viewer: PartyRole }) => {
  const [volumes, rounds] = [bytesFor(viewer), roundsFor(viewer)];
  const rows = passes.map((pass, index) => ({ pass: index + 1, rounds: pass.rounds, ...pass.bytes }));
  const common = { shape: 'block', rows, axis: AXIS, empty: 'Appears with the first pass.' } as const;
  return (
    <div className="charts">
      <ChartFrame
        {...common}
        title="Bytes of every pass"
        testId="pass-bytes-chart"
        series={volumes}
        format={formatBytes}
        summary={`Bytes of ${rows.length} passes, by direction.`}
      >
        <Stacks rows={rows} series={volumes} axis={AXIS} format={formatBytes} />
      </ChartFrame>
      <ChartFrame
        {...common}
        title="Rounds of every pass"
        testId="pass-rounds-chart"
        series={rounds}
        format={formatCount}
        summary={`Rounds of ${rows.length} passes.`}
      >
        <Stacks rows={rows} series={rounds} axis={AXIS} format={formatCount} />
      </ChartFrame>
    </div>
  );
});
