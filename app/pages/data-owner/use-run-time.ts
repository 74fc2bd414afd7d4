import type { WholeRun } from '../../../src/session/messages';
import { expectedRun } from '../../lib/expected-run';
import { type Estimation, fitting, runTime } from '../../lib/run-time';
import { useDistance } from '../../stores/distance';
import type { Prepared } from '../../stores/preparation';
import { useStock } from '../../stores/stock';
import { useTraffic } from '../../stores/traffic';

/** Of what is prepared now, in view of what is prepared ahead. */
export function useExpectedRun(prepared: Prepared): WholeRun {
  const kept = useStock((stock) => stock.kept);
  return expectedRun(prepared, kept);
}

export interface RunTime extends Estimation {
  /** No pass of such texts was computed yet: the computation's time is not in it. */
  isNetworkOnly: boolean;
}

/** Of the whole run, without what is prepared ahead. */
export function useRunTime(prepared: Prepared): RunTime {
  const measured = useDistance();
  const largest = useTraffic((traffic) => traffic.largest[prepared.settings.tokens]);
  const { total, passes } = useExpectedRun(prepared);
  // As large as a pass of this run may be, which both sides' memory may make smaller.
  const before = fitting(largest, total.sequences, Math.ceil(prepared.estimate.unit.sequences / 2));
  return { ...runTime(passes, measured, before), isNetworkOnly: before === undefined };
}
