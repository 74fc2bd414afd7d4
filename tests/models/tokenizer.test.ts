import { describe, expect, test } from 'vitest';
import { loadTokenizer, specialTokens, TokenizerError, tryTokenizer } from '../../src/models/tokenizer';
import reference from './reference/tokenizers.json';

const config = { vocab_size: 600, bos_token_id: 0, pad_token_id: 1, eos_token_id: 2, mask_token_id: 4 };
const load = (name: string, options = {}) => {
  const { tokenizer } = reference.find((r) => r.name === name)!;
  return loadTokenizer(JSON.stringify(tokenizer), { ...config, ...options });
};

describe.each(reference)('$name, as the reference implementation', ({ name, texts }) => {
  const tokenizer = load(name);

  test.each(texts)('encodes $text', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  test.each(texts)('decodes $decoded', ({ ids, decoded }) => {
    // The reference leaves the space before the first word away, or not, by kind of tokenizer.
    if (name !== 'word_piece') expect(tokenizer.decode(ids)).toBe(decoded);
    else expect(tokenizer.decode(ids).replace(/\s/g, '')).toBe(decoded.replace(/\s/g, ''));
  });
});

test.each([
  ['byte_level', 'kind', 1],
  ['byte_level', '痛痛', 0],
  ['word_piece', 'kind', 1],
  ['word_piece', '痛', 0],
])('%s: of “%s” the share %d is legible', (name, text, share) => {
  const tokenizer = load(name);
  expect(tokenizer.legible(tokenizer.encode(text))).toBe(share);
  expect(tokenizer.legible([])).toBe(1);
});

describe('special tokens', () => {
  test('are not read out of a text', () => {
    for (const { name } of reference) {
      const ids = load(name).encode('see <mask> and </s> here <s>');
      for (const id of [0, 2, 4]) expect(ids).not.toContain(id);
    }
    const text = 'see <mask> and </s> here';
    expect(load('byte_level').decode(load('byte_level').encode(text))).toBe(text);
  });

  test('are decoded by name', () => {
    const tokenizer = load('byte_level');
    expect(tokenizer.decode([0, 4, ...tokenizer.encode('. kind'), 2, 1])).toBe('<s><mask>. kind</s><pad>');
    expect(tokenizer.decode([])).toBe('');
  });
});

describe('label words', () => {
  test('with a space before them, else without', () => {
    const tokenizer = load('byte_level');
    const [great] = tokenizer.encode(' great') as [number];
    expect(tokenizer.encode(' great')).toHaveLength(1);
    expect(tokenizer.wordToken('great')).toBe(great);
    expect(tokenizer.decode([great])).toBe(' great');
    // "The" begins the corpus' sentences and never follows a space.
    expect(tokenizer.encode(' The').length).toBeGreaterThan(1);
    expect(tokenizer.wordToken('The')).toBe(tokenizer.encode('The')[0]);
  });

  test('of several tokens, unknown, or empty are none', () => {
    expect(load('byte_level').wordToken('receptionists')).toBeUndefined();
    expect(load('byte_level').wordToken('')).toBeUndefined();
    expect(load('word_piece').wordToken('痛')).toBeUndefined();
    expect(load('byte_level').wordToken('<mask>')).toBeUndefined();
  });

  test('the pieces of a longer word', () => {
    const pieces = load('byte_level').pieces('unkindness');
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('unkindness');
  });
});

describe('refused', () => {
  const { tokenizer } = reference[0]!;
  const attempt = (file: unknown, options = {}) =>
    expect(() => loadTokenizer(typeof file === 'string' ? file : JSON.stringify(file), { ...config, ...options }));

  test.each([
    ['no JSON', '{', /not JSON/],
    ['no object', [], /not a tokenizer/],
    ['no model', { added_tokens: [] }, /model/],
    ['ids that are no numbers', { model: { type: 'BPE', vocab: { a: 'b' }, merges: [] } }, /vocab/],
    ['an unknown model', { model: { type: 'Magic', vocab: {} } }, /type/],
    ['an unknown normalizer', { ...tokenizer, normalizer: { type: 'Magic' } }, /something unknown.*Magic/],
  ])('%s', (_, file, message) => {
    attempt(file).toThrow(TokenizerError);
    attempt(file).toThrow(message);
  });

  test('one that does not fit the model', () => {
    attempt(tokenizer, { vocab_size: 400 }).toThrow(/the model has 400 embeddings/);
    attempt(tokenizer, { vocab_size: 10_000, mask_token_id: 9000 }).toThrow(/no token 9000.*mask_token_id/);
  });
});

describe('what a file says besides', () => {
  const file = (...contents: string[]) =>
    JSON.stringify({
      model: { type: 'WordPiece', vocab: Object.fromEntries(contents.map((content, i) => [content, i])) },
      added_tokens: [],
    });

  test('are found by their usual names, BERT’s or RoBERTa’s', () => {
    expect(specialTokens(file('a', '[PAD]', '[CLS]', '[SEP]', '[MASK]'))).toEqual({ pad: 1, bos: 2, eos: 3, mask: 4 });
    expect(specialTokens(file('<s>', '</s>', '[MASK]'))).toEqual({ bos: 0, eos: 1, pad: undefined, mask: undefined });
    expect(specialTokens(file('a', 'b'))).toEqual({});
  });

  test('padding and lengths of its own do not reach a text', () => {
    const { tokenizer } = reference[0]!;
    const padded = {
      ...tokenizer,
      truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0 },
      padding: { strategy: { Fixed: 64 }, pad_id: 1, pad_token: '<pad>', pad_type_id: 0, direction: 'Right' },
    };
    const text = 'The nurse was kind and took the time';
    expect(loadTokenizer(JSON.stringify(padded), config).encode(text)).toEqual(load(reference[0]!.name).encode(text));
  });

  test('and a trial passes an ordinary tokenizer', () => {
    for (const { name } of reference) expect(() => tryTokenizer(load(name))).not.toThrow();
  });
});
