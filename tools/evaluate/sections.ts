/** What the report consists of: tables of experiments, each row by its labels, each cell one experiment for every seed. */
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { type OptimizerName, optimizerNames } from '../../src/tuning/optimizer';
import type { Experiment, Method, Outcome, Settings } from './experiment';

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
  rows: { labels: string[]; cells: Record<string, Outcome[]> }[];
  seeds: number;
  seconds: number;
}

export interface Scale {
  model: string;
  seeds: number;
  /** For the sweep, which has many rows. */
  sweepSeeds: number;
  /** A larger built-in model, if there is one. */
  small?: string;
}

const DEFAULTS: Settings = { ...DEFAULT_SETTINGS, deep: 0 };
export const SHOTS = [16, 64];
/** Settings are chosen on these alone. */
const PUBLIC_TASKS = ['reviews', 'tense'];

const METHOD_TITLES: Record<Method, string> = {
  'forward-only': 'forward-only tuning',
  'gradient prompt': 'gradient prompt tuning',
  full: 'full fine-tuning',
  words: 'n-gram regression',
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

export function tasksTable({ model, seeds }: Scale): Table {
  const rows = ['sst2', 'source', 'tense', 'tense-blind', 'feedback'].flatMap((task) =>
    SHOTS.map((shots) => ({
      labels: [task, String(shots)],
      cells: Object.fromEntries(
        Object.entries(METHOD_TITLES).map(([method, title]) => [
          title,
          bySeed(seeds, { model, task, method: method as Method, shots, settings: DEFAULTS }),
        ]),
      ),
    })),
  );
  return { heads: ['Task', 'Examples a class'], rows };
}

const MODEL_TASKS: [title: string, task: string, words?: Record<string, string>][] = [
  ['sst2', 'sst2'],
  ['source', 'source'],
  ['tense', 'tense'],
  ['feedback', 'feedback'],
  ['feedback, as *great* and *terrible*', 'feedback', { praise: 'great', complaint: 'terrible' }],
];

export function modelsTable({ model, small, seeds }: Scale): Table {
  const rows = MODEL_TASKS.flatMap(([title, task, words]) =>
    SHOTS.map((shots) => ({
      labels: [title, String(shots)],
      cells: Object.fromEntries(
        [model, small!].map((folder) => [
          folder.split('/').at(-1)!,
          bySeed(seeds, { model: folder, task, method: 'forward-only', shots, settings: DEFAULTS, words }),
        ]),
      ),
    })),
  );
  return { heads: ['Task', 'Examples a class'], rows };
}

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
