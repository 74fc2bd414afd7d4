/**
 * A model's tokenizer: texts to token ids and back, and label words that are one token.
 *
 * Wraps @huggingface/tokenizers with three differences. The file is checked first, since it may come from a stranger. Special
 * tokens are never read out of a text: "<mask>" in a note is five characters that somebody typed. And none are added: where
 * they stand is up to encode.ts.
 */
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import type { ModelConfig, SpecialTokens } from './config';
import { readJson } from './json-file';

export class TokenizerError extends Error {
  override readonly name = 'TokenizerError';
}

/** What of a model's configuration a tokenizer has to agree with. */
export type TokenizerConfig = Pick<
  ModelConfig,
  'vocab_size' | 'bos_token_id' | 'eos_token_id' | 'pad_token_id' | 'mask_token_id'
>;

const id = z.number().int().nonnegative();

const fileSchema = z.looseObject({
  model: z.looseObject({
    type: z.enum(['BPE', 'WordPiece', 'Unigram']).optional(),
    vocab: z.union([z.record(z.string(), id), z.array(z.tuple([z.string(), z.number()]))]),
    unk_token: z.string().nullish(),
  }),
  added_tokens: z.array(z.looseObject({ id, content: z.string(), special: z.boolean() })).default([]),
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  decoder: z.unknown().default(null),
});

type TokenizerFile = z.infer<typeof fileSchema>;

function parseFile(json: string): { file: TokenizerFile; names: Map<number, string> } {
  const file = readJson(json, fileSchema, {
    syntax: (message) => new TokenizerError(`tokenizer.json is not JSON: ${message}`),
    schema: (error) => new TokenizerError(`tokenizer.json is not a tokenizer:\n${z.prettifyError(error)}`),
  });
  const { vocab } = file.model;
  const names = new Map<number, string>();
  if (Array.isArray(vocab)) for (const [i, [token]] of vocab.entries()) names.set(i, token);
  else for (const [token, i] of Object.entries(vocab)) names.set(i, token);
  for (const token of file.added_tokens) names.set(token.id, token.content);
  return { file, names };
}

/** What special tokens are called, by whose example a tokenizer was made. */
const SPECIAL_NAMES: readonly Record<keyof SpecialTokens, string>[] = [
  { bos: '[CLS]', eos: '[SEP]', pad: '[PAD]', mask: '[MASK]' },
  { bos: '<s>', eos: '</s>', pad: '<pad>', mask: '<mask>' },
];

/** Special tokens of a tokenizer.json by their usual names. Throws a TokenizerError where the file is none. */
export function specialTokens(json: string): SpecialTokens {
  const { names } = parseFile(json);
  const ids = new Map([...names].map(([token, name]) => [name, token]));
  // Of one kind alone: a vocabulary may hold the other's names as text.
  const kind = SPECIAL_NAMES.find(({ bos, eos }) => ids.has(bos) && ids.has(eos));
  return kind
    ? { bos: ids.get(kind.bos), eos: ids.get(kind.eos), pad: ids.get(kind.pad), mask: ids.get(kind.mask) }
    : {};
}

/**
 * The tokenizer of a tokenizer.json.
 * @throws TokenizerError where the file is none, or does not fit the model.
 */
export function loadTokenizer(json: string, config: TokenizerConfig): TextTokenizer {
  const { file, names } = parseFile(json);
  const { model, added_tokens } = file;
  checkFit(names, config);

  const special = new Map(added_tokens.filter((token) => token.special).map((token) => [token.id, token.content]));
  const unknown = [...names].find(([, token]) => token === (model.unk_token ?? '<unk>'))?.[0];
  const spec = {
    ...file,
    added_tokens: added_tokens.filter((token) => !token.special),
    post_processor: null,
    // Lengths are encode.ts's to decide.
    truncation: null,
    padding: null,
  };
  try {
    return new TextTokenizer(new Tokenizer(spec, {}), special, unknown);
  } catch (error) {
    throw new TokenizerError(`tokenizer.json asks for something unknown: ${(error as Error).message}`);
  }
}

function checkFit(names: Map<number, string>, config: TokenizerConfig): void {
  const largest = [...names.keys()].reduce((a, b) => Math.max(a, b), -1);
  if (largest >= config.vocab_size) {
    const message = `has token ${largest} (“${names.get(largest)}”), but the model has ${config.vocab_size} embeddings`;
    throw new TokenizerError(`tokenizer.json ${message} (vocab_size): it is another model's.`);
  }
  for (const key of ['bos_token_id', 'eos_token_id', 'pad_token_id', 'mask_token_id'] as const) {
    const token = config[key];
    if (token !== undefined && !names.has(token))
      throw new TokenizerError(`tokenizer.json has no token ${token}, which is the model's ${key}.`);
  }
}

/** What a regular expression with nested repetitions runs away on: long runs, and something else at their end. */
const TRIALS = ['a', 'A', '1', ' ', '.', '-', '\n', 'é', '痛', 'ab ', "a'"].map((run) => `${run.repeat(48)}!\u00a0#`);

/** Reads some texts, for the time that it takes: to be called where it can be ended from outside. Throws what the tokenizer throws. */
export function tryTokenizer(tokenizer: Pick<TextTokenizer, 'encode'>): void {
  for (const text of TRIALS) tokenizer.encode(text);
}

export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  /** Content of special tokens by id: the wrapped tokenizer need not know them. */
  readonly #special: ReadonlyMap<number, string>;
  readonly #unknown: number | undefined;
  readonly #legible = new Map<number, boolean>();

  /** Use `loadTokenizer`. */
  constructor(tokenizer: Tokenizer, special: ReadonlyMap<number, string>, unknown: number | undefined) {
    this.#tokenizer = tokenizer;
    this.#special = special;
    this.#unknown = unknown;
  }

  /** Token ids of a text, without special tokens. What the vocabulary cannot spell becomes the unknown token, or nothing. */
  encode(text: string): number[] {
    if (text === '') return [];
    const ids: (number | undefined)[] = this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
    return ids.map((token) => token ?? this.#unknown).filter((token) => token !== undefined);
  }

  /** The text of token ids; special tokens by their names. */
  decode(ids: readonly number[]): string {
    let text = '';
    let run: number[] = [];
    const flush = () => {
      if (run.length > 0) text += this.#tokenizer.decode(run, { clean_up_tokenization_spaces: false });
      run = [];
    };
    for (const token of ids) {
      const name = this.#special.get(token);
      if (name === undefined) {
        run.push(token);
      } else {
        flush();
        text += name;
      }
    }
    flush();
    return text;
  }

  /** The share of tokens, 0 to 1, that say something: neither the unknown token nor bytes that are no letter on their own. */
  legible(ids: readonly number[]): number {
    const isLegible = (token: number) => {
      const known = this.#legible.get(token) ?? (token !== this.#unknown && !this.decode([token]).includes('\uFFFD'));
      this.#legible.set(token, known);
      return known;
    };
    return ids.length === 0 ? 1 : ids.filter(isLegible).length / ids.length;
  }

  /** The id of a word that is one token, as it stands within a sentence (after a space) or else at the beginning of one. */
  wordToken(word: string): number | undefined {
    if (word.trim() === '') return undefined;
    for (const form of [` ${word}`, word]) {
      const ids = this.encode(form);
      if (ids.length === 1 && ids[0] !== this.#unknown) return ids[0];
    }
    return undefined;
  }

  /** The pieces that a word is split into within a sentence. */
  pieces(word: string): string[] {
    return this.encode(` ${word}`)
      .map((token) => this.decode([token]).trim())
      .filter((piece) => piece !== '');
  }
}
