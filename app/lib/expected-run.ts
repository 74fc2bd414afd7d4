/** What the next run takes, as far as its passes are prepared ahead. */
import type { PlannedPasses, StockSummary, WholeRun } from '../../src/session/messages';
import type { Prepared } from '../stores/preparation';

/** `kept`: passes, maybe of another run, which then do not count. A run that takes more than there are has a set-up of its own all the same. */
export function expectedRun(
  { estimate, ahead }: Pick<Prepared, 'estimate' | 'ahead'>,
  kept: StockSummary | undefined,
): WholeRun {
  const { run } = ahead;
  const passes = kept?.kind === ahead.kind ? kept.passes : 0;
  // Whoever takes fewer texts at a time takes more passes; a larger pass is no more than one.
  const share = passes / (ahead.passes * Math.ceil(ahead.sequences / (kept?.sequences ?? 1)));
  if (share >= 1) return run;
  return {
    ...estimate,
    awaited: estimate.awaited - share * (estimate.awaited - run.awaited),
    passes: share > 0 ? [...some(estimate.passes, 1 - share), ...some(run.passes, share)] : estimate.passes,
  };
}

/** A set-up, which has no sequence, there is in any case. */
const some = (passes: readonly PlannedPasses[], share: number): PlannedPasses[] =>
  passes.map((pass) => (pass.sequences === 0 ? pass : { ...pass, count: share * pass.count }));
