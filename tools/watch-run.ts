/** A run's progress as lines of a table, until it is finished. */

import type { Snapshot } from '../app/automation';
import { percent } from '../src/tuning/percent';
import { formatBytes } from './command-line';
import type { TwoTabs } from './two-tabs';

const percentOf = (x: number | undefined) => (x === undefined ? '' : percent(x));

const line = (cells: (string | number)[]) => console.log(cells.map((cell) => String(cell).padStart(11)).join(''));

/** Prints a line a generation. */
export function watchPrompt(tabs: TwoTabs, generations: number): Promise<Snapshot> {
  line(['generation', 'loss', 'best', 'held-out', 'accuracy', 'seconds', 'rounds', 'online', 'dealt']);
  let shown = 0;
  let baselineShown = false;
  let longest = 600;
  return tabs.until(
    tabs.dataOwner,
    'training to finish',
    ({ baseline, history, state }) => {
      if (baseline && !baselineShown) {
        baselineShown = true;
        line([0, '', '', baseline.loss.toFixed(4), percentOf(baseline.accuracy)]);
      }
      for (const g of history.slice(shown)) {
        line([
          g.generation,
          g.loss.toFixed(4),
          g.bestLoss.toFixed(4),
          g.heldOutLoss?.toFixed(4) ?? '',
          percentOf(g.accuracy),
          g.seconds.toFixed(1),
          g.rounds,
          formatBytes(g.bytes.toModelOwner + g.bytes.toDataOwner),
          formatBytes(g.bytes.dealt),
        ]);
        longest = Math.max(longest, g.seconds * 20);
      }
      shown = history.length;
      return state === 'finished';
    },
    1000 * generations * longest,
  );
}

/** Seconds that a text may take, a large model on a slow machine. */
const TEXT_SECONDS = 600;

/** Prints a line a batch. */
export function watchHead(tabs: TwoTabs, texts: number): Promise<Snapshot> {
  line(['texts', 'of', 'seconds', 'rounds', 'online', 'dealt', 'numbers']);
  let shown = 0;
  let computed = 0;
  return tabs.until(
    tabs.dataOwner,
    'the texts to be computed',
    ({ passes, state }) => {
      for (const { sequences, seconds, rounds, bytes, budgetUsed } of passes.slice(shown)) {
        computed += sequences;
        const online = bytes.toModelOwner + bytes.toDataOwner;
        line([
          ...[computed, texts, seconds.toFixed(1), rounds],
          ...[formatBytes(online), formatBytes(bytes.dealt), budgetUsed.toLocaleString('en')],
        ]);
      }
      shown = passes.length;
      return state === 'finished';
    },
    1000 * texts * TEXT_SECONDS,
  );
}
