/**
 * Forward-only tuning, apart from where logits come from: under MPC they come from a session, in experiments from the plaintext reference.
 *
 * Each generation asks the optimiser for candidates z, lays every candidate's prompt before the same minibatch, and tells the losses. The
 * best prompt is the one (of the untuned and the distribution means looked at) with the lowest loss on the validation examples; what
 * is reported is measured on evaluation examples that chose nothing.
 */
import { SeededRandom } from '../random/generator';
import { newSeed, seedFromNumber } from '../random/seed';
import { createOptimizer } from './create-optimizer';
import { crossEntropy, type Evaluation, evaluate } from './objective';
import type { OptimizerName } from './optimizer';
import type { PromptSpace } from './prompt';
import { BalancedBatches, fewShot, stratifiedSplit } from './sampling';

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
  /** Examples to choose by, and as many to measure by: most of each. */
  heldOut: number;
  /** Whether examples are needed to choose by. Default true. */
  chooses?: boolean;
  shots?: number;
  seed?: number;
  /** Examples from this index on are for evaluation only (a file of their own). */
  evaluationFrom?: number;
}

/** A seeded generator for one purpose; without a seed a fresh one. */
export const purpose = (seed: number | undefined, label: string): SeededRandom =>
  new SeededRandom(seed === undefined ? newSeed() : seedFromNumber(seed), label);

/**
 * Training, validation and evaluation examples. Without evaluation examples of their own, as many as validate are kept aside once
 * more, together at most a third of all.
 */
export function splitTask(targets: readonly number[], classes: number, options: SplitOptions): Task {
  const { heldOut, chooses = true, shots, seed, evaluationFrom = targets.length } = options;
  const random = purpose(seed, 'split');
  const own = targets.slice(0, evaluationFrom).map(String);
  const separate = evaluationFrom < targets.length;
  const { train, heldOut: aside } = stratifiedSplit(own, heldOut * (Number(chooses) + Number(!separate)), random);
  let validation = chooses ? aside : [];
  let evaluation = aside;
  if (separate) evaluation = Array.from({ length: targets.length - evaluationFrom }, (_, i) => evaluationFrom + i);
  else if (chooses) {
    // Every other one of each class, so that both halves have all classes.
    const halves: [number[], number[]] = [[], []];
    for (const c of new Set(aside.map((i) => own[i]))) {
      for (const [k, i] of aside.filter((j) => own[j] === c).entries()) halves[k % 2 === 0 ? 0 : 1].push(i);
    }
    [validation, evaluation] = halves;
  }
  const training = shots === undefined ? train : fewShot(own, train, shots, random);
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
  evaluateEvery: number;
  seed?: number;
}

/** Why logits are asked for: to learn from every candidate's losses, or to see how good one prompt is. */
export type Purpose = 'generation' | 'evaluation';

/** Logits of the label words, one row for each example, for one prompt [tokens · hidden] an example. */
export type Logits = (prompts: Float32Array[], examples: readonly number[], why: Purpose) => Promise<Float64Array[]>;

export interface GenerationResult {
  generation: number;
  loss: number;
  bestLoss: number;
  validation?: Evaluation;
}

export interface TuningResult {
  prompt: Float32Array;
  /** 0: the untuned prompt was never beaten. */
  bestGeneration: number;
  baseline: Evaluation;
  final: Evaluation;
  stopped: boolean;
}

export interface TuningHooks {
  onBaseline?: (validation: Evaluation) => void;
  onGeneration?: (result: GenerationResult) => void | Promise<void>;
  /** Asked before every generation; resolves false to stop. */
  proceed?: () => Promise<boolean>;
  /** Called whenever a prompt is better than all before. */
  onBest?: (prompt: Float32Array, generation: number, validation: Evaluation) => void;
}

/** Rejects with whatever `logits` rejects with; hooks have seen everything up to then. */
export async function tune(
  task: Task,
  space: PromptSpace,
  logits: Logits,
  options: TuningOptions,
  hooks: TuningHooks = {},
): Promise<TuningResult> {
  const { targets, classes } = task;
  const look = async (prompt: Float32Array, examples: readonly number[]) => {
    const rows = await logits(new Array(examples.length).fill(prompt), examples, 'evaluation');
    return evaluate(
      rows,
      examples.map((i) => targets[i]!),
      classes,
    );
  };
  const { population, batch, generations, evaluateEvery, dimension, sigma, learningRate, seed } = options;
  const untuned = space.at(new Float64Array(dimension));
  const validation = task.validation.length > 0 ? task.validation : task.training;
  let best = { prompt: untuned, generation: 0, loss: Infinity };
  const consider = (prompt: Float32Array, generation: number, evaluation: Evaluation) => {
    if (evaluation.loss < best.loss) {
      best = { prompt, generation, loss: evaluation.loss };
      hooks.onBest?.(prompt, generation, evaluation);
    }
  };

  const first = await look(untuned, validation);
  consider(untuned, 0, first);
  hooks.onBaseline?.(first);
  const baseline = task.evaluation.length > 0 ? await look(untuned, task.evaluation) : first;

  const optimizer = createOptimizer(options.optimizer, {
    dimension,
    population,
    sigma,
    learningRate,
    random: purpose(seed, 'optimizer'),
  });
  const batches = new BalancedBatches(targets.map(String), task.training, batch, purpose(seed, 'batches'));
  let stopped = false;
  for (let generation = 1; generation <= generations; generation++) {
    if (hooks.proceed && !(await hooks.proceed())) {
      stopped = true;
      break;
    }
    const examples = batches.next();
    const candidates = optimizer.ask().map((z) => space.at(z));
    const rows = await logits(
      candidates.flatMap((prompt) => new Array<Float32Array>(examples.length).fill(prompt)),
      candidates.flatMap(() => examples),
      'generation',
    );
    const answers = examples.map((i) => targets[i]!);
    const losses = candidates.map((_, c) =>
      crossEntropy(rows.slice(c * examples.length, (c + 1) * examples.length), answers),
    );
    optimizer.tell(losses);
    const finite = losses.filter(Number.isFinite);
    const result: GenerationResult = {
      generation,
      loss: finite.reduce((a, b) => a + b, 0) / finite.length,
      bestLoss: Math.min(...finite),
    };
    if (generation % evaluateEvery === 0 || generation === generations) {
      const prompt = space.at(optimizer.mean);
      result.validation = await look(prompt, validation);
      consider(prompt, generation, result.validation);
    }
    await hooks.onGeneration?.(result);
  }
  const evaluation = task.evaluation.length > 0 ? task.evaluation : validation;
  // Looked at even when the untuned prompt was never beaten: a missing pass would tell the model owner just that.
  const last = await look(best.prompt, evaluation);
  const final = best.generation === 0 ? baseline : last;
  return { prompt: best.prompt, bestGeneration: best.generation, baseline, final, stopped };
}
