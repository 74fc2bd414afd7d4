import { useState } from 'react';
import type { GenerationRecord, OperationCost } from '../../src/session/messages';
import { Segments } from '../components/Segments';
import { formatBytes, formatCount } from '../lib/format';
import { keysOf } from '../lib/history';
import { ChartFrame } from './ChartFrame';
import { Stacks } from './Stacks';
import { type Row, stackedSeries } from './series';

type Measure = 'online' | 'dealt' | 'rounds';

const MEASURES: { value: Measure; label: string }[] = [
  { value: 'online', label: 'Online' },
  { value: 'dealt', label: 'Dealt' },
  { value: 'rounds', label: 'Rounds' },
];

const READ: Record<Measure, (cost: OperationCost) => number> = {
  online: (cost) => cost.toModelOwner + cost.toDataOwner,
  dealt: (cost) => cost.dealt,
  rounds: (cost) => cost.rounds,
};

const TITLE: Record<Measure, string> = {
  online: 'Bytes between the parties',
  dealt: 'Bytes from the dealer',
  rounds: 'Rounds',
};

const AXIS = { key: 'generation', name: 'Generation' };

/** Exact counts of every generation's training pass, by kind of operation. */
export function TrafficChart({ history }: { history: GenerationRecord[] }) {
  const [measure, setMeasure] = useState<Measure>('online');
  const read = READ[measure];
  const format = measure === 'rounds' ? formatCount : formatBytes;
  const operations = keysOf(history.map((record) => record.byOperation)).filter((name) =>
    history.some((record) => record.byOperation[name] && read(record.byOperation[name]) > 0),
  );
  const rows: Row[] = history.map((record) => ({
    generation: record.generation,
    ...Object.fromEntries(
      operations.map((name) => [name, record.byOperation[name] ? read(record.byOperation[name]) : 0]),
    ),
  }));
  const series = stackedSeries(operations);
  return (
    <ChartFrame
      title={TITLE[measure]}
      testId="traffic-chart"
      controls={<Segments<Measure> label="What to show" options={MEASURES} value={measure} onChange={setMeasure} />}
      series={series}
      shape="block"
      rows={rows}
      axis={AXIS}
      format={format}
      empty="Appears with the first generation."
      summary={`${TITLE[measure]} of ${rows.length} generations, by kind of operation.`}
    >
      <Stacks rows={rows} series={series} axis={AXIS} format={format} />
    </ChartFrame>
  );
}
