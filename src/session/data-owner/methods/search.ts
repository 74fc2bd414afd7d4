/** What searches for a prompt have in common before they begin. */
import { type Learned, measurements, type Objective, type Task } from '../../../tuning/run';
import type { TuningSettings } from '../../settings';
import { batches, type Reading } from '../passes';
import type { Work } from './method';

/** The passes of a search that is neither stopped nor runs dry. */
export function searchWork(
  { validation, training, evaluation }: Task,
  settings: TuningSettings,
  { plans }: Pick<Reading, 'plans'>,
  { learns }: Pick<Objective<Learned>, 'learns'>,
): Work {
  const { population, batch, generations } = settings;
  const look = learns ? training.length + validation.length : validation.length || training.length;
  const looks = [
    ...new Array<number>(1 + measurements(settings)).fill(look),
    // What is reported: before and after, or, without examples of its own, only after.
    ...(evaluation.length ? [evaluation.length, evaluation.length] : [look]),
  ];
  return {
    plans,
    unit: { name: 'generation', size: { candidates: population, texts: batch }, count: generations },
    others: looks.flatMap((examples) => batches(examples)),
  };
}

export function searchWarnings({ validation, training }: Task, { batch }: TuningSettings): string[] {
  const warnings: string[] = [];
  if (validation.length === 0)
    warnings.push(
      'There are too few examples to keep some aside: the prompt is chosen by those that it is learned from, and seems better than it is. Add examples.',
    );
  if (batch > training.length)
    warnings.push(
      `Each generation looks at a batch of ${batch} examples, and there are ${training.length} to learn from, so that some come twice. Add examples, or lower the batch.`,
    );
  return warnings;
}
