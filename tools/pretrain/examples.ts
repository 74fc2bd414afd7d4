// What the model practises: plain masked language modelling, and (more and more, see mixtures.ts) the way it is used: five
// prompt tokens, the answer slot, a text. The slot is taught to *describe the text* in several respects (opinion, topic,
// length ...), and the prompt to say which, because people will bring label words and tasks of their own.
import { type Corpus, type Document, type Label, setAside } from './corpus';
import { BOS, type Encoder, EOS, MASK, SPECIAL } from './tokenizer';
import {
  KINDS,
  NEGATIVE,
  OPINIONS,
  POSITIVE,
  QUALITIES,
  QUALITY_PROMPTS,
  SIGNS,
  TOPIC_PROMPTS,
  UNPROMPTED,
} from './words';

export const PROMPT_LENGTH = 5;
export const ANSWER_INDEX = 1 + PROMPT_LENGTH;
/** <s>, prompt, <mask>, "." and </s>: what a prompted sequence holds beside its text. */
export const FRAME = PROMPT_LENGTH + 4;

export interface Pick {
  position: number;
  target: number;
  weight: number;
}

export interface Example {
  kind: 'cloze' | 'opinion' | 'quality' | 'topic' | 'kind';
  ids: number[];
  picks: Pick[];
}

export type Random = () => number;

/** Mulberry32: small, seedable, good enough to shuffle with. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Flat, because a million small arrays would keep the garbage collector busy. */
interface Encoded {
  tokens: Uint16Array;
  /** Where each sentence ends. */
  ends: Uint16Array;
  label?: Label;
}

export function sentence(d: Encoded, i: number): Uint16Array {
  return d.tokens.subarray(i === 0 ? 0 : d.ends[i - 1], d.ends[i]);
}

/** How often each kind of example comes; need not add up to one. */
export type Mixture = Record<Example['kind'], number>;

export class Examples {
  readonly heldOut: Encoded[];
  /** How much a token speaks for a positive label, in nats. */
  readonly logOdds: Float32Array;
  private readonly labelled: Encoded[];
  private readonly texts: Encoded[];
  private readonly logFrequency: Float32Array;
  private readonly isContent: Uint8Array;
  private readonly qualities: Set<number>;
  private readonly stop: number;
  private readonly marks: { question: number; excited: number };
  private readonly he: Set<number>;
  private readonly she: Set<number>;
  private readonly media: { movie: Set<number>; show: Set<number> };

  /** Of the example that is being drawn. */
  private random!: Random;

  /** `templates`: how many of every respect's prompts are used; all if not given. */
  constructor(
    corpus: Corpus,
    private readonly encoder: Encoder,
    private readonly templates?: number,
  ) {
    const encode = (d: Document): Encoded => {
      const sentences = d.sentences.map((words) => words.flatMap((w) => encoder.word(w)));
      let end = 0;
      const ends = Uint16Array.from(sentences, (s) => (end += s.length));
      return { tokens: Uint16Array.from(sentences.flat()), ends, label: d.label };
    };
    const size = encoder.data.vocabulary.length;
    const { kept, heldOut } = setAside(corpus);
    this.heldOut = heldOut.labelled.map(encode);
    this.labelled = kept.labelled.map(encode);
    this.texts = [...this.labelled, ...kept.unlabelled.map(encode), ...kept.articles.map(encode)];

    const count = new Float32Array(size).fill(1);
    for (const d of this.texts) for (const id of d.tokens) count[id]!++;
    const total = count.reduce((a, b) => a + b);
    this.logFrequency = count.map((c) => Math.log(c / total));
    const order = Array.from(count.keys()).sort((a, b) => count[b]! - count[a]!);
    const frequent = new Set(order.slice(0, 180));
    this.isContent = Uint8Array.from(encoder.data.vocabulary, (token, id) =>
      Number(
        !frequent.has(id) &&
          /^Ġ[a-z]{4,}$/.test(token) &&
          !UNPROMPTED.includes(token.slice(1)) &&
          encoder.word(token.slice(1)).length === 1,
      ),
    );

    const seen = { positive: new Float32Array(size).fill(2), negative: new Float32Array(size).fill(2) };
    for (const d of this.labelled) for (const id of new Set(d.tokens)) seen[d.label!][id]!++;
    this.logOdds = seen.positive.map((p, id) => Math.log(p / seen.negative[id]!));

    const set = (words: string[]) => new Set(words.map((w) => encoder.single(w)));
    this.qualities = new Set([...POSITIVE, ...NEGATIVE, ...QUALITIES].map((w) => encoder.single(w)));
    for (const w of ['yes', 'no', 'best', 'worst', 'better', 'worse', 'love', 'hate', 'waste', 'like'])
      this.qualities.delete(encoder.single(w));
    this.stop = encoder.single('.');
    this.marks = { question: encoder.single('?'), excited: encoder.single('!') };
    this.he = set(SIGNS.man);
    this.she = set(SIGNS.woman);
    this.media = { movie: set(SIGNS.movie), show: set(SIGNS.show) };
  }

  *documents(): Iterable<Uint16Array> {
    for (const d of this.texts) yield d.tokens;
  }

  score(text: ArrayLike<number>): number {
    let sum = 0;
    for (const id of new Set(Array.from(text))) sum += this.logOdds[id]!;
    return sum;
  }

  /** An example of at most `length` tokens; the same `random` draws the same one. */
  next(mixture: Mixture, length: number, random: Random): Example {
    this.random = random;
    let at = this.random() * Object.values(mixture).reduce((a, b) => a + b);
    for (const [kind, share] of Object.entries(mixture)) {
      at -= share;
      if (at > 0) continue;
      for (;;) {
        const example = kind === 'cloze' ? this.cloze(length) : this.prompted(kind as Example['kind'], length);
        if (example) return example;
      }
    }
    throw new Error('an empty mixture');
  }

  /** @throws if the list is empty */
  private one<T>(list: ArrayLike<T>): T {
    const chosen = list[Math.floor(this.random() * list.length)];
    if (chosen === undefined) throw new Error('an empty list to choose from');
    return chosen;
  }

  private template(prompts: readonly string[]): string {
    return this.one(prompts.slice(0, this.templates));
  }

  /** One to three consecutive sentences, cut to `room`. */
  private segment(d: Encoded, room: number, first = Math.floor(this.random() * d.ends.length)): number[] {
    const ids = [...sentence(d, first)];
    let more = this.random() < 0.35 ? (this.random() < 0.3 ? 2 : 1) : 0;
    for (let i = first + 1; more > 0 && i < d.ends.length; i++) {
      const next = sentence(d, i);
      if (ids.length + next.length > room) break;
      ids.push(...next);
      more--;
    }
    if (ids.length > room) ids.length = room;
    // Many a text comes without its full stop.
    if (ids.at(-1) === this.stop && this.random() < 0.5) ids.pop();
    return ids;
  }

  /** Masks one token in seven, BERT's way, and returns what has to be guessed. */
  private mask(ids: number[], from: number, to: number, weight: number): Pick[] {
    const wanted = Math.max(1, Math.round((to - from) / 7));
    const picks: Pick[] = [];
    const taken = new Set<number>();
    for (let tries = 0; picks.length < wanted && tries < 30; tries++) {
      const position = from + Math.floor(this.random() * (to - from));
      const target = ids[position]!;
      if (taken.has(position) || target < SPECIAL.length) continue;
      // Frequent words teach little: half of them are passed over.
      if (this.logFrequency[target]! > -6 && this.random() < 0.5) continue;
      taken.add(position);
      picks.push({ position, target, weight });
      const r = this.random();
      if (r < 0.8) ids[position] = MASK;
      else if (r < 0.9)
        ids[position] = SPECIAL.length + Math.floor(this.random() * (this.logOdds.length - SPECIAL.length));
    }
    return picks;
  }

  private cloze(length: number): Example | undefined {
    const text = this.segment(this.one(this.texts), length - 2);
    if (text.length < 5) return undefined;
    const ids = [BOS, ...text, EOS];
    return { kind: 'cloze', picks: this.mask(ids, 1, ids.length - 1, 1), ids };
  }

  private prompted(kind: Example['kind'], length: number): Example | undefined {
    const room = length - FRAME;
    const made =
      kind === 'opinion'
        ? this.opinion(room)
        : kind === 'topic'
          ? this.keyword(room, (id) => this.isContent[id] === 1 && !this.qualities.has(id), TOPIC_PROMPTS)
          : kind === 'quality'
            ? this.keyword(room, (id) => this.qualities.has(id), [...QUALITY_PROMPTS, ...OPINIONS.adjective.prompts])
            : this.property(room);
    if (!made || made.text.length < 3) return undefined;
    const prompt = this.encoder.encode(made.prompt);
    if (prompt.length !== PROMPT_LENGTH) throw new Error(`"${made.prompt}" is ${prompt.length} tokens`);
    // A tuned prompt will be no sentence: some practice with odd ones.
    if (this.random() < 0.15) prompt[Math.floor(this.random() * prompt.length)] = this.one(this.one(this.texts).tokens);
    const ids = [BOS, ...prompt, MASK, this.stop, ...made.text, EOS];
    const picks = [{ position: ANSWER_INDEX, target: made.answer, weight: 3 }];
    if (this.random() < 0.3) picks.push(...this.mask(ids, ANSWER_INDEX + 2, ids.length - 1, 0.5));
    return { kind, ids, picks };
  }

  /** A part of a labelled review. Not every sentence shows its review's label: those that seem not to are rarer. */
  private opinion(room: number) {
    const d = this.one(this.labelled);
    const n = d.ends.length;
    let first = this.random() < 0.4 ? (this.random() < 0.5 ? 0 : n - 1) : Math.floor(this.random() * n);
    if (this.random() < 0.5) {
      const other = Math.floor(this.random() * n);
      if (Math.abs(this.score(sentence(d, other))) > Math.abs(this.score(sentence(d, first)))) first = other;
    }
    const text = this.segment(d, room, first);
    const score = this.score(text) * (d.label === 'positive' ? 1 : -1);
    if (score < 0.3 && this.random() < (score < -1 ? 0.8 : 0.6)) return undefined;
    const r = this.random();
    const kind = r < 0.65 ? 'adjective' : r < 0.8 ? 'polarity' : r < 0.9 ? 'answer' : 'rank';
    const { prompts, ...answers } = OPINIONS[kind];
    return { text, prompt: this.template(prompts), answer: this.encoder.single(this.one(answers[d.label!])) };
  }

  /** A word of the text moves to the answer slot. */
  private keyword(room: number, fits: (id: number) => boolean, prompts: readonly string[]) {
    const text = this.segment(this.one(this.texts), room);
    const candidates = text.filter(fits);
    if (candidates.length === 0) return undefined;
    // The rarer of two says more of what the text is about.
    const [a, b] = [this.one(candidates), this.one(candidates)];
    const answer = this.logFrequency[a]! < this.logFrequency[b]! ? a : b;
    // Mostly the word is gone from the text; where it stays, the slot learns to point.
    const r = this.random();
    return {
      text:
        r < 0.4 ? text.map((id) => (id === answer ? MASK : id)) : r < 0.7 ? text.filter((id) => id !== answer) : text,
      prompt: this.template(prompts),
      answer,
    };
  }

  private property(room: number) {
    const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
    const kind = this.one(kinds);
    const second = this.random() < 0.5;
    let text: number[] = [];
    for (let tries = 0; tries < 200; tries++) {
      text = this.segment(this.one(this.texts), room);
      const has = (set: Set<number>) => text.some((id) => set.has(id));
      const fits = {
        form: () => (text.at(-1) === this.marks.question) === second,
        length: () => (second ? text.length >= Math.min(room, 22) : text.length <= 10),
        person: () => has(second ? this.she : this.he) && !has(second ? this.he : this.she),
        medium: () =>
          has(second ? this.media.show : this.media.movie) && !has(second ? this.media.movie : this.media.show),
      }[kind]();
      if (fits) break;
      if (tries === 199) return undefined;
    }
    if (kind === 'form') while (text.length > 3 && this.isMark(text.at(-1)!)) text.pop();
    const { prompts, answers } = KINDS[kind];
    return { text, prompt: this.template(prompts), answer: this.encoder.single(answers[second ? 1 : 0]) };
  }

  private isMark(id: number) {
    return id === this.stop || id === this.marks.question || id === this.marks.excited;
  }
}
