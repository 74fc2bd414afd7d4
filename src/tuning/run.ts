/**
 * Forward-only tuning, apart from where logits come from: under MPC they come from a session, in experiments from the plaintext reference.
 *
 * Each generation asks the optimiser for candidates z, lays every candidate's prompt before the same minibatch, and tells the losses. The
 * best prompt is the one (of the untuned and the distribution means looked at) with the lowest loss on the validation examples; what
 * is reported is measured on evaluation examples that chose nothing. What a loss is, and whether something is learned under a prompt before
 * it is measured, is an `Objective`'s to say.
 */
import { SeededRandom } from '../random/generator';
import { newSeed, seedFromNumber } from '../random/seed';
import { createOptimizer, restoreOptimizer } from './create-optimizer';
import { crossEntropy, type Evaluation, evaluate, type Row } from './objective';
import type { OptimizerName } from './optimizer';
import type { PromptSpace } from './prompt';
import { BalancedBatches, fewShot, stratifiedSample, stratifiedSplit } from './sampling';
import type { LookState, SearchState } from './search-state';

/** An example as tuning sees it: which one, and its class. */
export interface Task {
  /** Class of every example. */
  targets: readonly number[];
  classes: number;
  training: readonly number[];
  validation: readonly number[];
  evaluation: readonly number[];
}

export interface SplitOptions {
  /** Examples to choose by, at most. */
  heldOut: number;
  /** Examples to measure by, at most; undefined: all that are for that only, or, without those, as many as to choose by. */
  measured?: number;
  /** Whether examples are needed to choose by. Default true. */
  chooses?: boolean;
  shots?: number;
  seed?: number;
  /** Examples from this index on are for evaluation only (a file of their own). */
  evaluationFrom?: number;
}

/** Seeded generators for one purpose, all alike; without a seed of one that is fresh. */
export function repeatable(seed: number | undefined, label: string): () => SeededRandom {
  const known = seed === undefined ? newSeed() : seedFromNumber(seed);
  return () => new SeededRandom(known, label);
}

/** A seeded generator for one purpose; without a seed a fresh one. */
export const purpose = (seed: number | undefined, label: string): SeededRandom => repeatable(seed, label)();

/** Training, validation and evaluation examples. What is kept aside of the examples that may be trained on is at most a third of them. */
export function splitTask(targets: readonly number[], classes: number, options: SplitOptions): Task {
  const { heldOut, measured = heldOut, chooses = true, shots, seed, evaluationFrom = targets.length } = options;
  const random = purpose(seed, 'split');
  const names = targets.map(String);
  const own = names.slice(0, evaluationFrom);
  const separate = evaluationFrom < targets.length;
  const [toChoose, toMeasure] = [chooses ? heldOut : 0, separate ? 0 : measured];
  const { train, heldOut: aside } = stratifiedSplit(own, toChoose + toMeasure, random);
  const [validation, evaluation]: [number[], number[]] = [[], []];
  const share = toChoose / (toChoose + toMeasure);
  // One class after the other, so that both parts have each in proportion.
  const byClass = [...new Set(aside.map((i) => own[i]))].flatMap((c) => aside.filter((i) => own[i] === c));
  for (const [k, i] of byClass.entries())
    (Math.ceil((k + 1) * share) > Math.ceil(k * share) ? validation : evaluation).push(i);
  const training = shots === undefined ? train : fewShot(own, train, shots, random);
  const ofFile = Array.from({ length: targets.length - evaluationFrom }, (_, i) => evaluationFrom + i);
  for (const i of stratifiedSample(names, ofFile, options.measured ?? ofFile.length, random)) evaluation.push(i);
  return { targets, classes, training, validation, evaluation };
}

export interface TuningOptions {
  optimizer: OptimizerName;
  dimension: number;
  population: number;
  batch: number;
  generations: number;
  sigma: number;
  /** SPSA's alone. */
  learningRate?: number;
  /** Generations between two measurements; the first and the last are measured in any case. */
  evaluateEvery: number;
  /** The search ends after so many generations without a gain on the validation examples. Default: never. */
  patience?: number;
  seed?: number;
}

/** Whether a prompt is looked at after this generation: after the first, lest a run that is stopped early has nothing to choose from. */
const isMeasured = (generation: number, { evaluateEvery, generations }: Measuring): boolean =>
  generation === 1 || generation % evaluateEvery === 0 || generation === generations;

type Measuring = Pick<TuningOptions, 'evaluateEvery' | 'generations'>;

/** How many generations are measured, if none is left out. */
export const measurements = (options: Measuring): number =>
  Array.from({ length: options.generations }, (_, i) => i + 1).filter((generation) => isMeasured(generation, options))
    .length;

/** What there is of one prompt besides the prompt. */
export interface Learned {
  /** Of the classes, from what was opened of an example. */
  logits(row: Float64Array): Row;
  /** On the examples that it was learned from, where that says something. */
  crossValidated?: Evaluation;
}

/** What is made of the numbers opened under a prompt. */
export interface Objective<L extends Learned> {
  /** Whether something is learned of the training examples before a prompt is measured. */
  readonly learns: boolean;
  /** Of the training examples' rows under one prompt; of none, where nothing is learned. */
  learn(rows: readonly Float64Array[], targets: readonly number[]): L;
  /** A candidate's, from a generation's batch. */
  loss(rows: readonly Float64Array[], targets: readonly number[]): number;
}

/** The label words' logits as they are. */
export const LABEL_WORDS: Objective<Learned> = {
  learns: false,
  learn: () => ({ logits: (row) => row }),
  loss: crossEntropy,
};

/** Why logits are asked for: to learn from every candidate's losses, or to see how good one prompt is. */
export type Purpose = 'generation' | 'evaluation';

/** What is opened, label words' logits for one, a row for each example under each of the prompts [tokens · hidden], prompt by prompt. */
export type Opened = (prompts: Float32Array[], examples: readonly number[], why: Purpose) => Promise<Float64Array[]>;

export interface GenerationResult {
  generation: number;
  loss: number;
  bestLoss: number;
  validation?: Evaluation;
}

export interface TuningResult<L extends Learned = Learned> {
  prompt: Float32Array;
  learned: L;
  /** 0: the untuned prompt was never beaten. */
  bestGeneration: number;
  baseline: Evaluation;
  final: Evaluation;
  stopped: boolean;
  /** It ended for want of a gain. */
  hasRunDry: boolean;
}

export interface TuningHooks<L extends Learned = Learned> {
  onBaseline?: (validation: Evaluation) => void;
  /** `state`: where the search stands then, for `from` of another one. */
  onGeneration?: (result: GenerationResult, state: () => SearchState) => void | Promise<void>;
  /** Asked before every generation; resolves false to stop. */
  proceed?: () => Promise<boolean>;
  /** Called whenever a prompt is better than all before. */
  onBest?: (prompt: Float32Array, generation: number, validation: Evaluation, learned: L) => void;
}

interface Looked<L> {
  /** Where in the search space the prompt is. */
  at: Float64Array;
  prompt: Float32Array;
  generation: number;
  learned: L;
  /** What that was learned from. */
  rows: Float64Array[];
  evaluation: Evaluation;
}

const lookState = ({ at, generation, rows, evaluation }: Looked<unknown>): LookState => ({
  at: [...at],
  generation,
  rows: rows.map((row) => [...row]),
  evaluation,
});

/** Rejects with whatever `opened` rejects with; hooks have seen everything up to then. */
export function tune(
  task: Task,
  space: PromptSpace,
  opened: Opened,
  options: TuningOptions,
  hooks: TuningHooks = {},
): Promise<TuningResult> {
  return tuneFor(LABEL_WORDS, task, space, opened, options, hooks);
}

/**
 * The same for any objective. `from`: the state of a search with the same task, space, objective and options, which goes on as if it had never
 * been away; what was opened by then is not asked for again.
 */
export async function tuneFor<L extends Learned>(
  objective: Objective<L>,
  task: Task,
  space: PromptSpace,
  opened: Opened,
  options: TuningOptions,
  hooks: TuningHooks<L> = {},
  from?: SearchState,
): Promise<TuningResult<L>> {
  const { targets, classes } = task;
  const targetsOf = (examples: readonly number[]) => examples.map((i) => targets[i]!);
  const rowsOf = (prompt: Float32Array, examples: readonly number[]) => opened([prompt], examples, 'evaluation');
  const measure = async (prompt: Float32Array, { logits }: L, examples: readonly number[]) =>
    evaluate((await rowsOf(prompt, examples)).map(logits), targetsOf(examples), classes);

  const validation = task.validation.length > 0 ? task.validation : task.training;
  /** What a prompt is worth on the examples that choose one: those kept aside, or for want of any those trained on. */
  const learnedFrom = objective.learns ? task.training : [];
  const learn = (rows: readonly Float64Array[]) => objective.learn(rows, targetsOf(learnedFrom));
  const look = async (at: Float64Array, generation: number): Promise<Looked<L>> => {
    const prompt = space.at(at);
    const measured = objective.learns ? task.validation : validation;
    const all = await rowsOf(prompt, [...learnedFrom, ...measured]);
    const rows = all.slice(0, learnedFrom.length);
    const learned = learn(rows);
    const evaluation =
      measured.length > 0
        ? evaluate(all.slice(learnedFrom.length).map(learned.logits), targetsOf(measured), classes)
        : learned.crossValidated;
    if (!evaluation) throw new RangeError('There are no examples to measure a prompt by.');
    return { at, prompt, generation, learned, rows, evaluation };
  };
  const lookedAt = ({ rows: opened, ...looked }: LookState): Looked<L> => {
    const [at, rows] = [Float64Array.from(looked.at), opened.map((row) => Float64Array.from(row))];
    return { ...looked, at, prompt: space.at(at), rows, learned: learn(rows) };
  };
  const { population, generations, patience = Infinity, dimension, sigma, learningRate, seed } = options;

  let best = from ? lookedAt(from.best) : await look(new Float64Array(dimension), 0);
  // Last, since an objective may go on with what it learned last.
  let latest = from?.latest ? lookedAt(from.latest) : best;
  const untuned = from?.untuned ?? best.evaluation;
  const report = ({ prompt, generation, evaluation, learned }: Looked<L>) =>
    hooks.onBest?.(prompt, generation, evaluation, learned);
  report(best);
  hooks.onBaseline?.(untuned);
  const { evaluation: examples } = task;
  const baseline =
    from?.baseline ?? (examples.length > 0 ? await measure(best.prompt, best.learned, examples) : untuned);

  const optimizer = from
    ? restoreOptimizer(from.optimizer)
    : createOptimizer(options.optimizer, {
        dimension,
        population,
        sigma,
        learningRate,
        random: purpose(seed, 'optimizer'),
      });
  const batches = new BalancedBatches(targets.map(String), task.training, options.batch, purpose(seed, 'batches'));
  if (from) batches.restore(from.batches);
  const state = (): SearchState => ({
    optimizer: optimizer.state(),
    batches: batches.state(),
    untuned,
    baseline,
    best: lookState(best),
    latest: latest === best ? undefined : lookState(latest),
  });
  const isDry = () => latest.generation === optimizer.generation && optimizer.generation - best.generation >= patience;
  let stopped = false;
  while (optimizer.generation < generations && !isDry()) {
    const generation = optimizer.generation + 1;
    if (hooks.proceed && !(await hooks.proceed())) {
      stopped = true;
      break;
    }
    const batch = batches.next();
    const candidates = optimizer.ask().map((z) => space.at(z));
    const rows = await opened(candidates, batch, 'generation');
    const answers = targetsOf(batch);
    const losses = candidates.map((_, c) =>
      objective.loss(rows.slice(c * batch.length, (c + 1) * batch.length), answers),
    );
    optimizer.tell(losses);
    const finite = losses.filter(Number.isFinite);
    const result: GenerationResult = {
      generation,
      loss: finite.reduce((a, b) => a + b, 0) / finite.length,
      bestLoss: Math.min(...finite),
    };
    if (isMeasured(generation, options)) {
      latest = await look(Float64Array.from(optimizer.mean), generation);
      result.validation = latest.evaluation;
      if (latest.evaluation.loss < best.evaluation.loss) {
        best = latest;
        report(best);
      }
    }
    await hooks.onGeneration?.(result, state);
  }
  const hasRunDry = !stopped && isDry();
  const { at, prompt, learned, generation: bestGeneration } = best;
  // Looked at even when the untuned prompt was never beaten: a missing pass would tell the model owner just that.
  const last = examples.length > 0 ? await measure(prompt, learned, examples) : (await look(at, 0)).evaluation;
  const final = bestGeneration === 0 ? baseline : last;
  return { prompt, learned, bestGeneration, baseline, final, stopped, hasRunDry };
}
