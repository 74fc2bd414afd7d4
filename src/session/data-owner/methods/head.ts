/**
 * A layer of the data owner's own behind a sentence encoder: every text is computed once and its vector kept; logistic regression is fitted
 * to the vectors in the clear. There are no label words, no prompt, no optimiser.
 */
import type { Task } from '../../../tuning/run';
import { prepareTexts } from '../../../tuning/task';
import { ProblemsError } from '../../problem';
import { batches, batchOf } from '../passes';
import { HeadTraining } from './head-training';
import type { Method, Prepared, Work } from './method';
import { headReading, loadHead } from './tuned-head';

export const HEAD: Method = {
  name: 'head',

  problems: () => [],

  prepare(model, data, settings): Prepared {
    const known = { ...model, tokenizer: data.remembering(model.tokenizer) };
    // The penalty is chosen by cross-validation, which needs no examples of its own.
    const prepared = prepareTexts(known, { ...settings, promptTokens: 0, chooses: false }, data);
    const { task, labels } = prepared;
    if (task.training.length === labels.length && task.evaluation.length === 0) {
      const message =
        'With one example of each label there is none to measure by: at least one label needs two of them.';
      throw new ProblemsError([{ message }]);
    }
    const reading = headReading(model, settings.tokens);
    const run = { ...prepared, model, data, settings, reading, batch: batchOf(reading.plans) };
    return {
      ...run,
      method: 'head',
      work: (most) => workOf(task, Math.min(run.batch, most)),
      warnings: labels
        .filter((_, c) => countOf(task, c) === 1)
        .map((label) => `There is one example only of “${label}” to learn from.`),
      begin: (options) => new HeadTraining(run, options),
    };
  },

  load: loadHead,
};

function workOf({ training, evaluation }: Task, batch: number): Work {
  const examples = training.length + evaluation.length;
  const sequences = Math.min(batch, examples);
  const sizes = batches(examples, sequences);
  const whole = sizes.filter((size) => size === sequences);
  return { unit: { name: 'batch', sequences, count: whole.length }, others: sizes.slice(whole.length) };
}

const countOf = ({ training, targets }: Task, c: number) => training.filter((i) => targets[i] === c).length;
