/** How long a run takes by what a pass took, network and computation on both sides together. */
import type { Pass } from '../stores/traffic';
import { counted, formatSeconds } from './format';

/**
 * By the largest pass of texts of that padded length; undefined where there was none of so many texts as this run's have, of `least`: a smaller one
 * waits for the network most of its time.
 */
export function runTime(
  passes: readonly Pick<Pass, 'sequences' | 'tokens' | 'seconds'>[],
  { sequences, tokens, least }: { sequences: number; tokens: number; least: number },
): { seconds: number; basis: string } | undefined {
  const alike = passes.filter((pass) => pass.tokens === tokens);
  const most = Math.max(...alike.map((pass) => pass.sequences));
  const largest = alike.findLast((pass) => pass.sequences === most);
  if (!largest || most < Math.min(least, sequences)) return undefined;
  return {
    seconds: (largest.seconds / most) * sequences,
    basis: `as before: ${counted(most, 'text')} in ${formatSeconds(largest.seconds)}`,
  };
}
