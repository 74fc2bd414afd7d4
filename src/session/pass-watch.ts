/** Both owners' pages watch a pass round by round. */
import type { SessionEvent } from './messages';
import { type PassSize, sequencesIn } from './pass-size';
import type { Run } from './run';

/** Seconds between two reports: a page that hears of every round of a fast pass would do nothing else. */
const INTERVAL = 0.1;

/** Says what a pass will carry; then, given to it, in which round it is, now and then. */
export function watchPass(
  run: Pick<Run, 'timelineOf'>,
  size: PassSize,
  emit: (event: SessionEvent) => void,
): (round: number) => void {
  emit({ type: 'rounds', sequences: sequencesIn(size), rounds: run.timelineOf(size) });
  let told = performance.now();
  return (round) => {
    const now = performance.now();
    if (now - told < 1000 * INTERVAL) return;
    told = now;
    emit({ type: 'round', round });
  };
}
