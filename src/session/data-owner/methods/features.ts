/** What a head is learned from: what is opened of a text for it, and how the head sees that. */
import { answerOf, slotsApart } from '../../../models/encode';
import { type Features, type Head, headLogits, unitLength } from '../../../tuning/head';
import type { LabelWord } from '../../../tuning/verbalizer';
import type { ReadingName } from '../../choices';
import { RunPlans } from '../../run';
import type { OfferedModel } from '../handshake';
import type { Reading } from '../passes';

export interface FeatureSpace {
  reading: Reading;
  /** Features of a text. */
  width: number;
  /** From what was opened of a text; all of them, in order. */
  of(answer: Float64Array): Features & { at?: undefined };
  /** The label words' logits as a head on these features, where every label has a word. */
  words?: Head;
}

export interface FeatureOptions {
  /** Padded length. */
  tokens: number;
  /** Slots in front of a text. */
  promptTokens: number;
  /** Whether they are filled in every layer. */
  deep: boolean;
  /** In the order of the labels; a reading of words needs them, one of states may have none. */
  labelWords?: readonly LabelWord[];
}

type PublicModel = Pick<OfferedModel, 'config' | 'embedding'>;

/** Of a sentence encoder its vector, whatever the name. */
export function featureSpace(model: PublicModel, name: ReadingName, options: FeatureOptions): FeatureSpace {
  const { config } = model;
  if (config.task === 'embedding') return vectorSpace(model, options.tokens);
  return name === 'state' ? stateSpace(model, options) : wordSpace(model, options);
}

/** Where a text's vector points. */
function vectorSpace({ config }: PublicModel, tokens: number): FeatureSpace {
  return {
    reading: { plans: new RunPlans(config, { tokens, answer: 0, columns: 0, deep: false, slots: 0 }) },
    width: config.hidden_size,
    of: (answer) => ({ values: unitLength(answer) }),
  };
}

/** A norm has made its length that of √hidden, about: scaled by that, not to one, so that label words' logits are linear in it. */
function stateSpace({ config, embedding }: PublicModel, { tokens, promptTokens, deep, labelWords }: FeatureOptions) {
  const width = config.hidden_size;
  const length = Math.sqrt(width);
  const words = labelWords && {
    classes: labelWords.length,
    width,
    weights: Float64Array.from(labelWords.flatMap(({ token }) => Array.from(embedding.word(token), (x) => length * x))),
    bias: biasOf(embedding, labelWords),
  };
  return {
    reading: { plans: plansFor(config, { tokens, promptTokens, deep }, 0) },
    width,
    of: (state: Float64Array) => ({ values: state.map((x) => x / length) }),
    words,
  };
}

/** Less their mean: what all label words have in common is no reason for one of them. */
function wordSpace(model: PublicModel, { labelWords = [], ...options }: FeatureOptions): FeatureSpace {
  const width = labelWords.length;
  return {
    reading: wordReading(model, { ...options, labelWords }),
    width,
    of(logits) {
      const mean = logits.reduce((sum, x) => sum + x, 0) / width;
      return { values: logits.map((x) => x - mean) };
    },
    words: {
      classes: width,
      width,
      weights: Float64Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0)),
      bias: new Float64Array(width),
    },
  };
}

/** A head less what it says, on average, of these features. */
export function calibratedBy(head: Head, features: readonly Features[]): Head {
  const said = features.map((row) => headLogits(head, row));
  const mean = (k: number) => said.reduce((sum, logits) => sum + logits[k]!, 0) / said.length;
  return { ...head, bias: head.bias.map((b, k) => b - mean(k)) };
}

function plansFor(
  config: OfferedModel['config'],
  { tokens, promptTokens, deep }: Omit<FeatureOptions, 'labelWords'>,
  columns: number,
): RunPlans {
  const [answer, slots] = [answerOf(config, promptTokens, tokens), slotsApart(config, promptTokens)];
  return new RunPlans(config, { tokens, answer, columns, deep, slots });
}

/** The label words are the data owner's operand of the last product. */
export function wordReading(
  { config, embedding }: PublicModel,
  { tokens, promptTokens, deep, labelWords }: FeatureOptions & { labelWords: readonly LabelWord[] },
): Reading {
  const columns = labelWords.length;
  return {
    plans: plansFor(config, { tokens, promptTokens, deep }, columns),
    readout: {
      name: 'readout',
      inputs: config.hidden_size,
      outputs: columns,
      values: embedding.columns(labelWords.map(({ token }) => token)),
      bias: new Float64Array(columns),
    },
    offset: biasOf(embedding, labelWords),
  };
}

const biasOf = ({ bias }: OfferedModel['embedding'], words: readonly LabelWord[]): Float64Array =>
  Float64Array.from(words, ({ token }) => bias[token] ?? 0);
