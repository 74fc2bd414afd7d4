/** What the next run takes, as far as its passes are prepared ahead. */
import type { StockSummary, WholeRun } from '../../src/session/messages';
import type { Prepared } from '../stores/preparation';

/** `kept`: passes, maybe of another run, which then do not count. A run that takes more than there are has a set-up of its own all the same. */
export function expectedRun(
  { estimate, ahead }: Pick<Prepared, 'estimate' | 'ahead'>,
  kept: StockSummary | undefined,
): WholeRun {
  const { run } = ahead;
  const texts = kept?.kind === ahead.kind ? kept.passes * kept.sequences : 0;
  const share = texts / (ahead.passes * ahead.sequences);
  if (share >= 1) return run;
  const less = (whole: number, least: number) => whole - share * (whole - least);
  return {
    ...estimate,
    awaited: less(estimate.awaited, run.awaited),
    networkSeconds: less(estimate.networkSeconds, run.networkSeconds),
  };
}
