/**
 * A layer of the data owner's own behind the model: every text is computed once and what is opened of it kept; a head is fitted to that in the
 * clear. There is no optimiser. Before a language model's texts stands a prompt that is not tuned, and an empty text is computed with them, by
 * which label words are calibrated.
 */
import { type EncodedText, isEncoder } from '../../../models/encode';
import type { Task } from '../../../tuning/run';
import { prepareTexts, untunedPrompt } from '../../../tuning/task';
import { ProblemsError } from '../../problem';
import { batches, batchOf } from '../passes';
import { featureSpace } from './features';
import { HeadTraining } from './head-training';
import type { Method, Prepared, Work } from './method';
import { usableWords, wordProblems } from './words';

export const HEAD: Method = {
  problems: (model, data, settings, reading) =>
    isEncoder(model.config) || reading === 'state' ? [] : wordProblems(model, data, settings),

  prepare(model, data, settings, name): Prepared {
    const { config } = model;
    const known = { ...model, tokenizer: data.remembering(model.tokenizer) };
    const isPrompted = !isEncoder(config);
    const promptTokens = isPrompted ? settings.promptTokens : 0;
    // The penalty is chosen by cross-validation, which needs no examples of its own.
    const prepared = prepareTexts(known, { ...settings, promptTokens, chooses: false }, data);
    const { task, labels, encode } = prepared;
    if (task.training.length === labels.length && task.evaluation.length === 0) {
      const message =
        'With one example of each label there is none to measure by: at least one label needs two of them.';
      throw new ProblemsError([{ message }]);
    }
    const labelWords = isPrompted ? usableWords(model, labels, settings) : undefined;
    const space = featureSpace(model, name, { tokens: settings.tokens, promptTokens, deep: false, labelWords });
    const empty: EncodedText | undefined = space.words && encode('');
    const prompt = isPrompted ? untunedPrompt(known, settings) : undefined;
    const { reading } = space;
    const batch = batchOf(reading.plans);
    const run = { ...prepared, model, data, settings, name, space, labelWords, prompt, empty, batch };
    return {
      ...prepared,
      ...{ method: 'head', data, settings, reading, readingName: name },
      work: (most) => workOf(task, Number(empty !== undefined), Math.min(batch, most)),
      warnings: [
        ...labels
          .filter((_, c) => countOf(task, c) === 1)
          .map((label) => `There is one example only of “${label}” to learn from.`),
        ...(isPrompted && !labelWords
          ? ['Not every label has a word that is one token, so the head is learned from states alone.']
          : []),
      ],
      begin: (options) => new HeadTraining(run, options),
    };
  },
};

/** `more`: sequences besides the examples. */
function workOf({ training, evaluation }: Task, more: number, batch: number): Work {
  const all = training.length + evaluation.length + more;
  const sequences = Math.min(batch, all);
  const sizes = batches(all, sequences);
  const whole = sizes.filter((size) => size === sequences);
  return { unit: { name: 'batch', sequences, count: whole.length }, others: sizes.slice(whole.length) };
}

const countOf = ({ training, targets }: Task, c: number) => training.filter((i) => targets[i] === c).length;
