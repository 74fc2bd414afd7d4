/**
 * A layer of the data owner's own behind the model: every text is computed once and what is opened of it kept; a head is fitted to that in the
 * clear. There is no optimiser. Before a language model's texts stands a prompt that is not tuned, and an empty text is computed with them, by
 * which label words are calibrated.
 */
import { createEncoder, isEncoder } from '../../../models/encode';
import type { Task } from '../../../tuning/run';
import { type PreparedTexts, prepareTexts, untunedPrompt } from '../../../tuning/task';
import { ofTexts } from '../../pass-size';
import { ProblemsError } from '../../problem';
import type { RunPlans } from '../../run';
import type { Data } from '../data';
import { shorterLengths } from '../from-data';
import { batches, batchOf } from '../passes';
import { featureSpace } from './features';
import { EMPTY, HeadTraining, type PaddedExamples } from './head-training';
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
    const { task, labels } = prepared;
    if (task.training.length === labels.length && task.evaluation.length === 0) {
      const message =
        'There is one example of each label, so that none is left to measure by. Add a second one of at least one label.';
      throw new ProblemsError([{ message }]);
    }
    const labelWords = isPrompted ? usableWords(model, labels, settings) : undefined;
    const paddedTo = (tokens: number) => ({
      tokens,
      encode: createEncoder({ ...known, tokens, promptTokens }),
      space: featureSpace(model, name, { tokens, promptTokens, deep: false, labelWords }),
    });
    const padded = [...shorterLengths(model, data, settings), settings.tokens].map(paddedTo);
    const { space } = padded.at(-1)!;
    const lengths = withExamples(padded, prepared, data);
    const prompt = isPrompted ? untunedPrompt(known, settings) : undefined;
    const run = { ...prepared, model, data, settings, name, space, labelWords, prompt, lengths };
    return {
      ...prepared,
      ...{ method: 'head', data, settings, reading: space.reading, readingName: name },
      total: lengths.reduce((sum, { examples }) => sum + examples.length, 0),
      works: (most) =>
        lengths.map(({ examples, space: { reading } }) => workOf(examples.length, reading.plans, most(reading.plans))),
      warnings: [
        ...(lengths.length > 1 ? [toldBy(lengths)] : []),
        ...labels
          .filter((_, c) => countOf(task, c) === 1)
          .map((label) => `There is only one example of “${label}” to learn from: add more, or leave the label out.`),
        ...(isPrompted && !labelWords
          ? [
              'Some of the labels have no word that the model knows in one piece, so the words are left out, and only the model’s answers to your texts are learned from. With a common word for each label, under “Label words”, they help.',
            ]
          : []),
      ],
      begin: (options, from) => new HeadTraining(run, options, from),
    };
  },
};

function workOf(all: number, plans: RunPlans, most: number): Work {
  const sequences = Math.min(batchOf(plans), most, all);
  const sizes = batches(all, sequences);
  const whole = sizes.filter((size) => size === sequences);
  return {
    plans,
    unit: { name: 'batch', size: ofTexts(sequences), count: whole.length },
    others: sizes.slice(whole.length),
  };
}

/**
 * Every example at the shortest length that it is whole in; lengths that nothing is of are left out, but for the longest, at which the empty
 * text is computed that calibrates label words.
 */
function withExamples(
  lengths: readonly Omit<PaddedExamples, 'examples'>[],
  { task: { training, evaluation }, room }: PreparedTexts,
  data: Data,
): PaddedExamples[] {
  const longest = lengths.at(-1)!;
  const placeOf = (example: number) => {
    const place = lengths.findIndex(({ tokens }) => data.lengths[example]! <= room - (longest.tokens - tokens));
    return place < 0 ? lengths.length - 1 : place;
  };
  const all = [...training, ...evaluation];
  return lengths
    .map((length, place) => {
      const own = all.filter((example) => placeOf(example) === place);
      return { ...length, examples: length === longest && length.space.words ? [...own, EMPTY] : own };
    })
    .filter((length) => length.examples.length > 0 || length.tokens === longest.tokens);
}

const toldBy = (lengths: readonly PaddedExamples[]): string =>
  `The model owner sees how many of the texts are how long: ${lengths
    .map(({ tokens, examples }) => `${examples.filter((i) => i !== EMPTY).length} of ${tokens} tokens`)
    .join(', ')}.`;

const countOf = ({ training, targets }: Task, c: number) => training.filter((i) => targets[i] === c).length;
