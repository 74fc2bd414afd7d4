import type { WholeRun } from '../../../src/session/messages';
import { expectedRun } from '../../lib/expected-run';
import { networkTime } from '../../lib/network-time';
import { runTime } from '../../lib/run-time';
import { useDistance } from '../../stores/distance';
import type { Prepared } from '../../stores/preparation';
import { useStock } from '../../stores/stock';
import { useTraffic } from '../../stores/traffic';

/** Of what is prepared now, in view of what is prepared ahead. */
export function useExpectedRun(prepared: Prepared): WholeRun {
  const kept = useStock((stock) => stock.kept);
  return expectedRun(prepared, kept);
}

export interface RunTime {
  seconds: number;
  /** What it goes by. */
  basis: string;
  /** The computation's time is not in it. */
  isNetworkOnly: boolean;
}

/** Of the whole run, without what is prepared ahead: by what such texts took in this session, or else by the network alone. */
export function useRunTime(prepared: Prepared): RunTime {
  const measured = useDistance();
  const passes = useTraffic((traffic) => traffic.passes);
  const { total, awaited, networkSeconds } = useExpectedRun(prepared);
  const byPasses = runTime(passes, {
    sequences: total.sequences,
    tokens: prepared.settings.tokens,
    // As large as a pass of this run may be, which both sides' memory may make smaller.
    least: Math.ceil(prepared.estimate.unit.sequences / 2),
  });
  if (byPasses) return { ...byPasses, isNetworkOnly: false };
  return { ...networkTime({ ...total, dealt: awaited, networkSeconds }, measured), isNetworkOnly: true };
}
