/** What the report consists of: tables of experiments, each row by its labels, each cell one experiment for every seed. */
import { basename } from 'node:path';
import type { Task as ModelTask } from '../../src/models/config';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { type OptimizerName, optimizerNames } from '../../src/tuning/optimizer';
import { type Experiment, type Method, methodsFor, type Outcome, type Settings } from './experiment';
import type { TaskData } from './tasks';

export interface Row {
  labels: string[];
  /** By column. */
  cells: Record<string, Experiment[]>;
}

export interface Table {
  /** Of the labels. */
  heads: string[];
  rows: Row[];
}

/** A table after it was run, as accuracy.json has it. */
export interface Figures {
  heads: string[];
  rows: {
    labels: string[];
    /** Where rows are of several models: the beginning of the SHA-256 of the row's weights. */
    weights?: string;
    cells: Record<string, Outcome[]>;
  }[];
  seeds: number;
  seconds: number;
}

export interface Scale {
  /** A built-in model's folder. */
  model: string;
  seeds: number;
  /** For the sweep, which has many rows. */
  sweepSeeds: number;
}

/** What the table of methods is of. */
export interface Compared {
  models: readonly { folder: string; task: ModelTask }[];
  tasks: ReadonlyMap<string, TaskData>;
  seeds: number;
  /** Default: every method that a model can be tried with. */
  methods?: readonly Method[] | undefined;
}

const { promptText, promptTokens, dimension, optimizer, population, batch } = DEFAULT_SETTINGS;
const { generations, sigma, evaluateEvery, patience } = DEFAULT_SETTINGS;
/** What searches are told, and nothing that makes no difference to them. */
const DEFAULTS: Settings = {
  ...{ promptText, promptTokens, dimension, optimizer, population, batch },
  ...{ generations, sigma, evaluateEvery, patience, deep: 0 },
};
export const SHOTS = [16, 64];
/** Settings are chosen on these alone. */
const PUBLIC_TASKS = ['reviews', 'tense'];

export const METHOD_TITLES: Record<Method, string> = {
  majority: 'majority',
  words: 'n-grams',
  'public embeddings': 'public embeddings',
  head: 'head',
  'head on label words': 'head on label words',
  'forward-only': 'prompt',
  'prompt and head': 'prompt and head',
  'gradient prompt': 'prompt by gradients',
  full: 'all weights by gradients',
};

const bySeed = (seeds: number, experiment: Omit<Experiment, 'seed'>): Experiment[] =>
  Array.from({ length: seeds }, (_, i) => ({ ...experiment, seed: i + 1 }));

/** The same number of training passes as the defaults have, in as many generations as that takes. */
export function atEqualPasses(changes: Partial<Settings>): Settings {
  const settings = { ...DEFAULTS, ...changes };
  const passes = DEFAULTS.generations * DEFAULTS.population * DEFAULTS.batch;
  const generations = Math.max(1, Math.round(passes / (settings.population * settings.batch)));
  const looks = DEFAULTS.generations / DEFAULTS.evaluateEvery;
  return { ...settings, generations, evaluateEvery: Math.max(1, Math.round(generations / looks)) };
}

const ANY_MODEL = ['sst2', 'feedback', 'ag', 'amazon', 'bank8'];
/** The last four say something of what the built-in models were taught, and nothing of other models. */
const MOST_TASKS = [...ANY_MODEL, 'feedback-opinions', 'source', 'tense', 'tense-blind'];

const TASKS_OF: { readonly [K in ModelTask]: readonly string[] } = {
  embedding: ANY_MODEL,
  'masked-lm': MOST_TASKS,
  'causal-lm': [],
};

/** Whether every label has so many examples to tune with. */
function hasShots({ labels, evaluationFrom }: TaskData, shots: number): boolean {
  const own = labels.slice(0, evaluationFrom);
  return [...new Set(labels)].every((label) => own.filter((other) => other === label).length >= shots);
}

export const METHOD_HEADS = ['Model', 'Task', 'Examples a class'];

export function methodsTable({ models, tasks, seeds, methods }: Compared): Table {
  const rows = models.flatMap(({ folder, task: kind }) =>
    TASKS_OF[kind].flatMap((task) => {
      const data = tasks.get(task);
      return SHOTS.filter((shots) => data && hasShots(data, shots)).map((shots): Row => {
        const known = methodsFor(kind).filter((method) => methods?.includes(method) ?? true);
        const cells = known.map((method) => [
          METHOD_TITLES[method],
          bySeed(seeds, { model: folder, task, method, shots, settings: DEFAULTS }),
        ]);
        return { labels: [basename(folder), task, String(shots)], cells: Object.fromEntries(cells) };
      });
    }),
  );
  return { heads: METHOD_HEADS, rows };
}

/** Rows by their labels: what was measured anew takes the place of what was there, cell by cell as long as the weights are the same. */
export function merged(before: Figures | undefined, now: Figures): Figures {
  const rows = [...(before?.rows ?? [])];
  for (const row of now.rows) {
    const at = rows.findIndex(({ labels }) => labels.join() === row.labels.join());
    const old = rows[at];
    if (!old) rows.push(row);
    else rows[at] = old.weights === row.weights ? { ...row, cells: { ...old.cells, ...row.cells } } : row;
  }
  const models = [...new Set(rows.map(({ labels }) => labels[0]!))];
  const place = ([model, task, shots]: string[]) =>
    (models.indexOf(model!) * MOST_TASKS.length + MOST_TASKS.indexOf(task!)) * 1000 + Number(shots);
  const outcomes = rows.flatMap(({ cells }) => Object.values(cells));
  return {
    heads: METHOD_HEADS,
    rows: rows
      .sort((a, b) => place(a.labels) - place(b.labels))
      .map((row) => ({ ...row, cells: inOrder(row.cells, Object.values(METHOD_TITLES)) })),
    seeds: Math.max(...outcomes.map(({ length }) => length)),
    seconds: outcomes.flat().reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

const inOrder = <T>(values: Record<string, T>, keys: readonly string[]): Record<string, T> =>
  Object.fromEntries(keys.flatMap((key) => (key in values ? [[key, values[key]!]] : [])));

function onPublicTasks(labels: string[], model: string, seeds: number, settings: Settings): Row {
  const cells = PUBLIC_TASKS.map((task) => [
    task,
    bySeed(seeds, { model, task, method: 'forward-only', shots: 16, settings }),
  ]);
  return { labels, cells: Object.fromEntries(cells) };
}

export function optimizersTable({ model, seeds }: Scale): Table {
  // Each at two scales, since one step length cannot be fair to all; SPSA's own is its learning rate, and it takes one pair at a time.
  const scales = (optimizer: OptimizerName): [string, Partial<Settings>][] =>
    optimizer === 'spsa'
      ? [3, 10].map((learningRate) => [`learning rate ${learningRate}`, { learningRate, population: 2 }])
      : [0.5, 1].map((sigma) => [`sigma ${sigma}`, { sigma }]);
  const rows = optimizerNames.flatMap((optimizer) =>
    scales(optimizer).map(([label, changes]) =>
      onPublicTasks([optimizer, label], model, seeds, atEqualPasses({ optimizer, ...changes })),
    ),
  );
  return { heads: ['Optimiser', 'Scale'], rows };
}

/** Changes to the defaults, one at a time. */
const SWEEP: Record<string, [value: string, settings: Settings][]> = {
  'nothing changed': [['', DEFAULTS]],
  'examples a candidate': [4, 8, 32].map((batch) => [String(batch), atEqualPasses({ batch })]),
  'candidates a generation': [4, 16, 32].map((population) => [String(population), atEqualPasses({ population })]),
  'numbers tuned (dimension of z)': [8, 64, 200].map((dimension) => [String(dimension), atEqualPasses({ dimension })]),
  'prompt tokens': [2, 10].map((promptTokens) => [String(promptTokens), atEqualPasses({ promptTokens })]),
  'deep prompts, spread': [0.125, 0.25, 0.5].map((deep) => [String(deep), atEqualPasses({ deep })]),
  generations: [10, 15, 60, 120].map((generations) => [
    String(generations),
    { ...DEFAULTS, generations, evaluateEvery: Math.ceil(generations / 6) },
  ]),
};

export function sweepTable({ model, sweepSeeds }: Scale): Table {
  const rows = Object.entries(SWEEP).flatMap(([setting, values]) =>
    values.map(([value, settings]) => onPublicTasks([setting, value], model, sweepSeeds, settings)),
  );
  return { heads: ['Setting', 'Value'], rows };
}

const TEMPLATES = ['in short , it was', 'overall i thought it was', 'this film is just so', 'the review below is very'];
const PAIRS = [
  ['great', 'terrible'],
  ['good', 'bad'],
  ['positive', 'negative'],
] as const;

export function templatesTable({ model, sweepSeeds }: Scale): Table {
  const rows = TEMPLATES.flatMap((promptText) =>
    PAIRS.map(([positive, negative]) => ({
      labels: [promptText, `${positive}, ${negative}`],
      cells: {
        reviews: bySeed(sweepSeeds, {
          ...{ model, task: 'reviews', method: 'forward-only' as const, shots: 16 },
          settings: { ...DEFAULTS, promptText },
          words: { positive, negative },
        }),
      },
    })),
  );
  return { heads: ['Template', 'Label words'], rows };
}
