/**
 * A long run in two real tabs that is struck by a fault every few generations: what was noticed when, and whether anything was lost.
 *
 *   npm run soak
 *   npm run soak -- --generations 200 --every 10
 */
import { SeededRandom } from '../src/random/generator';
import { seedFromNumber } from '../src/random/seed';
import { main, parseQuantity } from './command-line';
import { endure } from './endure';
import { FAULTS } from './faults';

const HELP = `A prompt's search on the built-in model, struck by a random fault every few generations.

  --generations N   of the whole run (default 200)
  --every N         generations between two faults (default 10)
  --seed N          which faults come when (default 1)
  --file FILE       texts and labels (default public/samples/patient-feedback.csv)`;

/** Faults of every kind before any comes again, in an order of chance. */
function order(count: number, seed: number): (typeof FAULTS)[number][] {
  const random = new SeededRandom(seedFromNumber(seed), 'faults');
  const chosen: (typeof FAULTS)[number][] = [];
  while (chosen.length < count) chosen.push(...random.shuffle([...FAULTS]));
  return chosen.slice(0, count);
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

main(HELP, async () => {
  const args = process.argv.slice(2);
  const option = (name: string, usual: string): string => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? usual : (args[at + 1] ?? '');
  };
  const whole = (name: string, usual: number) => parseQuantity(`--${name}`, option(name, String(usual)), { '': 1 });
  const generations = whole('generations', 200);
  const every = whole('every', 10);
  const count = Math.max(0, Math.ceil(generations / every) - 1);
  const blows = order(count, whole('seed', 1)).map((fault, i) => ({ after: (i + 1) * every, fault }));
  const settings = { method: 'prompt' as const, population: 4, batch: 4, heldOut: 8, evaluateEvery: 10, seed: 1 };

  console.log(`${generations} generations, ${count} faults\n`);
  const file = option('file', 'public/samples/patient-feedback.csv');
  const { blows: past, done } = await endure({
    settings: { ...settings, generations, patience: generations },
    file,
    blows,
    onBlow: ({ fault, struckAt, noticedMs, backMs }) =>
      console.log(
        `generation ${String(struckAt).padStart(3)}   noticed ${seconds(noticedMs).padStart(6)}   gone on after ${seconds(backMs).padStart(6)}   ${fault}`,
      ),
  });
  const gaps = done.history.filter(({ generation }, i) => generation !== i + 1).length;
  const slowest = Math.max(...past.map(({ noticedMs }) => noticedMs));
  console.log(
    `\n${done.history.length} of ${generations} generations in the history, ${gaps} out of order; noticed in ${seconds(slowest)} at most`,
  );
  if (gaps > 0 || done.history.length !== generations) throw new Error('something was lost');
});
