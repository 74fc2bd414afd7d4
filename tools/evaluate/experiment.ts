/** One figure: a method on a task with a seed. Plain data in and out, so that it can be sent to another process. */
import { architectureOf } from '../../src/models/architectures';
import type { EncodedText } from '../../src/models/encode';
import { memorySource } from '../../src/models/tensors';
import { evaluate } from '../../src/tuning/objective';
import { type PromptSpace, spread } from '../../src/tuning/prompt';
import { type Task, type TuningOptions, tune } from '../../src/tuning/run';
import { prepareTask } from '../../src/tuning/task';
import { type Answers, fineTune, tunePromptByGradient } from './gradient';
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

export async function setUp(model: Model, data: TaskData, experiment: Experiment): Promise<Setup> {
  const { settings, shots, seed } = experiment;
  const { config, tokenizer, tensors } = model;
  const embedding = await architectureOf(config).embedding(config, memorySource(tensors));
  const heldOut = shots * new Set(data.labels).size;
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

/** `onLoss` sees the mean loss of every generation of forward-only tuning. */
export async function runExperiment(
  model: Model,
  data: TaskData,
  experiment: Experiment,
  onLoss: (loss: number) => void = () => {},
): Promise<Outcome> {
  const setup = await setUp(model, data, experiment);
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
async function accuracyOf({ task }: Setup, answers: Answers) {
  const { evaluation, targets, classes } = task;
  const { accuracy, loss } = evaluate(
    await answers(evaluation),
    evaluation.map((i) => targets[i]!),
    classes,
  );
  return { tuned: accuracy, loss };
}
