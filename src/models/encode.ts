/**
 * Texts as token sequences of one length, laid out for prompt tuning of a masked language model:
 *
 *   <s> [prompt slots] <mask> . text </s> <pad> …
 *
 * The model fills in the mask with a label word. With the text last, the answer stands at the same position in every
 * sequence, and all that differs between sequences is hidden behind the padded length. The template after the mask, "." by
 * default, makes text of it: "It was great . The nurse …".
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
  /** Stands between mask and text. Default ".". */
  template?: string;
}

export interface EncodedText {
  /** `tokens` ids; PROMPT_SLOT where the prompt goes. */
  ids: Int32Array;
  /** Tokens that are no padding; they come first. */
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

/** The position that the last layer is read at: the mask's, or for a sentence encoder that of [CLS]. */
export const answerOf = ({ task }: Pick<ModelConfig, 'task'>, promptTokens: number) =>
  task === 'masked-lm' ? answerPosition(promptTokens) : 0;

/** What stands before every text, and how a text is begun. */
interface Frame {
  head: readonly number[];
  /** With a space before it, as words have that do not begin a text; or as it is. */
  begin: '' | ' ';
}

const FRAMES: { readonly [K in Task]: (options: EncodingOptions) => Frame } = {
  'masked-lm': ({ tokenizer, config, promptTokens, template = '.' }) => {
    const { bos_token_id, mask_token_id } = config;
    if (mask_token_id === undefined) throw new RangeError(`${config.name} has no mask token`);
    const slots = new Array<number>(promptTokens).fill(PROMPT_SLOT);
    const templateIds = template === '' ? [] : tokenizer.encode(template);
    return { head: [bos_token_id, ...slots, mask_token_id, ...templateIds], begin: ' ' };
  },
  embedding: ({ config, promptTokens }) => {
    if (promptTokens > 0) throw new RangeError(`${config.name} is a sentence encoder: it takes no prompt.`);
    return { head: [config.bos_token_id], begin: '' };
  },
};

/** Tokens of a text that a sequence has room for, besides what stands before it and the token that ends it. */
export const textRoom = (options: EncodingOptions): number =>
  options.tokens - FRAMES[options.config.task](options).head.length - 1;

/**
 * A function from a text to its sequence.
 * @throws RangeError where the length exceeds the model's or leaves no room for a text, or where a sentence encoder gets a prompt.
 */
export function createEncoder(options: EncodingOptions) {
  const { tokenizer, config, tokens } = options;
  const longest = architectureOf(config).longestSequence(config);
  if (tokens > longest) throw new RangeError(`The model takes ${longest} tokens, not ${tokens}.`);
  const { head, begin } = FRAMES[config.task](options);
  const room = textRoom(options);
  if (room < 1) {
    const frame = config.task === 'masked-lm' ? 'the prompt and its frame take' : 'the two special tokens take';
    throw new RangeError(`${tokens} tokens leave no room for a text: ${frame} ${head.length + 1}.`);
  }

  return (text: string): EncodedText => {
    const body = tokenizer.encode(`${begin}${text}`);
    const textTokens = body.length;
    const textUsed = Math.min(textTokens, room);
    const sequence = [...head, ...body.slice(0, textUsed), config.eos_token_id];
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    ids.set(sequence);
    return { ids, length: sequence.length, textTokens, textUsed, truncated: textUsed < textTokens };
  };
}
