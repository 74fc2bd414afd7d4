/** One figure: a method on a task with a seed. Plain data in and out, so that it can be sent to another process. */
import { architectureOf } from '../../src/models/architectures';
import type { Task as ModelTask } from '../../src/models/config';
import type { Embedding } from '../../src/models/embedding';
import type { EncodedText } from '../../src/models/encode';
import { memorySource } from '../../src/models/tensors';
import type { ReadingName } from '../../src/session/choices';
import { calibratedBy, featureSpace } from '../../src/session/data-owner/methods/features';
import { headOn } from '../../src/session/data-owner/methods/prompt-and-head';
import { type AloneName, alone, aloneNames } from '../../src/tuning/alone';
import { chooseHead } from '../../src/tuning/choose-head';
import { headLogits } from '../../src/tuning/head';
import { type Evaluation, evaluate, type Row } from '../../src/tuning/objective';
import { type PromptSpace, spread } from '../../src/tuning/prompt';
import {
  LABEL_WORDS,
  type Learned,
  type Objective,
  purpose,
  repeatable,
  splitTask,
  type Task,
  type TuningOptions,
  tuneFor,
} from '../../src/tuning/run';
import { prepareTask } from '../../src/tuning/task';
import { type LabelWord, resolveVerbalizer } from '../../src/tuning/verbalizer';
import type { Reading } from './features';
import { type Answers, fineTune, tunePromptByGradient } from './gradient';
import { FastModel, type Model } from './model';
import type { TaskData } from './tasks';

/** Fitted to what was opened of every text once: all of its vector or hidden state, or its label words' logits. */
export const headMethods = ['head', 'head on label words'] as const;
/** What needs a prompt, searched for or not. */
export const promptMethods = ['forward-only', 'prompt and head', 'gradient prompt', 'full'] as const;

export type HeadMethod = (typeof headMethods)[number];
export type PromptMethod = (typeof promptMethods)[number];
export type Method = AloneName | HeadMethod | PromptMethod;

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

const isHead = (method: Method): method is HeadMethod => headMethods.some((head) => head === method);
const isAlone = (method: Method): method is AloneName => aloneNames.some((name) => name === method);

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

/** All that an outcome depends on. `digest` of a model's weights, asked for only where there is a model. */
export function identityOf({ model, settings, ...rest }: Experiment, digest: (model: string) => string): object {
  const { method } = rest;
  if (method === 'majority' || method === 'words') return rest;
  const { promptText, promptTokens } = settings;
  const used = isAlone(method) ? {} : isHead(method) ? { promptText, promptTokens } : settings;
  return { ...rest, model: digest(model), settings: used };
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
  labelWords: LabelWord[];
  /** Their token ids. */
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
  const prepared = prepareTask(
    { config, tokenizer, embedding },
    {
      ...{ ...settings, tokens: data.tokens, heldOut, shots, seed },
      labelWords: experiment.words ?? data.words,
    },
    data,
  );
  const words = prepared.labelWords.map(({ token }) => token);
  const fast = await FastModel.load(config, tensors, words, graphsOf(model));
  return { ...prepared, experiment, model, fast, spread: spread(embedding.table), words };
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

/** What texts have to be read beforehand, if any, and how: the examples, and the empty text by which label words are calibrated. */
export function needs(experiment: Experiment, data: TaskData): { reading: Reading; texts: string[] } | undefined {
  if (!isHead(experiment.method)) return undefined;
  const { promptText, promptTokens } = experiment.settings;
  const { training, evaluation } = splitOf(data, experiment);
  const texts = [...training, ...evaluation].map((i) => data.texts[i]!);
  return { reading: { tokens: data.tokens, promptText, promptTokens }, texts: [...new Set([EMPTY, ...texts])] };
}

const EMPTY = '';

export interface RunOptions {
  /** What `needs` asked for, by text. */
  features?: ReadonlyMap<string, Float32Array>;
  /** Sees the mean loss of every generation of a search. */
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

/** As sessions learn it: see src/session/data-owner/methods/head.ts. */
async function runHead({ model, data, experiment, options }: Job, name: ReadingName): Promise<Measured> {
  const { config, tokenizer } = model;
  const embedding = await embeddingOf(model);
  const labelWords =
    config.task === 'embedding'
      ? undefined
      : resolveVerbalizer(labelsOf(data), experiment.words ?? data.words, tokenizer);
  const space = featureSpace({ config, embedding }, name, {
    ...{ tokens: data.tokens, promptTokens: experiment.settings.promptTokens, deep: false },
    labelWords,
  });
  /** Label words' logits are products of the state with public embeddings, which a readout opens in its place. */
  const opened = (state: Float32Array) =>
    name === 'state'
      ? Float64Array.from(state)
      : Float64Array.from(labelWords!, ({ token }) => {
          const word = embedding.word(token);
          return state.reduce((sum, x, j) => sum + x * word[j]!, embedding.bias[token]!);
        });
  const featuresOf = (text: string) => space.of(opened(options.features!.get(text)!));
  const { targets, classes, training, evaluation } = splitOf(data, experiment);
  const features = (examples: readonly number[]) => examples.map((i) => featuresOf(data.texts[i]!));
  const targetsOf = (examples: readonly number[]) => examples.map((i) => targets[i]!);
  const { width, words } = space;
  const { head } = chooseHead(
    { features: features(training), targets: targetsOf(training), classes, width },
    purpose(experiment.seed, 'folds'),
    words && calibratedBy(words, [featuresOf(EMPTY)]),
  );
  const logits = features(evaluation).map((row) => headLogits(head, row));
  const passes = training.length + Number(words !== undefined);
  return {
    ...measurementOf(evaluate(logits, targetsOf(evaluation), classes)),
    passes,
    numbers: passes * width,
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

/** A search for a prompt by this objective, of rows that `rowOf` makes of label words' logits. */
async function search<L extends Learned>(
  { experiment, fast, task, text, space, words }: Setup,
  { onLoss }: RunOptions,
  objective: Objective<L>,
  rowOf: (logits: Float64Array) => Float64Array,
): Promise<Measured> {
  let passes = 0;
  const opened = async (prompts: Float32Array[], examples: readonly number[]) => {
    // The evaluation examples are the report's, not tuning's.
    if (examples !== task.evaluation) passes += prompts.length * examples.length;
    const texts = prompts.flatMap(() => examples.map(text));
    const inThem = prompts.flatMap((prompt) => examples.map(() => prompt));
    return fast.logits(texts, inThem, space.tokens).map(rowOf);
  };
  const options = { ...experiment.settings, seed: experiment.seed };
  const { baseline, final } = await tuneFor(objective, task, space, opened, options, {
    onGeneration: ({ loss }) => onLoss?.(loss),
  });
  return { untuned: baseline.accuracy, ...measurementOf(final), passes, numbers: passes * words.length };
}

const RUN: Record<Method, (job: Job) => Promise<Measured>> = {
  majority: runAlone,
  words: runAlone,
  'public embeddings': runAlone,

  head: (job) => runHead(job, 'state'),

  'head on label words': (job) => runHead(job, 'words'),

  'forward-only': (job) => runPrompt(job, (setup) => search(setup, job.options, LABEL_WORDS, (logits) => logits)),

  'prompt and head': (job) =>
    runPrompt(job, async (setup) => {
      const { model, task, space, experiment, labelWords } = setup;
      const { config } = model;
      const features = featureSpace({ config, embedding: await embeddingOf(model) }, 'words', {
        ...{ tokens: job.data.tokens, promptTokens: space.tokens, deep: experiment.settings.deep > 0 },
        labelWords,
      });
      const objective = headOn(features, task.classes, repeatable(experiment.seed, 'folds'));
      return search(setup, job.options, objective, (logits) => features.of(logits).values);
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
