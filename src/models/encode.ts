/**
 * Texts as token sequences of one length, laid out for prompt tuning. A masked language model's:
 *
 *   <s> [prompt slots] <mask> . text </s> <pad> …
 *
 * The model fills in the mask with a label word. With the text last, the answer stands at the same position in every
 * sequence, and all that differs between sequences is hidden behind the padded length. The template after the mask, "." by
 * default, makes text of it: "It was great . The nurse …".
 *
 * A causal language model's, whose answer is the word that it expects next:
 *
 *   <bos> <pad> … [prompt slots] text It was
 *
 * The last token then has one index in every sequence, whatever its text's length. With padding behind the text the answer's place would be
 * a secret to be selected by, and the last layer be computed for every token. With padding in front of <bos> there would be tokens that
 * see none, of whose weights there is no mean. Positions are counted without padding.
 *
 * A sentence encoder reads a text as it was trained to, with neither prompt nor mask:
 *
 *   [CLS] text [SEP] [PAD] …
 */
import { architectureOf } from './architectures';
import type { ModelConfig, Task } from './config';

export interface EncodingOptions {
  /** Gives ids without special tokens. */
  tokenizer: { encode(text: string): number[] };
  config: ModelConfig;
  /** Length of every sequence, padding included. */
  tokens: number;
  /** None for a sentence encoder. */
  promptTokens: number;
  /** Stands between mask and text, by default ".", or behind the text of a causal model, by default "It was". */
  template?: string;
}

export interface EncodedText {
  /** `tokens` ids; PROMPT_SLOT where the prompt goes. */
  ids: Int32Array;
  /** Tokens that are no padding. `placesOf` says where they are. */
  length: number;
  /** Tokens of the text, before and after it was cut. */
  textTokens: number;
  textUsed: number;
  truncated: boolean;
}

/** Stands for a token of the soft prompt. */
export const PROMPT_SLOT = -1;

/** Where the mask is in every sequence. */
export const answerPosition = (promptTokens: number) => 1 + promptTokens;

const ANSWERS: { readonly [K in Task]: (promptTokens: number, tokens: number) => number } = {
  'masked-lm': answerPosition,
  'causal-lm': (_, tokens) => tokens - 1,
  embedding: () => 0,
};

/** The position that the last layer is read at: the mask's, the last one, or for a sentence encoder that of [CLS]. */
export const answerOf = ({ task }: Pick<ModelConfig, 'task'>, promptTokens: number, tokens: number) =>
  ANSWERS[task](promptTokens, tokens);

/** Whether it is a sentence encoder, which reads a text as it is. */
export const isEncoder = ({ task }: Pick<ModelConfig, 'task'>): boolean => task === 'embedding';

/** Slots that are at one place in every text, so that a prompt can be given apart from them: a causal model's move with its padding. */
const APART: { readonly [K in Task]: (promptTokens: number) => number } = {
  'masked-lm': (promptTokens) => promptTokens,
  'causal-lm': () => 0,
  embedding: () => 0,
};

export const slotsApart = ({ task }: Pick<ModelConfig, 'task'>, promptTokens: number): number =>
  APART[task](promptTokens);

/** Where padding stands. */
export type Padding = 'after the text' | 'after the first token';

const PADDING: { readonly [K in Task]: Padding } = {
  'masked-lm': 'after the text',
  'causal-lm': 'after the first token',
  embedding: 'after the text',
};

export const paddingOf = ({ task }: Pick<ModelConfig, 'task'>): Padding => PADDING[task];

/** Indices of the `length` tokens of a sequence that are no padding, in order. */
export function placesOf(padding: Padding, tokens: number, length: number): number[] {
  const shift = padding === 'after the first token' ? tokens - length : 0;
  return Array.from({ length }, (_, i) => (i === 0 ? 0 : i + shift));
}

/** The same sequence as long as it is. Padding changes no result, but what is computed in its place is seen by those who look. */
export function withoutPadding(config: Pick<ModelConfig, 'task'>, text: EncodedText): EncodedText {
  const places = placesOf(paddingOf(config), text.ids.length, text.length);
  return { ...text, ids: Int32Array.from(places, (place) => text.ids[place]!) };
}

/** What stands before and behind every text, and how a text is begun. */
interface Frame {
  head: readonly number[];
  tail: readonly number[];
  /** What leaves no room where there is none for a text. */
  taking: string;
  /** With a space before it, as words have that do not begin a text; or as it is. */
  begin: '' | ' ';
}

const LANGUAGE_MODEL = 'the prompt and its frame take';

const slots = (count: number) => new Array<number>(count).fill(PROMPT_SLOT);

const FRAMES: { readonly [K in Task]: (options: EncodingOptions) => Frame } = {
  'masked-lm': ({ tokenizer, config, promptTokens, template = '.' }) => {
    const { bos_token_id, mask_token_id } = config;
    if (mask_token_id === undefined) throw new RangeError(`${config.name} has no mask token`);
    return {
      head: [bos_token_id, ...slots(promptTokens), mask_token_id, ...tokenizer.encode(template)],
      tail: [config.eos_token_id],
      taking: LANGUAGE_MODEL,
      begin: ' ',
    };
  },
  'causal-lm': ({ tokenizer, config, promptTokens, template = 'It was' }) => ({
    head: [config.bos_token_id, ...slots(promptTokens)],
    tail: template === '' ? [] : tokenizer.encode(` ${template}`),
    taking: LANGUAGE_MODEL,
    begin: ' ',
  }),
  embedding: ({ config, promptTokens }) => {
    if (promptTokens > 0) throw new RangeError(`${config.name} is a sentence encoder: it takes no prompt.`);
    return {
      head: [config.bos_token_id],
      tail: [config.eos_token_id],
      taking: 'the two special tokens take',
      begin: '',
    };
  },
};

/** Tokens of a text that a sequence has room for, besides what stands before and behind it. */
export function textRoom(options: EncodingOptions): number {
  const { head, tail } = FRAMES[options.config.task](options);
  return options.tokens - head.length - tail.length;
}

/**
 * A function from a text to its sequence.
 * @throws RangeError where the length exceeds the model's or leaves no room for a text, or where a sentence encoder gets a prompt.
 */
export function createEncoder(options: EncodingOptions) {
  const { tokenizer, config, tokens } = options;
  const longest = architectureOf(config).longestSequence(config);
  if (tokens > longest) throw new RangeError(`The model takes ${longest} tokens, not ${tokens}.`);
  const padding = paddingOf(config);
  const { head, tail, taking, begin } = FRAMES[config.task](options);
  const room = textRoom(options);
  if (room < 1)
    throw new RangeError(`${tokens} tokens leave no room for a text: ${taking} ${head.length + tail.length}.`);

  return (text: string): EncodedText => {
    const body = tokenizer.encode(`${begin}${text}`);
    const textTokens = body.length;
    const textUsed = Math.min(textTokens, room);
    const sequence = [...head, ...body.slice(0, textUsed), ...tail];
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    for (const [i, place] of placesOf(padding, tokens, sequence.length).entries()) ids[place] = sequence[i]!;
    return { ids, length: sequence.length, textTokens, textUsed, truncated: textUsed < textTokens };
  };
}
