import type { GenerationRecord, Measurement } from '../../src/session/messages';
import { AccuracyChart } from './AccuracyChart';
import { LossChart } from './LossChart';
import { TimeChart } from './TimeChart';
import { TrafficChart } from './TrafficChart';

interface RunChartsProps {
  history: GenerationRecord[];
  baseline?: Measurement;
  generations?: number;
}

/** Everything that is drawn of a run. */
export const RunCharts = ({ history, baseline, generations }: RunChartsProps) => (
  <div className="charts">
    <LossChart history={history} generations={generations} />
    <AccuracyChart history={history} baseline={baseline} generations={generations} />
    <TrafficChart history={history} />
    <TimeChart history={history} />
  </div>
);
