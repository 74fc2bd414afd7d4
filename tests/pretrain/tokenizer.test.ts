import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import {
  Encoder,
  fromHuggingFace,
  SPECIAL,
  split,
  toHuggingFace,
  trainTokenizer,
  UNK,
} from '../../tools/pretrain/tokenizer';
import { forcedWords, KINDS, OPINIONS, QUALITY_PROMPTS, TOPIC_PROMPTS } from '../../tools/pretrain/words';

const ODD = [
  "It's a film you can't miss; they'd've loved it...",
  'naïve café, ﬁne — “quotes” and ‘single’ ones’',
  'Ünïcödé ЖЗИ 漢字かな हिन्दी עברית العربية',
  '👩‍👩‍👧‍👦🏽 \u0000\u0007\ufffd \u200b\u00ad _under_ <b>bold</b>',
  '3.14 -- 1,000 #tag @name :-) \t\n x',
  '',
  '   ',
];

function check(json: ReturnType<typeof toHuggingFace>, encoder: Encoder) {
  const theirs = new Tokenizer(json as never, {} as never);
  for (const text of ODD) {
    const ids = encoder.encode(text);
    expect(ids).not.toContain(UNK);
    expect(ids.every((id) => id !== undefined)).toBe(true);
    expect(theirs.encode(text, { add_special_tokens: false } as never).ids).toEqual(ids);
    if (ids.length === 0) continue;
    const spoken = theirs.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false } as never);
    expect(spoken.trim()).toBe(split(text).join(' '));
  }
}

describe('tokenizer trainer', () => {
  const counts = new Map(
    'the the the a film films filming filmed great greater greatest terrible'.split(' ').map((w) => [w, 5]),
  );
  const data = trainTokenizer(counts, ['great', 'terrible'], 280);
  const encoder = new Encoder(data);

  it('fills the vocabulary and keeps chosen words whole', () => {
    expect(data.vocabulary).toHaveLength(280);
    expect(new Set(data.vocabulary).size).toBe(280);
    expect(encoder.single('great')).toBeGreaterThan(260);
    expect(encoder.encode('great')).toEqual(encoder.encode('( GREAT').slice(encoder.encode('(').length));
    expect(() => encoder.single('zebra')).toThrow('tokens');
  });

  it('is read by @huggingface/tokenizers with the same result, for any text', () => {
    check(toHuggingFace(data), encoder);
    expect(new Encoder(fromHuggingFace(JSON.parse(JSON.stringify(toHuggingFace(data))))).encode('films')).toEqual(
      encoder.encode('films'),
    );
  });

  it('cuts contractions as treebanks do, however they are spaced', () => {
    expect(split("I don't, it's")).toEqual(['i', 'do', "n't", ',', 'it', "'s"]);
    expect(split("i do n't , it 's")).toEqual(split("I don't, it's"));
  });
});

const path = 'public/models/tiny/tokenizer.json';
describe('tokenizer of the built-in model', () => {
  const json = JSON.parse(readFileSync(path, 'utf8'));
  const encoder = new Encoder(fromHuggingFace(json));

  it('knows everyday words, answers and prompts as single tokens', () => {
    for (const word of forcedWords()) expect(encoder.word(word), word).toHaveLength(1);
    const kinds = [...Object.values(OPINIONS), ...Object.values(KINDS)];
    const prompts = [...TOPIC_PROMPTS, ...QUALITY_PROMPTS, ...kinds.flatMap((k): readonly string[] => k.prompts)];
    for (const prompt of prompts) expect(encoder.encode(prompt), prompt).toHaveLength(5);
  });

  it('is read by @huggingface/tokenizers with the same result, for any text', () => {
    check(json, encoder);
    const theirs = new Tokenizer(json, {} as never);
    expect(theirs.encode('great').ids).toEqual([0, encoder.single('great'), 2]);
    expect(theirs.encode('so <mask> .', { add_special_tokens: false } as never).ids[1]).toBe(SPECIAL.indexOf('<mask>'));
  });
});
