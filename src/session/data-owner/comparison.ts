/** A run's figures as they are shown, and beside them what the data owner can do alone. */
import { type Alone, alone } from '../../tuning/alone';
import { scoresOf } from '../../tuning/class-scores';
import { intervalOf } from '../../tuning/interval';
import type { Evaluation } from '../../tuning/objective';
import { verdictOn } from '../../tuning/verdict';
import type { Measurement, Result } from '../messages';
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
  /** Of the model, on `measured`. */
  final: Evaluation;
  /** Examples that were trained on. */
  training: readonly number[];
  /** Examples measured on; undefined: those trained on, by cross-validation. */
  measured: readonly number[] | undefined;
  /** What else may be tried with this method. */
  remedies: readonly string[];
}

/** Takes seconds where examples are thousands. */
export function compared(
  { config, embedding, tokenizer }: OfferedModel,
  { task, data, labels, settings }: Pick<Prepared, 'task' | 'data' | 'labels' | 'settings'>,
  { final, training, measured, remedies }: Compared,
): Pick<Result, 'final' | 'alone' | 'verdict'> {
  const others: Alone[] = alone({
    task: { ...task, training },
    measured,
    texts: data.texts,
    tokens: (text) => tokenizer.encode(text),
    word: (id) => embedding.word(id),
    hidden: config.hidden_size,
    seed: settings.seed,
  });
  return {
    final: measurementOf(final, labels),
    alone: others.map(({ name, evaluation }) => ({ name, ...measurementOf(evaluation, labels) })),
    verdict: others.length > 0 ? verdictOn(final, others, remedies) : undefined,
  };
}
