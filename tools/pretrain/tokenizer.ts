// A tokenizer for one kind of text: every frequent word is one token, everything else falls back to byte-level BPE, so
// no character is unknown. Text is lowercased and cut as treebanks cut it ("does" "n't", punctuation apart), each piece
// with a leading space: how the words were spaced then makes no difference. The result is a Hugging Face tokenizer.json.

export const SPECIAL = ['<s>', '<pad>', '</s>', '<unk>', '<mask>'] as const;
export const [BOS, PAD, EOS, UNK, MASK] = [0, 1, 2, 3, 4];

const PIECES =
  "\\p{L}+?(?=n't)|n't|'(?:s|re|ve|ll|d|m)(?!\\p{L})|[\\p{L}\\p{M}]+|\\p{N}+|\\.{2,}|-{2,}|[^\\s\\p{L}\\p{N}]";
const pieces = new RegExp(PIECES, 'gu');

export function normalise(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('’', "'");
}

export function split(text: string): string[] {
  return normalise(text).match(pieces) ?? [];
}

/** GPT-2's map: every byte is a visible character. */
const BYTES = (() => {
  const visible = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(visible(b) ? b : next++));
})();
const utf8 = new TextEncoder();
export const spell = (word: string) => Array.from(utf8.encode(` ${word}`), (b) => BYTES[b]!);

export interface TokenizerData {
  /** Token by id. */
  vocabulary: string[];
  merges: [string, string][];
}

/** `whole` words become one token each; merges are learned on the rest until the vocabulary is full. */
export function trainTokenizer(counts: Map<string, number>, whole: string[], size: number): TokenizerData {
  const isWhole = new Set(whole);
  const rest = [...counts].filter(([word, count]) => count >= 3 && !isWhole.has(word));
  const vocabulary: string[] = [...SPECIAL, ...BYTES];
  const known = new Set(vocabulary);
  const add = (token: string) => {
    if (!known.has(token)) vocabulary.push(token);
    known.add(token);
  };
  const wholeTokens = [...isWhole].map((word) => spell(word).join(''));
  const room = size - vocabulary.length - wholeTokens.filter((t) => !known.has(t)).length;

  const spelled = rest.map(([word]) => spell(word));
  const frequency = rest.map(([, count]) => count);
  const pairCount = new Map<string, number>();
  const where = new Map<string, Set<number>>();
  const touch = (w: number, sign: 1 | -1) => {
    const s = spelled[w]!;
    for (let i = 0; i + 1 < s.length; i++) {
      const pair = `${s[i]} ${s[i + 1]}`;
      pairCount.set(pair, (pairCount.get(pair) ?? 0) + sign * frequency[w]!);
      if (sign === 1) {
        const set = where.get(pair);
        if (set) set.add(w);
        else where.set(pair, new Set([w]));
      }
    }
  };
  for (let w = 0; w < spelled.length; w++) touch(w, 1);
  const merges: [string, string][] = [];
  const wanted = new Set(wholeTokens);
  let added = 0;
  while (added < room) {
    let best = '';
    let most = 0;
    for (const [pair, count] of pairCount) {
      if (count > most || (count === most && pair < best)) [best, most] = [pair, count];
    }
    if (most === 0) break;
    const [a, b] = best.split(' ') as [string, string];
    merges.push([a, b]);
    if (!known.has(a + b) && !wanted.has(a + b)) added++;
    add(a + b);
    for (const w of where.get(best)!) {
      touch(w, -1);
      const s = spelled[w]!;
      const joined: string[] = [];
      for (let i = 0; i < s.length; i++) {
        if (s[i] === a && s[i + 1] === b) {
          joined.push(a + b);
          i++;
        } else joined.push(s[i]!);
      }
      spelled[w] = joined;
      touch(w, 1);
    }
    pairCount.delete(best);
    where.delete(best);
  }
  for (const token of wholeTokens) add(token);
  return { vocabulary, merges };
}

/** The same cut as tokenizer.json's, with a cache: fast enough for the corpus. */
export class Encoder {
  readonly ids: Map<string, number>;
  private readonly rank = new Map<string, number>();
  private readonly cache = new Map<string, number[]>();

  constructor(readonly data: TokenizerData) {
    this.ids = new Map(data.vocabulary.map((token, id) => [token, id]));
    data.merges.forEach(([a, b], i) => {
      this.rank.set(`${a} ${b}`, i);
    });
  }

  word(word: string): number[] {
    let ids = this.cache.get(word);
    if (!ids) {
      ids = this.pieces(word).map((piece) => this.ids.get(piece)!);
      this.cache.set(word, ids);
    }
    return ids;
  }

  encode(text: string): number[] {
    return split(text).flatMap((word) => this.word(word));
  }

  /** @throws if it takes several tokens to say the word */
  single(word: string): number {
    const [id, ...more] = this.word(word);
    if (id === undefined || more.length > 0) throw new Error(`"${word}" is ${this.word(word).length} tokens`);
    return id;
  }

  private pieces(word: string): string[] {
    let s = spell(word);
    if (this.ids.has(s.join(''))) return [s.join('')];
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      let at = -1;
      for (let i = 0; i + 1 < s.length; i++) {
        const rank = this.rank.get(`${s[i]} ${s[i + 1]}`) ?? Number.POSITIVE_INFINITY;
        if (rank < best) [best, at] = [rank, i];
      }
      if (at < 0) return s;
      s = [...s.slice(0, at), s.slice(at, at + 2).join(''), ...s.slice(at + 2)];
    }
  }
}

export function toHuggingFace({ vocabulary, merges }: TokenizerData): object {
  const special = (id: number) => {
    const token = SPECIAL[id]!;
    return { [token]: { id: token, ids: [id], tokens: [token] } };
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: content === '<mask>', rstrip: false },
      ...{ normalized: false, special: true },
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFKC' },
        { type: 'Lowercase' },
        { type: 'Replace', pattern: { String: '’' }, content: "'" },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PIECES }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      pair: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
        { Sequence: { id: 'B', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      special_tokens: { ...special(BOS), ...special(EOS) },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
      // A word that is in the vocabulary is taken as it is, whether or not merges lead to it.
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: true },
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges,
    },
  };
}

export function fromHuggingFace(json: {
  model: { vocab: Record<string, number>; merges: [string, string][] };
}): TokenizerData {
  const vocabulary: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) vocabulary[id] = token;
  return { vocabulary, merges: json.model.merges };
}
