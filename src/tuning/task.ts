/**
 * A task from labelled texts: the split, and how a text is laid out for the model; for a prompt label words and the space of prompts
 * besides. Sessions and experiments prepare theirs here, so that the same seed means the same run in both.
 */
import { architectureOf } from '../models/architectures';
import type { ModelConfig } from '../models/config';
import type { Embedding } from '../models/embedding';
import { createEncoder, type EncodedText, textRoom } from '../models/encode';
import type { SeededRandom } from '../random/generator';
import { PromptSpace, promptFromWords, spread } from './prompt';
import { purpose, splitTask, type Task } from './run';
import { type LabelWord, resolveVerbalizer, type WordVocabulary } from './verbalizer';

/** What tuning has to know of a model: its public part. */
export interface TunableModel {
  config: ModelConfig;
  tokenizer: WordVocabulary & { encode(text: string): number[] };
  embedding: Pick<Embedding, 'table'>;
}

export interface PromptSettings {
  /** Where the search starts; repeated or cut to `promptTokens`. */
  promptText: string;
  promptTokens: number;
  /** Of the search space. */
  dimension: number;
  /** Spread of later layers' prompts, in hidden states' own; 0: a prompt for the first layer only. */
  deep: number;
}

/** How texts are read and split. */
export interface TextSettings {
  /** Padded length. */
  tokens: number;
  /** None for a sentence encoder. */
  promptTokens: number;
  heldOut: number;
  /** undefined: all of a file to measure by, or, without one, as many as `heldOut`. */
  measured?: number;
  shots?: number;
  seed?: number;
  /** Whether examples are needed to choose by. Default true. */
  chooses?: boolean;
}

export interface TaskSettings extends PromptSettings, Omit<TextSettings, 'chooses'> {
  /** label → label word; entries for other labels are of no concern. */
  labelWords: Readonly<Record<string, string>>;
}

export interface PreparedTexts {
  /** In alphabetical order, which is that of classes and logits. */
  labels: string[];
  task: Task;
  encode: (text: string) => EncodedText;
  /** An example's text, encoded; once, when it is asked for first: a run reads few of many. */
  text: (example: number) => EncodedText;
  /** Tokens of a text that are read; the rest is cut off. */
  room: number;
}

export interface PreparedTask extends PreparedTexts {
  labelWords: LabelWord[];
  space: PromptSpace;
}

/** Texts with their labels, one each. */
export interface LabelledTexts {
  texts: readonly string[];
  labels: readonly string[];
  /** Where the examples begin that are for evaluation only; without it there are none of their own. */
  evaluationFrom?: number;
}

/** @throws RangeError for a length that doesn't do, or a prompt for a sentence encoder. */
export function prepareTexts(
  model: Pick<TunableModel, 'config' | 'tokenizer'>,
  settings: TextSettings,
  { texts, labels, evaluationFrom }: LabelledTexts,
): PreparedTexts {
  const { tokens, promptTokens } = settings;
  const classes = [...new Set(labels)].sort();
  const index = new Map(classes.map((label, i) => [label, i]));
  const encoding = { tokenizer: model.tokenizer, config: model.config, tokens, promptTokens };
  const encode = createEncoder(encoding);
  const targets = labels.map((label) => index.get(label) as number);
  return {
    labels: classes,
    task: splitTask(targets, classes.length, { ...settings, evaluationFrom }),
    encode,
    text: remembered((example) => encode(texts[example] as string)),
    room: textRoom(encoding),
  };
}

/**
 * @throws VerbalizerError for label words that don't do, RangeError for a length that doesn't.
 */
export function prepareTask(model: TunableModel, settings: TaskSettings, labelled: LabelledTexts): PreparedTask {
  const prepared = prepareTexts(model, settings, labelled);
  return {
    ...prepared,
    labelWords: resolveVerbalizer(prepared.labels, settings.labelWords, model.tokenizer),
    space: promptSpace(model, settings, purpose(settings.seed, 'projection')),
  };
}

function remembered<T>(compute: (index: number) => T): (index: number) => T {
  const known = new Map<number, T>();
  return (index) => {
    const value = known.get(index) ?? compute(index);
    known.set(index, value);
    return value;
  };
}

/** The prompts around a text that says something. */
export function promptSpace(model: TunableModel, settings: PromptSettings, random: SeededRandom): PromptSpace {
  const { config, embedding } = model;
  const { promptTokens, dimension, deep } = settings;
  const { hidden_size: hidden, num_hidden_layers: layers } = config;
  const { hiddenSpread } = architectureOf(config);
  return new PromptSpace({
    tokens: promptTokens,
    hidden,
    dimension,
    base: untunedPrompt(model, settings),
    std: spreadOf(embedding.table),
    random,
    deep: deep > 0 ? Array.from({ length: layers - 1 }, (_, i) => deep * hiddenSpread(config, i + 1)) : [],
  });
}

/** Where a search for a prompt begins, [slots · hidden]. */
export const untunedPrompt = (
  { config, tokenizer, embedding }: TunableModel,
  { promptText, promptTokens }: Pick<PromptSettings, 'promptText' | 'promptTokens'>,
): Float32Array =>
  promptFromWords(tokenizer.encode(` ${promptText}`), promptTokens, embedding.table, config.hidden_size);

const spreads = new WeakMap<Float32Array, number>();

/** A table has millions of numbers, and is asked for at every change of a setting. */
function spreadOf(table: Float32Array): number {
  const known = spreads.get(table) ?? spread(table);
  spreads.set(table, known);
  return known;
}
