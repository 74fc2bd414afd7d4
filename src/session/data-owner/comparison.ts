/** A run's figures as they are shown, and beside them what the data owner can do alone. */
import { type Alone, alone } from '../../tuning/alone';
import { scoresOf } from '../../tuning/class-scores';
import { intervalOf } from '../../tuning/interval';
import type { Evaluation } from '../../tuning/objective';
import { verdictOn } from '../../tuning/verdict';
import type { AloneMeasurement, Measurement, Result, WrongExample } from '../messages';
import type { OfferedModel } from './handshake';
import type { Prepared } from './methods/method';

export const measurementOf = (evaluation: Evaluation, labels: string[]): Measurement => ({
  accuracy: evaluation.accuracy,
  interval: intervalOf(evaluation),
  loss: evaluation.loss,
  examples: evaluation.predictions.length,
  confusion: evaluation.confusion,
  scores: scoresOf(evaluation.confusion),
  labels,
});

export interface Compared {
  /** Of the model. */
  final: Evaluation;
  /** Examples that `final` is of, in the order of its predictions, if none of them was trained on when it was predicted. */
  predicted: readonly number[] | undefined;
  /** Examples that were trained on. */
  training: readonly number[];
  /** Examples measured on; undefined: those trained on, by cross-validation. */
  measured: readonly number[] | undefined;
  /** What else may be tried with this method. */
  remedies: readonly string[];
}

type Comparable = Pick<Prepared, 'task' | 'data' | 'labels' | 'settings'>;

/** Takes seconds where examples are thousands. */
export function compared(
  model: OfferedModel,
  prepared: Comparable,
  { final, predicted, training, measured, remedies }: Compared,
): Pick<Result, 'final' | 'alone' | 'verdict' | 'wrong'> {
  const others = without(model, prepared, { training, measured });
  return {
    final: measurementOf(final, prepared.labels),
    wrong: predicted ? wrongOf(prepared, predicted, final) : [],
    alone: named(others, prepared.labels),
    verdict: others.length > 0 ? verdictOn(final, others, remedies) : undefined,
  };
}

const wrongOf = (
  { task, data, labels }: Comparable,
  predicted: readonly number[],
  { predictions }: Evaluation,
): WrongExample[] =>
  predicted.flatMap((example, i) => {
    const prediction = predictions[i]!;
    const target = task.targets[example]!;
    if (prediction === target) return [];
    const { texts, rows, evaluationFrom = texts.length } = data;
    return {
      file: example < evaluationFrom ? 'training' : 'evaluation',
      row: rows[example]!,
      text: texts[example]!,
      label: labels[target]!,
      predicted: labels[prediction]!,
    } as const;
  });

/** What can be done without the model on examples that were not trained on. Takes seconds where examples are thousands. */
export const aloneOn = (model: OfferedModel, prepared: Comparable, measured: readonly number[]): AloneMeasurement[] =>
  named(without(model, prepared, { training: prepared.task.training, measured }), prepared.labels);

const without = (
  { config, embedding, tokenizer }: OfferedModel,
  { task, data, settings }: Comparable,
  { training, measured }: Pick<Compared, 'training' | 'measured'>,
): Alone[] =>
  alone({
    task: { ...task, training },
    measured,
    texts: data.texts,
    tokens: (text) => tokenizer.encode(text),
    word: (id) => embedding.word(id),
    hidden: config.hidden_size,
    seed: settings.seed,
  });

const named = (others: readonly Alone[], labels: string[]): AloneMeasurement[] =>
  others.map(({ name, evaluation }) => ({ name, ...measurementOf(evaluation, labels) }));
