/** Tuning on shares in two real browser tabs against tuning in the clear, all else equal. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Papa from 'papaparse';
import type { Snapshot } from '../../app/automation';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { type TabsOptions, TwoTabs } from '../two-tabs';
import { type Experiment, runExperiment } from './experiment';
import { startJax } from './fast-reference';
import { readModel } from './model';
import type { TaskData } from './tasks';

export interface Comparison {
  runs: {
    task: string;
    shots: number;
    /** On the evaluation examples. */
    untuned: { mpc: number; plaintext: number };
    tuned: { mpc: number; plaintext: number };
    /** Mean and largest distance between the two sides' training losses, generation by generation. */
    lossDistance: { mean: number; largest: number };
    generations: number;
    sequences: number;
    seconds: number;
  }[];
  seeds: 1;
}

const SEED = 1;
const SHOTS = 16;

export async function compareWithMpc(
  model: string,
  tasks: Map<string, TaskData>,
  quick: boolean,
  say: (message: string) => void,
  save: (comparison: Comparison) => void,
): Promise<void> {
  buildPage();
  await startJax();
  const runs: Comparison['runs'] = [];
  for (const name of quick ? ['feedback'] : ['feedback', 'sst2']) {
    runs.push(await compare(model, tasks.get(name)!, quick ? 2 : DEFAULT_SETTINGS.generations, say));
    save({ runs, seeds: 1 });
  }
}

/** Nothing else of the experiments needs a browser or the built page. */
export function buildPage(): void {
  execFileSync(process.execPath, ['tools/ensure.mjs', '--browser', '--build'], { stdio: 'inherit' });
}

async function compare(
  model: string,
  data: TaskData,
  generations: number,
  say: (message: string) => void,
): Promise<Comparison['runs'][number]> {
  const began = performance.now();
  const settings = { ...DEFAULT_SETTINGS, generations, deep: 0 };
  const experiment: Experiment = {
    ...{ model, task: data.name, method: 'forward-only', shots: SHOTS, seed: SEED },
    settings,
  };
  const losses: number[] = [];
  const plaintext = await runExperiment(await readModel(model), data, experiment, {
    onLoss: (loss) => losses.push(loss),
  });

  const { deep: _, ...rest } = settings;
  let said = 0;
  const finished = await tuneInTabs(model, data, { ...rest, shots: SHOTS, seed: SEED }, (snapshot) => {
    const left = Math.round((snapshot.secondsLeft ?? 0) / 60);
    if (snapshot.history.length < said + 5) return;
    said = snapshot.history.length;
    say(`${data.name} under MPC: generation ${said} of ${generations}, about ${left} min left`);
  });
  const { history, untuned, final, totals } = finished.snapshot;
  const distances = history.map(({ loss }, i) => Math.abs(loss - losses[i]!));
  return {
    task: data.name,
    shots: SHOTS,
    untuned: { mpc: untuned!.accuracy, plaintext: plaintext.untuned! },
    tuned: { mpc: final!.accuracy, plaintext: plaintext.tuned },
    lossDistance: {
      mean: distances.reduce((a, b) => a + b, 0) / distances.length,
      largest: Math.max(...distances),
    },
    generations,
    sequences: totals!.sequences,
    seconds: (performance.now() - began) / 1000,
  };
}

export type TabsSettings = NonNullable<TabsOptions['settings']> & { shots: number };

/**
 * What two tabs come to with a model's folder, and in how many seconds from the start: tuned with the examples before `evaluationFrom`, as many held out as are
 * learned from, measured on those after it. `watch` sees the data owner's page now and then.
 */
export async function tuneInTabs(
  model: string,
  data: TaskData,
  settings: TabsSettings,
  watch: (snapshot: Snapshot) => void = () => {},
): Promise<{ snapshot: Snapshot; seconds: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
  const file = (name: string, from: number, to?: number) => {
    const rows = data.texts.slice(from, to).map((text, i) => ({ text, label: data.labels[from + i]! }));
    const path = join(folder, name);
    writeFileSync(path, Papa.unparse(rows));
    return path;
  };
  const classes = new Set(data.labels).size;
  const tabs = await TwoTabs.open({
    backend: 'wasm',
    budget: 10_000_000,
    model: ['config.json', 'tokenizer.json', 'model.safetensors'].map((name) => join(model, name)),
    settings: { ...settings, tokens: data.tokens, heldOut: settings.shots * classes },
  });
  try {
    const { evaluationFrom, words } = data;
    const own = file('train.csv', 0, evaluationFrom);
    await tabs.load({
      own: { path: own, text: 'text', label: 'label' },
      evaluation: { path: file('test.csv', evaluationFrom) },
      words,
    });
    const began = performance.now();
    await tabs.start();
    const snapshot = await tabs.until(
      tabs.dataOwner,
      'training to finish',
      (snapshot) => {
        watch(snapshot);
        return snapshot.state === 'finished';
      },
      3_600_000,
    );
    return { snapshot, seconds: (performance.now() - began) / 1000 };
  } finally {
    await tabs.close();
    rmSync(folder, { recursive: true });
  }
}
