import type { GenerationRecord } from '../../src/session/messages';
import { formatSeconds } from '../lib/format';
import { keysOf } from '../lib/history';
import { ChartFrame } from './ChartFrame';
import { Stacks } from './Stacks';
import { stackedSeries } from './series';

const AXIS = { key: 'generation', name: 'Generation' };

/** Where the seconds of every generation went. */
export function TimeChart({ history }: { history: GenerationRecord[] }) {
  const series = stackedSeries(keysOf(history.map((record) => record.secondsBy)));
  const rows = history.map(({ generation, secondsBy }) => ({ generation, ...secondsBy }));
  return (
    <ChartFrame
      title="Time by phase"
      testId="time-chart"
      series={series}
      shape="block"
      rows={rows}
      axis={AXIS}
      format={formatSeconds}
      empty="Appears with the first generation."
      summary={`Seconds of ${rows.length} generations, by phase.`}
    >
      <Stacks rows={rows} series={series} axis={AXIS} format={formatSeconds} />
    </ChartFrame>
  );
}
