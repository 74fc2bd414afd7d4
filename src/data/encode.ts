/**
 * Texts as token sequences of one length, laid out for prompt tuning:
 *
 *   <s> [prompt slots] <mask> . text </s> <pad> …
 *
 * The model fills in the mask with a label word. With the text last, the answer stands at the same position in every
 * sequence, and all that differs between sequences is hidden behind the padded length. The template after the mask, "." by
 * default, makes text of it: "It was great . The nurse …".
 */
import type { ModelConfig } from '../models/config';

export interface EncodingOptions {
  /** Gives ids without special tokens. */
  tokenizer: { encode(text: string): number[] };
  config: Pick<
    ModelConfig,
    'bos_token_id' | 'eos_token_id' | 'pad_token_id' | 'mask_token_id' | 'max_position_embeddings'
  >;
  /** Length of every sequence, padding included. */
  tokens: number;
  promptTokens: number;
  /** Stands between mask and text. Default ".". */
  template?: string;
}

export interface EncodedText {
  /** `tokens` ids; PROMPT_SLOT where the prompt goes. */
  ids: Int32Array;
  /** Tokens that are no padding; they come first. */
  kept: number;
  /** Tokens of the text, before and after it was cut. */
  textTokens: number;
  textKept: number;
  truncated: boolean;
}

/** Stands for a token of the soft prompt. */
export const PROMPT_SLOT = -1;

/** Where the mask is in every sequence. */
export const answerPosition = (promptTokens: number) => 1 + promptTokens;

/** The longest sequence that a model takes: RoBERTa's positions begin after the padding index. */
export const longestSequence = (config: Pick<ModelConfig, 'max_position_embeddings' | 'pad_token_id'>) =>
  config.max_position_embeddings - config.pad_token_id - 1;

/**
 * A function from a text to its sequence.
 * @throws RangeError where the length exceeds the model's or leaves no room for a text.
 */
export function createEncoder({ tokenizer, config, tokens, promptTokens, template = '.' }: EncodingOptions) {
  const longest = longestSequence(config);
  if (tokens > longest) throw new RangeError(`The model takes ${longest} tokens, not ${tokens}.`);
  const slots = new Array<number>(promptTokens).fill(PROMPT_SLOT);
  const templateIds = template === '' ? [] : tokenizer.encode(template);
  const head = [config.bos_token_id, ...slots, config.mask_token_id, ...templateIds];
  const room = tokens - head.length - 1;
  if (room < 1) {
    throw new RangeError(
      `${tokens} tokens leave no room for a text: the prompt and its frame take ${head.length + 1}.`,
    );
  }

  return (text: string): EncodedText => {
    // With a space before it, as words have that do not begin a text.
    const body = tokenizer.encode(` ${text}`);
    const textTokens = body.length;
    const textKept = Math.min(textTokens, room);
    const sequence = [...head, ...body.slice(0, textKept), config.eos_token_id];
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    ids.set(sequence);
    return { ids, kept: sequence.length, textTokens, textKept, truncated: textKept < textTokens };
  };
}
