/** One figure: a method on a task with a seed. Plain data in and out, so that it can be sent to another process. */
import { createEncoder, type EncodedText } from '../../src/data/encode';
import { evaluate } from '../../src/tuning/objective';
import { PromptSpace, promptFromWords, spread } from '../../src/tuning/prompt';
import { purpose, splitTask, type Task, type TuningOptions, tune } from '../../src/tuning/run';
import { resolveVerbalizer } from '../../src/tuning/verbalizer';
import { fineTune, tunePromptByGradient } from './gradient';
import { FastModel, type Model } from './model';
import type { TaskData } from './tasks';
import { wordClassifier } from './words';

export const methods = ['forward-only', 'words', 'full', 'gradient prompt'] as const;
export type Method = (typeof methods)[number];

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
  /** Training examples a class; as many again are held out to choose by. */
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
  seconds: number;
}

/** All that a method may use. */
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

export function setUp(model: Model, data: TaskData, experiment: Experiment): Setup {
  const { settings, shots, seed } = experiment;
  const { promptTokens, promptText, dimension, deep } = settings;
  const { config, tokenizer, tensors } = model;
  const labels = [...new Set(data.labels)].sort();
  const words = resolveVerbalizer(labels, experiment.words ?? data.words, tokenizer).map(({ token }) => token);
  const fast = new FastModel(config, tensors, words, networksOf(model));
  const targets = data.labels.map((label) => labels.indexOf(label));
  const heldOut = shots * labels.length;
  const task = splitTask(targets, labels.length, { heldOut, shots, seed, evaluationFrom: data.evaluationFrom });
  const encode = createEncoder({ tokenizer, config, tokens: data.tokens, promptTokens });
  const { table } = fast.plain.embedding;
  const std = spread(table);
  const space = new PromptSpace({
    tokens: promptTokens,
    hidden: config.hidden_size,
    dimension,
    base: promptFromWords(tokenizer.encode(` ${promptText}`), promptTokens, table, config.hidden_size),
    std,
    random: purpose(seed, 'projection'),
    ...(deep > 0 ? { deep: { layers: config.num_hidden_layers - 1, std: deep } } : {}),
  });
  return { experiment, model, fast, task, text: remembered((i) => encode(data.texts[i]!)), space, spread: std, words };
}

/** Of thousands of texts, a run with few examples reads few. */
function remembered<T>(compute: (index: number) => T): (index: number) => T {
  const known = new Map<number, T>();
  return (index) => {
    if (!known.has(index)) known.set(index, compute(index));
    return known.get(index)!;
  };
}

const networks = new WeakMap<Model, ConstructorParameters<typeof FastModel>[3]>();
function networksOf(model: Model) {
  if (!networks.has(model)) networks.set(model, new Map());
  return networks.get(model);
}

/** `onLoss` sees the mean loss of every generation of forward-only tuning. */
export async function runExperiment(
  model: Model,
  data: TaskData,
  experiment: Experiment,
  onLoss: (loss: number) => void = () => {},
): Promise<Outcome> {
  const setup = setUp(model, data, experiment);
  const began = performance.now();
  try {
    return { ...(await run[experiment.method](setup, data, onLoss)), seconds: (performance.now() - began) / 1000 };
  } finally {
    setup.fast.dispose();
  }
}

type Run = (setup: Setup, data: TaskData, onLoss: (loss: number) => void) => Promise<Omit<Outcome, 'seconds'>>;

const run: Record<Method, Run> = {
  'forward-only': async ({ experiment, fast, task, text, space }, _, onLoss) => {
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
      { onGeneration: ({ loss }) => onLoss(loss) },
    );
    return { untuned: baseline.accuracy, tuned: final.accuracy, loss: final.loss, passes };
  },

  words: async ({ task }, { texts }) => {
    const examples = (which: readonly number[]) => which.map((i) => ({ text: texts[i]!, target: task.targets[i]! }));
    const predict = wordClassifier(examples(task.training), examples(task.validation), task.classes);
    const test = examples(task.evaluation);
    return { tuned: test.filter(({ text, target }) => predict(text) === target).length / test.length };
  },

  full: async (setup) => accuracyOf(setup, await fineTune(setup)),

  'gradient prompt': async (setup) => accuracyOf(setup, await tunePromptByGradient(setup)),
};

/** On the evaluation examples. */
function accuracyOf({ task }: Setup, logits: (examples: readonly number[]) => Float64Array[]) {
  const { evaluation, targets, classes } = task;
  const { accuracy, loss } = evaluate(
    logits(evaluation),
    evaluation.map((i) => targets[i]!),
    classes,
  );
  return { tuned: accuracy, loss };
}
