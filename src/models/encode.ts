/**
 * Texts as token sequences of one length, laid out for prompt tuning:
 *
 *   <s> [prompt slots] <mask> . text </s> <pad> …
 *
 * The model fills in the mask with a label word. With the text last, the answer stands at the same position in every
 * sequence, and all that differs between sequences is hidden behind the padded length. The template after the mask, "." by
 * default, makes text of it: "It was great . The nurse …".
 */
import { architectureOf } from './architectures';
import type { ModelConfig } from './config';

export interface EncodingOptions {
  /** Gives ids without special tokens. */
  tokenizer: { encode(text: string): number[] };
  config: ModelConfig;
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

/** Tokens of a text that a sequence has room for, besides prompt, mask, template and the two special tokens around them. */
export const textRoom = ({ tokenizer, tokens, promptTokens, template = '.' }: EncodingOptions): number =>
  tokens - promptTokens - 3 - (template === '' ? 0 : tokenizer.encode(template).length);

/**
 * A function from a text to its sequence.
 * @throws RangeError where the length exceeds the model's or leaves no room for a text.
 */
export function createEncoder(options: EncodingOptions) {
  const { tokenizer, config, tokens, promptTokens, template = '.' } = options;
  const longest = architectureOf(config).longestSequence(config);
  if (tokens > longest) throw new RangeError(`The model takes ${longest} tokens, not ${tokens}.`);
  const slots = new Array<number>(promptTokens).fill(PROMPT_SLOT);
  const templateIds = template === '' ? [] : tokenizer.encode(template);
  const head = [config.bos_token_id, ...slots, config.mask_token_id, ...templateIds];
  const room = textRoom(options);
  if (room < 1) {
    throw new RangeError(
      `${tokens} tokens leave no room for a text: the prompt and its frame take ${head.length + 1}.`,
    );
  }

  return (text: string): EncodedText => {
    // With a space before it, as words have that do not begin a text.
    const body = tokenizer.encode(` ${text}`);
    const textTokens = body.length;
    const textUsed = Math.min(textTokens, room);
    const sequence = [...head, ...body.slice(0, textUsed), config.eos_token_id];
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    ids.set(sequence);
    return { ids, length: sequence.length, textTokens, textUsed, truncated: textUsed < textTokens };
  };
}
