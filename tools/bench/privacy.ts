/** What tuning on shares costs, method by method: two real tabs against the same in the clear. */
import { readFileSync } from 'node:fs';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { type Experiment, type Method, needs, type RunOptions, runExperiment } from '../evaluate/experiment';
import { startJax } from '../evaluate/fast-reference';
import { reader } from '../evaluate/features';
import { readModel } from '../evaluate/model';
import { buildPage, type TabsSettings, tuneInTabs } from '../evaluate/mpc';
import type { Report } from '../evaluate/report';
import { feedback } from '../evaluate/tasks';
import type { Privacy } from './figures';

const ACCURACY = 'docs/accuracy.json';
const MODEL = 'tiny';
const SHOTS = 16;
const SEED = 1;
/** Of a search: enough to time one by. */
const GENERATIONS = 6;

/** The sessions' methods under the experiments' names. */
const METHODS: readonly [method: NonNullable<TabsSettings['method']>, experiment: Method][] = [
  ['head', 'head'],
  ['prompt', 'forward-only'],
  ['prompt and head', 'prompt and head'],
];

export async function measurePrivacy(say: (line: string) => void): Promise<Privacy> {
  buildPage();
  await startJax();
  const folder = `public/models/${MODEL}`;
  const data = feedback();
  const settings = { ...DEFAULT_SETTINGS, generations: GENERATIONS };
  const model = await readModel(folder);
  const runs: Privacy['runs'] = [];
  for (const [method, name] of METHODS) {
    const experiment: Experiment = {
      ...{ model: folder, task: data.name, method: name, shots: SHOTS, seed: SEED },
      settings: { ...settings, deep: 0 },
    };
    const reading = needs(experiment, data);
    const read = reading && (await reader(model, reading.reading));
    const inTheClear = async () => {
      const began = performance.now();
      const options: RunOptions = {};
      if (read) {
        const rows = read(reading.texts);
        options.features = new Map(reading.texts.map((text, i) => [text, rows[i]!]));
      }
      const { tuned } = await runExperiment(model, data, experiment, options);
      return { accuracy: tuned, seconds: (performance.now() - began) / 1000 };
    };
    // The first time compiles.
    await inTheClear();
    const clear = await inTheClear();
    const wanted = {
      ...settings,
      method,
      shots: SHOTS,
      seed: SEED,
      ...(method === 'head' && { reading: 'state' as const }),
    };
    const { snapshot, seconds } = await tuneInTabs(folder, data, wanted);
    const { final, untuned, totals } = snapshot;
    runs.push({
      ...{ method, seconds, accuracy: final!.accuracy, untuned: untuned?.accuracy },
      ...{ clearSeconds: clear.seconds, clearAccuracy: clear.accuracy },
      ...{ sequences: totals!.sequences, rounds: totals!.rounds, bytes: totals!.bytes },
    });
    say(`${method}: ${seconds.toFixed(0)} s on shares, ${clear.seconds.toFixed(1)} s in the clear`);
  }
  return {
    model: MODEL,
    task: data.name,
    shots: SHOTS,
    generations: GENERATIONS,
    runs,
    searches: searchesIn(ACCURACY),
  };
}

/** Of a report of `npm run evaluate`. */
function searchesIn(file: string): Privacy['searches'] {
  const { sections }: Report = JSON.parse(readFileSync(file, 'utf8'));
  return (sections.mpc?.runs ?? []).map(({ task, shots, generations, tuned }) => ({
    ...{ task, shots, generations, accuracy: tuned.mpc, clearAccuracy: tuned.plaintext },
  }));
}
