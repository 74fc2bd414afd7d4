/** How long a run takes by what a pass took, network and computation on both sides together. */
import type { Pass } from '../stores/traffic';
import { counted, formatSeconds } from './format';

/** By the largest pass of texts of that padded length, which waits the least for the network; undefined where there was none. */
export function runTime(
  passes: readonly Pick<Pass, 'sequences' | 'tokens' | 'seconds'>[],
  { sequences, tokens }: { sequences: number; tokens: number },
): { seconds: number; basis: string } | undefined {
  const alike = passes.filter((pass) => pass.tokens === tokens);
  const most = Math.max(...alike.map((pass) => pass.sequences));
  const largest = alike.findLast((pass) => pass.sequences === most);
  if (!largest) return undefined;
  return {
    seconds: (largest.seconds / most) * sequences,
    basis: `as before: ${counted(most, 'text')} in ${formatSeconds(largest.seconds)}`,
  };
}
