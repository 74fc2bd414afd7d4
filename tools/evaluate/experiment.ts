/** One figure: a method on a task with a seed. Plain data in and out, so that it can be sent to another process. */
import { architectureOf } from '../../src/models/architectures';
import type { Task as ModelTask } from '../../src/models/config';
import type { Embedding } from '../../src/models/embedding';
import type { EncodedText } from '../../src/models/encode';
import { memorySource } from '../../src/models/tensors';
import { type AloneName, alone, aloneNames } from '../../src/tuning/alone';
import { chooseHead } from '../../src/tuning/choose-head';
import { type Features, headLogits, unitLength } from '../../src/tuning/head';
import { type Evaluation, evaluate, type Row } from '../../src/tuning/objective';
import { type PromptSpace, spread } from '../../src/tuning/prompt';
import { purpose, splitTask, type Task, type TuningOptions, tune } from '../../src/tuning/run';
import { prepareTask } from '../../src/tuning/task';
import { resolveVerbalizer } from '../../src/tuning/verbalizer';
import type { Reading } from './features';
import { type Answers, fineTune, tunePromptByGradient } from './gradient';
import { FastModel, type Model } from './model';
import type { TaskData } from './tasks';

/** Fitted to what was opened of every text once: all of its vector or hidden state, or its label words' logits. */
export const headMethods = ['head', 'head on label words'] as const;
/** What needs a prompt, searched for or not. */
export const promptMethods = ['forward-only', 'gradient prompt', 'full'] as const;

export type HeadMethod = (typeof headMethods)[number];
export type PromptMethod = (typeof promptMethods)[number];
export type Method = AloneName | HeadMethod | PromptMethod;

/** What is the same whatever the model. */
export const withoutModel = (method: Method): boolean => method === 'majority' || method === 'words';

const METHODS: { readonly [K in ModelTask]: readonly Method[] } = {
  embedding: [...aloneNames, 'head'],
  'masked-lm': [...aloneNames, ...headMethods, ...promptMethods],
  'causal-lm': [],
};

/** Methods that can be tried on a model for this. Throws for one that the experiments have none for. */
export function methodsFor(task: ModelTask): readonly Method[] {
  const methods = METHODS[task];
  if (methods.length === 0) throw new Error(`models for ${task} are not evaluated`);
  return methods;
}

export interface Settings extends Omit<TuningOptions, 'seed'> {
  promptText: string;
  promptTokens: number;
  /** Spread of deep prompts, in hidden states' own; 0 for none. */
  deep: number;
}

export interface Experiment {
  /** Folder. */
  model: string;
  task: string;
  method: Method;
  /** Training examples a class; as many again are held out where something is chosen by them. */
  shots: number;
  seed: number;
  settings: Settings;
  /** Other label words than the task's own. */
  words?: Record<string, string>;
}

export interface Outcome {
  /** Accuracies on the evaluation examples; `untuned` for methods that begin at the prompt. */
  untuned?: number;
  tuned: number;
  /** Cross-entropy there after tuning. */
  loss?: number;
  /** Forward passes of tuning and choosing, in sequences. */
  passes?: number;
  /** Numbers that these open to the data owner. */
  numbers?: number;
  seconds: number;
}

/** All that a method that tunes a prompt may use. */
export interface Setup {
  experiment: Experiment;
  model: Model;
  fast: FastModel;
  task: Task;
  /** An example as the model reads it. */
  text: (example: number) => EncodedText;
  space: PromptSpace;
  /** Of the embedding table. */
  spread: number;
  /** Token ids of the label words. */
  words: number[];
}

const labelsOf = ({ labels }: TaskData) => [...new Set(labels)].sort();

const embeddings = new WeakMap<Model, Promise<Embedding>>();

function embeddingOf(model: Model): Promise<Embedding> {
  const { config, tensors } = model;
  const embedding = embeddings.get(model) ?? architectureOf(config).embedding(config, memorySource(tensors));
  embeddings.set(model, embedding);
  return embedding;
}

export async function setUp(model: Model, data: TaskData, experiment: Experiment): Promise<Setup> {
  const { settings, shots, seed } = experiment;
  const { config, tokenizer, tensors } = model;
  const embedding = await embeddingOf(model);
  const heldOut = shots * labelsOf(data).length;
  const labelWords = experiment.words ?? data.words;
  const {
    task,
    space,
    text,
    labelWords: chosen,
  } = prepareTask(
    { config, tokenizer, embedding },
    { ...settings, labelWords, tokens: data.tokens, heldOut, shots, seed },
    data,
  );
  const tokens = chosen.map(({ token }) => token);
  const fast = await FastModel.load(config, tensors, tokens, graphsOf(model));
  return { experiment, model, fast, task, text, space, spread: spread(embedding.table), words: tokens };
}

const graphs = new WeakMap<Model, FastModel['graphs']>();

function graphsOf(model: Model): FastModel['graphs'] {
  const known = graphs.get(model) ?? new Map();
  graphs.set(model, known);
  return known;
}

/** The split of what chooses by cross-validation, as sessions make it. */
function splitOf(data: TaskData, { shots, seed }: Experiment): Task {
  const classes = labelsOf(data);
  const targets = data.labels.map((label) => classes.indexOf(label));
  const { evaluationFrom } = data;
  return splitTask(targets, classes.length, { heldOut: 0, chooses: false, shots, seed, evaluationFrom });
}

/** What has to be known of texts beforehand, if anything: by which reading, of which examples. */
export function needs(
  experiment: Experiment,
  data: TaskData,
): { reading: Reading; examples: readonly number[] } | undefined {
  if (!headMethods.some((method) => method === experiment.method)) return undefined;
  const { promptText, promptTokens } = experiment.settings;
  const { training, evaluation } = splitOf(data, experiment);
  return { reading: { tokens: data.tokens, promptText, promptTokens }, examples: [...training, ...evaluation] };
}

export interface RunOptions {
  /** What `needs` asked for, by example. */
  features?: ReadonlyMap<number, Float32Array>;
  /** Sees the mean loss of every generation of forward-only tuning. */
  onLoss?: (loss: number) => void;
}

type Measured = Omit<Outcome, 'seconds'>;

export async function runExperiment(
  model: Model,
  data: TaskData,
  experiment: Experiment,
  options: RunOptions = {},
): Promise<Outcome> {
  const began = performance.now();
  const measured = await RUN[experiment.method]({ model, data, experiment, options });
  return { ...measured, seconds: (performance.now() - began) / 1000 };
}

interface Job {
  model: Model;
  data: TaskData;
  experiment: Experiment;
  options: RunOptions;
}

async function runAlone({ model, data, experiment }: Job): Promise<Measured> {
  const task = splitOf(data, experiment);
  const embedding = await embeddingOf(model);
  const [found] = alone({
    ...{ task, measured: task.evaluation, texts: data.texts, hidden: model.config.hidden_size },
    tokens: (text) => model.tokenizer.encode(text),
    word: (id) => embedding.word(id),
    seed: experiment.seed,
    names: [experiment.method as AloneName],
  });
  return measurementOf(found!.evaluation);
}

/** A head on what `of` makes of a text's row. */
async function runHead(job: Job, of: (row: Float32Array) => Features): Promise<Measured> {
  const { data, experiment, options } = job;
  const { targets, classes, training, evaluation } = splitOf(data, experiment);
  const features = (examples: readonly number[]) => examples.map((i) => of(options.features!.get(i)!));
  const fitted = features(training);
  const width = fitted[0]!.values.length;
  const targetsOf = (examples: readonly number[]) => examples.map((i) => targets[i]!);
  const { head } = chooseHead(
    { features: fitted, targets: targetsOf(training), classes, width },
    purpose(experiment.seed, 'folds'),
  );
  const logits = features(evaluation).map((row) => headLogits(head, row));
  return {
    ...measurementOf(evaluate(logits, targetsOf(evaluation), classes)),
    passes: training.length,
    numbers: training.length * width,
  };
}

/** With label words, and disposed of afterwards. */
async function runPrompt(
  { model, data, experiment }: Job,
  run: (setup: Setup) => Promise<Measured>,
): Promise<Measured> {
  const setup = await setUp(model, data, experiment);
  try {
    return await run(setup);
  } finally {
    setup.fast.dispose();
  }
}

const RUN: Record<Method, (job: Job) => Promise<Measured>> = {
  majority: runAlone,
  words: runAlone,
  'public embeddings': runAlone,

  head: (job) => runHead(job, (row) => ({ values: unitLength(row) })),

  // Products of the state with the words' public embeddings, which a readout opens in its place.
  'head on label words': async (job) => {
    const { model, data, experiment } = job;
    const { table, bias } = await embeddingOf(model);
    const hidden = model.config.hidden_size;
    const words = resolveVerbalizer(labelsOf(data), experiment.words ?? data.words, model.tokenizer);
    return runHead(job, (row) => ({
      values: Float64Array.from(words, ({ token }) =>
        row.reduce((sum, x, j) => sum + x * table[token * hidden + j]!, bias[token]!),
      ),
    }));
  },

  'forward-only': (job) =>
    runPrompt(job, async ({ experiment, fast, task, text, space, words }) => {
      const { settings, seed } = experiment;
      let passes = 0;
      const logits = async (prompts: Float32Array[], examples: readonly number[]) => {
        // The evaluation examples are the report's, not tuning's.
        if (examples !== task.evaluation) passes += examples.length;
        return fast.logits(examples.map(text), prompts, space.tokens);
      };
      const { baseline, final } = await tune(
        task,
        space,
        logits,
        { ...settings, seed },
        { onGeneration: ({ loss }) => job.options.onLoss?.(loss) },
      );
      return { untuned: baseline.accuracy, ...measurementOf(final), passes, numbers: passes * words.length };
    }),

  'gradient prompt': (job) => runPrompt(job, async (setup) => accuracyOf(setup, await tunePromptByGradient(setup))),

  full: (job) => runPrompt(job, async (setup) => accuracyOf(setup, await fineTune(setup))),
};

const measurementOf = ({ accuracy, loss }: Evaluation): Measured => ({ tuned: accuracy, loss });

/** On the evaluation examples. */
async function accuracyOf({ task }: Setup, answers: Answers): Promise<Measured> {
  const { evaluation, targets, classes } = task;
  const rows: Row[] = await answers(evaluation);
  return measurementOf(
    evaluate(
      rows,
      evaluation.map((i) => targets[i]!),
      classes,
    ),
  );
}
