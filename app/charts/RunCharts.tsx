import { memo } from 'react';
import type { AloneMeasurement, GenerationRecord, Measurement } from '../../src/session/messages';
import { AccuracyChart } from './AccuracyChart';
import { LossChart } from './LossChart';
import { TimeChart } from './TimeChart';
import { TrafficChart } from './TrafficChart';

interface RunChartsProps {
  history: GenerationRecord[];
  baseline?: Measurement;
  alone?: readonly AloneMeasurement[];
  generations?: number;
}

/** Everything that is drawn of a run. */
export const RunCharts = memo(({ history, baseline, alone, generations }: RunChartsProps) => (
  <div className="charts">
    <LossChart history={history} baseline={baseline} generations={generations} />
    <AccuracyChart history={history} baseline={baseline} alone={alone} generations={generations} />
    <TrafficChart history={history} />
    <TimeChart history={history} />
  </div>
));
