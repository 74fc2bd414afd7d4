/**
 * The main job in front of one's eyes: two browser profiles tune the built-in model on the sample data, and the figures are kept.
 *
 *   npm run demo
 *   npm run demo -- --headless --generations 10 --data my.csv --text review --label stars --words 1=terrible,5=great
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BACKEND_PREFERENCES } from '../src/compute/create';
import { DEFAULT_SETTINGS } from '../src/session/defaults';
import { readSetting, type SettingKey, type TuningSettings } from '../src/session/settings';
import { formatBytes, main } from './command-line';
import { TwoTabs } from './two-tabs';

const HELP = `Tune a model under MPC in two browser tabs.

  --headless            no windows (also where there is no display)
  --generations N       (default ${DEFAULT_SETTINGS.generations})
  --population N        candidates a generation (default ${DEFAULT_SETTINGS.population})
  --batch N             examples a candidate (default ${DEFAULT_SETTINGS.batch})
  --tokens N            padded length (default ${DEFAULT_SETTINGS.tokens})
  --data FILE           private CSV, TSV or JSONL (default: the sample)
  --text COLUMN         column of texts (default: guessed)
  --label COLUMN        column of labels (default: guessed)
  --words label=word,…  label words (default: suggested)
  --eval FILE           examples for the final figures only
  --shots N             training examples a class
  --seed N              same seed, same tuning
  --optimizer NAME      cma-es, sep-cma-es, spsa, random-search
  --model ID            built-in model (default tiny)
  --backend auto|webgpu|wasm|cpu
  --out DIR             for run.json, loss.csv, prompt.safetensors and screenshots (default out)`;

/** Settings that are options of the same name. */
const SETTING_OPTIONS = ['generations', 'population', 'batch', 'tokens', 'shots', 'seed', 'optimizer'] as const;

main(HELP, async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      headless: { type: 'boolean', default: false },
      generations: text,
      population: text,
      batch: text,
      tokens: text,
      shots: text,
      seed: text,
      optimizer: text,
      data: text,
      text,
      label: text,
      words: text,
      eval: text,
      model: { type: 'string', default: 'tiny' },
      backend: { type: 'string', default: 'auto' },
      out: { type: 'string', default: 'out' },
    },
  });
  const settings: Partial<TuningSettings> = Object.assign(
    {},
    ...SETTING_OPTIONS.map((key) => readOption(key, values[key])),
  );
  const generations = settings.generations ?? DEFAULT_SETTINGS.generations;
  const backend = BACKEND_PREFERENCES.find((known) => known === values.backend);
  if (!backend) throw new Error(`--backend takes ${BACKEND_PREFERENCES.join(', ')}, not “${values.backend}”`);
  const words = values.words === undefined ? undefined : readWords(values.words);
  const display = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

  mkdirSync(values.out, { recursive: true });
  const out = (name: string) => join(values.out, name);
  console.log('Opening one tab for the model owner and one for the data owner …');
  const tabs = await TwoTabs.open({
    headless: values.headless || !display,
    backend,
    model: values.model,
    settings,
    budget: 10_000_000,
  });
  try {
    await tabs.load({ file: values.data, text: values.text, label: values.label, evaluation: values.eval, words });
    const { model, adapter, preparation } = await tabs.snapshot();
    const { estimate } = preparation;
    console.log(`${model!.name} on ${adapter}; ${values.data ? basename(values.data) : 'the sample data'}`);
    console.log(
      `A generation: ${estimate!.unit.sequences} sequences, ${estimate!.unit.rounds} rounds, ` +
        `${formatBytes(estimate!.unit.toModelOwner + estimate!.unit.toDataOwner)} online, ${formatBytes(estimate!.unit.dealt)} dealt\n`,
    );
    await tabs.start();

    const line = (cells: (string | number)[]) => console.log(cells.map((cell) => String(cell).padStart(11)).join(''));
    line(['generation', 'loss', 'best', 'held-out', 'accuracy', 'seconds', 'rounds', 'online', 'dealt']);
    let shown = 0;
    let baselineShown = false;
    let longest = 600;
    const finished = await tabs.until(
      tabs.dataOwner,
      'training to finish',
      (snapshot) => {
        if (snapshot.baseline && !baselineShown) {
          baselineShown = true;
          line([0, '', '', snapshot.baseline.loss.toFixed(4), percent(snapshot.baseline.accuracy)]);
        }
        for (const g of snapshot.history.slice(shown)) {
          line([
            g.generation,
            g.loss.toFixed(4),
            g.bestLoss.toFixed(4),
            g.heldOutLoss?.toFixed(4) ?? '',
            percent(g.accuracy),
            g.seconds.toFixed(1),
            g.rounds,
            formatBytes(g.bytes.toModelOwner + g.bytes.toDataOwner),
            formatBytes(g.bytes.dealt),
          ]);
          longest = Math.max(longest, g.seconds * 20);
        }
        shown = snapshot.history.length;
        return snapshot.state === 'finished';
      },
      1000 * generations * longest,
    );

    const { history, baseline, final, bestGeneration, totals } = finished;
    const run = {
      model,
      task: {
        data: values.data ? basename(values.data) : 'patient-feedback (sample)',
        labels: final!.labels,
        settings: finished.settings,
      },
      adapter: finished.adapter,
      baseline: finished.untuned,
      final,
      bestGeneration,
      generations: history,
      totals,
    };
    writeFileSync(out('run.json'), `${JSON.stringify(run, null, 2)}\n`);
    writeFileSync(out('loss.csv'), await tabs.download('download-history-csv'));
    writeFileSync(out('prompt.safetensors'), await tabs.download('download-prompt'));
    await tabs.screenshot(tabs.dataOwner, out('data-owner.png'));
    await tabs.screenshot(tabs.modelOwner, out('model-owner.png'));
    console.log(
      `\nAccuracy on ${final!.examples} examples kept aside: ${percent(finished.untuned!.accuracy)} before, ${percent(final!.accuracy)} after (prompt of generation ${bestGeneration}).`,
    );
    console.log(`Held-out examples before tuning: ${percent(baseline!.accuracy)}. Files are in ${values.out}/.`);
  } finally {
    await tabs.close();
  }
});

const percent = (x: number | undefined) => (x === undefined ? '' : `${(100 * x).toFixed(1)} %`);

function readWords(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.split('='));
  if (pairs.some((pair) => pair.length !== 2 || !pair[0] || !pair[1]))
    throw new Error(`--words takes label=word,label=word, not “${text}”`);
  return Object.fromEntries(pairs.map(([label, word]) => [label!.trim(), word!.trim()]));
}

/** A setting given as an option, as part of an object; nothing where it was not given. Throws for one that does not do. */
function readOption(key: SettingKey, given: string | undefined): Partial<TuningSettings> {
  if (given === undefined) return {};
  const read = readSetting(key, given);
  if (read.problem !== undefined) throw new Error(`--${key} ${read.problem}, not “${given}”`);
  return { [key]: read.value };
}
