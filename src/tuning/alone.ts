/**
 * What the data owner can do alone with the same examples, on the same ones that a model is measured on: beside it a model shows what it
 * adds. All of it is computed on the data owner's side, and nobody is asked anything.
 */
import { chooseHead } from './choose-head';
import { type Features, headLogits, unitLength } from './head';
import { type Evaluation, evaluate } from './objective';
import { purpose, type Task } from './run';
import { wordFeatures } from './word-features';

export const aloneNames = ['majority', 'words', 'public embeddings'] as const;

/**
 * `majority`: always the most frequent label of the training examples. `words`: logistic regression on words and pairs of words.
 * `public embeddings`: logistic regression on the mean of a text's word embeddings, which the protocol makes public.
 */
export type AloneName = (typeof aloneNames)[number];

export interface Alone {
  name: AloneName;
  evaluation: Evaluation;
}

export interface AloneOptions {
  /** As far as they were used: `training` may be fewer than a task's. */
  task: Pick<Task, 'targets' | 'classes' | 'training'>;
  /** What is measured on; undefined: the training examples, each by a classifier that was fitted without it. */
  measured: readonly number[] | undefined;
  /** By example. */
  texts: readonly string[];
  /** Token ids of a text. */
  tokens: (text: string) => readonly number[];
  /** Public word embeddings by token id, [hidden] each. */
  word: (id: number) => ArrayLike<number>;
  hidden: number;
  /** The run's: it decides the folds. */
  seed?: number;
  /** Default: all. */
  names?: readonly AloneName[];
}

/** One of each name; those that cannot be measured (one example a class, and none to measure by) are left out. */
export function alone(options: AloneOptions): Alone[] {
  const { task, measured, texts, tokens, word, hidden, seed, names = aloneNames } = options;
  const { targets, classes, training } = task;
  const targetsOf = (examples: readonly number[]) => examples.map((i) => targets[i]!);

  const regression = (width: number, features: (text: string) => Features): Evaluation | undefined => {
    const rows = (examples: readonly number[]) => examples.map((i) => features(texts[i]!));
    const fitted = { features: rows(training), targets: targetsOf(training), classes, width };
    const { head, crossValidated } = chooseHead(fitted, purpose(seed, 'folds'));
    if (!measured) return crossValidated;
    const logits = rows(measured).map((row) => headLogits(head, row));
    return evaluate(logits, targetsOf(measured), classes);
  };

  const counts = new Float64Array(classes);
  for (const target of targetsOf(training)) counts[target]! += 1;
  // As cross-validation does, which has nothing to say of the only example of a class.
  const counted = measured ?? training.filter((i) => counts[targets[i]!]! > 1);
  const found: Record<AloneName, () => Evaluation | undefined> = {
    majority: () =>
      evaluate(
        counted.map(() => counts.map(Math.log)),
        targetsOf(counted),
        classes,
      ),
    words: () => {
      const words = wordFeatures(training.map((i) => texts[i]!));
      return regression(words.width, words.of);
    },
    'public embeddings': () => regression(hidden, (text) => ({ values: meanOf(tokens(text).map(word), hidden) })),
  };
  return names.flatMap((name) => {
    const evaluation = found[name]();
    return evaluation && evaluation.predictions.length > 0 ? [{ name, evaluation }] : [];
  });
}

/** Of rows [hidden], of length 1; zeros of none. */
function meanOf(rows: readonly ArrayLike<number>[], hidden: number): Float64Array {
  const sum = new Float64Array(hidden);
  for (const row of rows) for (let j = 0; j < hidden; j++) sum[j]! += row[j]!;
  return unitLength(sum);
}
