/**
 * A layer of the data owner's own behind the model: every text is computed once and what is opened of it kept; a head is fitted to that in the
 * clear. There is no optimiser. Before a language model's texts stands a prompt that is not tuned, and an empty text is computed with them, by
 * which label words are calibrated.
 */
import { createEncoder, type EncodedText, type EncodingOptions, isEncoder, textRoom } from '../../../models/encode';
import type { Task } from '../../../tuning/run';
import { prepareTexts, untunedPrompt } from '../../../tuning/task';
import { ProblemsError } from '../../problem';
import type { RunPlans } from '../../run';
import type { Data } from '../data';
import { shorterLengths } from '../from-data';
import type { OfferedModel } from '../handshake';
import { batches, batchOf } from '../passes';
import { featureSpace } from './features';
import { type HeadLength, HeadTraining, type PaddedExamples } from './head-training';
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
    const shorter = shorterLengths(model, data, settings).map((tokens): HeadLength => {
      const options = { tokens, promptTokens, deep: false, labelWords };
      return { tokens, encode: encoderFor(known, tokens, promptTokens), space: featureSpace(model, name, options) };
    });
    const padded: readonly HeadLength[] = [...shorter, { tokens: settings.tokens, encode, space }];
    const lengths = withExamples(padded, (tokens) => textRoom({ ...known, tokens, promptTokens }), data, task);
    const run = { ...prepared, model, data, settings, name, space, labelWords, prompt, empty, lengths };
    return {
      ...prepared,
      ...{ method: 'head', data, settings, reading, readingName: name },
      works: (most) =>
        lengths.map(({ examples, space: { reading } }, i) =>
          workOf(
            examples.length + Number(empty !== undefined && i === lengths.length - 1),
            reading.plans,
            most(reading.plans),
          ),
        ),
      warnings: [
        ...(lengths.length > 1 ? [toldBy(lengths)] : []),
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

function workOf(all: number, plans: RunPlans, most: number): Work {
  const sequences = Math.min(batchOf(plans), most, all);
  const sizes = batches(all, sequences);
  const whole = sizes.filter((size) => size === sequences);
  return { plans, unit: { name: 'batch', sequences, count: whole.length }, others: sizes.slice(whole.length) };
}

const encoderFor = (
  model: Pick<OfferedModel, 'config'> & Pick<EncodingOptions, 'tokenizer'>,
  tokens: number,
  promptTokens: number,
) => createEncoder({ ...model, tokens, promptTokens });

/** Every example at the shortest length that it is whole in; lengths that nothing is of are left out, but for the longest. */
function withExamples(
  lengths: readonly HeadLength[],
  roomOf: (tokens: number) => number,
  data: Data,
  { training, evaluation }: Task,
): PaddedExamples[] {
  const rooms = lengths.map(({ tokens }) => roomOf(tokens));
  const placeOf = (example: number) => {
    const place = rooms.findIndex((room) => data.lengths[example]! <= room);
    return place < 0 ? lengths.length - 1 : place;
  };
  const all = [...training, ...evaluation];
  return lengths
    .map((length, place) => ({ ...length, examples: all.filter((example) => placeOf(example) === place) }))
    .filter(({ examples }, place) => examples.length > 0 || place === lengths.length - 1);
}

const toldBy = (lengths: readonly PaddedExamples[]): string =>
  `The model owner sees how many of the texts are how long: ${lengths
    .map(({ tokens, examples }) => `${examples.length} of ${tokens} tokens`)
    .join(', ')}.`;

const countOf = ({ training, targets }: Task, c: number) => training.filter((i) => targets[i] === c).length;
