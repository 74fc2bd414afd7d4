import { describe, expect, test } from 'vitest';
import { architectureOf } from '../../src/models/architectures';
import { answerOf, answerPosition, createEncoder, PROMPT_SLOT } from '../../src/models/encode';
import { randomConfig } from '../support/random-model';

const config = randomConfig();
/** Words are 10, 11, …; a word without a space before it is 100 more. */
const words = ['.', 'kind', 'rude', 'staff', 'It'];
const tokenizer = {
  encode: (text: string) =>
    (text.match(/ ?\S+/g) ?? []).map((w) => 10 + words.indexOf(w.trim()) + (w.startsWith(' ') ? 0 : 100)),
};
const encoder = (options = {}) => createEncoder({ tokenizer, config, tokens: 10, promptTokens: 3, ...options });
const S = PROMPT_SLOT;

describe('layout', () => {
  test('start, prompt, mask, template, text, end, padding', () => {
    expect(encoder()('kind staff')).toEqual({
      ids: Int32Array.of(0, S, S, S, 4, 110, 11, 13, 2, 1),
      length: 9,
      textTokens: 2,
      textUsed: 2,
      truncated: false,
    });
  });

  test('a text that just fits, and one that does not: the end stays', () => {
    const encode = encoder();
    expect([...encode('kind staff kind').ids]).toEqual([0, S, S, S, 4, 110, 11, 13, 11, 2]);
    expect(encode('kind staff kind').truncated).toBe(false);
    expect(encode('kind staff rude kind')).toMatchObject({
      ids: Int32Array.of(0, S, S, S, 4, 110, 11, 13, 12, 2),
      length: 10,
      textTokens: 4,
      textUsed: 3,
      truncated: true,
    });
  });

  test('the answer is at the same position always', () => {
    for (const promptTokens of [0, 1, 5]) {
      const { ids } = encoder({ promptTokens })('kind');
      expect(ids[answerPosition(promptTokens)]).toBe(4);
    }
  });

  test('another template, or none', () => {
    expect([...encoder({ template: '. It' })('kind').ids]).toEqual([0, S, S, S, 4, 110, 14, 11, 2, 1]);
    expect([...encoder({ template: '' })('kind').ids]).toEqual([0, S, S, S, 4, 11, 2, 1, 1, 1]);
  });

  test('10,000 characters are cut', () => {
    expect(encoder()('kind '.repeat(2000))).toMatchObject({ length: 10, textTokens: 2000, truncated: true });
  });
});

test('lengths that cannot be are refused', () => {
  expect(architectureOf(config).longestSequence(config)).toBe(32);
  expect(encoder({ tokens: 32 })('kind').ids).toHaveLength(32);
  expect(() => encoder({ tokens: 33 })).toThrow('The model takes 32 tokens, not 33.');
  expect(encoder({ tokens: 8 })('kind').ids).toHaveLength(8);
  expect(() => encoder({ tokens: 7 })).toThrow(/leave no room.*take 7/);
});

describe('a causal model', () => {
  const causal = { ...config, task: 'causal-lm' as const, bos_token_id: 2 };
  const encode = (text: string, options = {}) =>
    createEncoder({ tokenizer, config: causal, tokens: 9, promptTokens: 2, ...options })(text);

  test('reads padding after its first token, prompt, text and template, and answers behind the last', () => {
    expect(encode('kind staff', { template: 'It' })).toEqual({
      ids: Int32Array.of(2, 1, 1, 1, S, S, 11, 13, 14),
      length: 6,
      textTokens: 2,
      textUsed: 2,
      truncated: false,
    });
    expect(answerOf(causal, 2, 9)).toBe(8);
    expect([...encode('kind', { template: '' }).ids]).toEqual([2, 1, 1, 1, 1, 1, S, S, 11]);
    expect([...encode('kind', { template: '', promptTokens: 0, tokens: 2 }).ids]).toEqual([2, 11]);
  });

  test('has a text’s end cut off, not the template’s', () => {
    const long = encode('kind staff rude kind staff rude', { template: 'It' });
    expect([...long.ids]).toEqual([2, S, S, 11, 13, 12, 11, 13, 14]);
    expect(long).toMatchObject({ length: 9, textUsed: 5, truncated: true });
    expect(() => encode('kind', { tokens: 4, template: 'It' })).toThrow(/leave no room.*take 4/);
  });
});

describe('a sentence encoder', () => {
  const sentence = { ...config, task: 'embedding' as const, mask_token_id: undefined };
  const encode = (text: string, options = {}) =>
    createEncoder({ tokenizer, config: sentence, tokens: 6, promptTokens: 0, ...options })(text);

  test('reads a text as it is, between its two special tokens', () => {
    expect(encode('kind staff')).toEqual({
      ids: Int32Array.of(0, 111, 13, 2, 1, 1),
      length: 4,
      textTokens: 2,
      textUsed: 2,
      truncated: false,
    });
    expect([...encode('kind staff rude kind kind').ids]).toEqual([0, 111, 13, 12, 11, 2]);
    expect(answerOf(sentence, 0, 6)).toBe(0);
    expect(answerOf(config, 3, 10)).toBe(4);
  });

  test('takes no prompt, and no text without room', () => {
    expect(() => encode('kind', { promptTokens: 1 })).toThrow('random is a sentence encoder: it takes no prompt.');
    expect(() => encode('kind', { tokens: 2 })).toThrow(
      '2 tokens leave no room for a text: the two special tokens take 2.',
    );
  });
});
