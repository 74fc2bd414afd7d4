// Texts to read: reviews, with a label where there is one, and encyclopedia articles, each a list of sentences of words.
// Evaluation sentences are looked for in all of it, and whatever contains one is dropped.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../text-file';
import { split } from './tokenizer';

export type Label = 'positive' | 'negative';

export interface Document {
  sentences: string[][];
  label?: Label;
}

export interface Corpus {
  labelled: Document[];
  unlabelled: Document[];
  articles: Document[];
  /** What was left out, by reason. */
  dropped: Record<string, number>;
}

type Texts = Pick<Corpus, 'labelled' | 'unlabelled' | 'articles'>;

/** Every 25th labelled review and every fifth article paragraph are kept from pretraining: to judge by, and to make tasks of. */
export function setAside({ labelled, unlabelled, articles }: Texts): {
  kept: Texts;
  heldOut: Omit<Texts, 'unlabelled'>;
} {
  const every = (n: number, aside: boolean) => (_: unknown, i: number) => (i % n === 0) === aside;
  return {
    kept: {
      labelled: labelled.filter(every(25, false)),
      unlabelled,
      articles: articles.filter(every(5, false)),
    },
    heldOut: { labelled: labelled.filter(every(25, true)), articles: articles.filter(every(5, true)) },
  };
}

const lines = (path: string) => readText(path).split('\n');

/** Words of letters only: the form in which texts are compared. */
const letters = (words: string[]) => words.filter((w) => /\p{L}/u.test(w));

/** Shorter sentences occur by chance everywhere. */
const SHORTEST = 6;

interface Node {
  next: Map<string, Node>;
  sentence?: string;
}

/** Finds evaluation sentences inside a text, however punctuated. */
export class Leaks {
  private readonly root: Node = { next: new Map() };

  constructor(texts: string[]) {
    for (const text of texts) {
      const words = letters(split(text));
      if (words.length < SHORTEST) continue;
      let node = this.root;
      for (const word of words) {
        const next: Node = node.next.get(word) ?? { next: new Map() };
        node.next.set(word, next);
        node = next;
      }
      node.sentence = text;
    }
  }

  find(text: string[]): string | undefined {
    const words = letters(text);
    for (let start = 0; start + SHORTEST <= words.length; start++) {
      let node: Node | undefined = this.root;
      for (let i = start; node; i++) {
        if (node.sentence) return node.sentence;
        const word: string | undefined = words[i];
        node = word === undefined ? undefined : node.next.get(word);
      }
    }
    return undefined;
  }
}

const ENDS = new Set(['.', '!', '?', '..', '...', '....']);

export function sentences(words: string[]): string[][] {
  const result: string[][] = [];
  let current: string[] = [];
  words.forEach((word, i) => {
    current.push(word);
    const next = words[i + 1];
    // A closing quote or bracket, and more of "!!!", still belong to the sentence.
    if (ENDS.has(word) && !(next && (ENDS.has(next) || next === '"' || next === ')')) && current.length > 2) {
      result.push(current);
      current = [];
    } else if ((word === '"' || word === ')') && ENDS.has(words[i - 1] ?? '') && current.length > 4) {
      result.push(current);
      current = [];
    }
  });
  if (current.length > 2) result.push(current);
  return result;
}

export function readCorpus(folder: string, limit = Number.POSITIVE_INFINITY): Corpus {
  const dropped: Record<string, number> = {};
  const drop = (reason: string) => {
    dropped[reason] = (dropped[reason] ?? 0) + 1;
    return [];
  };
  const evaluation = ['sst2-dev.tsv', 'sst2-train.tsv']
    .map((name) => join(folder, name))
    .filter(existsSync)
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(1))
    .map((line) => line.replace(/\t.*/, ''));
  const leaks = new Leaks(evaluation);

  const seen = new Set<string>();
  const review = (text: string, label?: Label): Document[] => {
    const key = text.slice(0, 200);
    if (seen.has(key)) return drop('repeated');
    seen.add(key);
    if (/^this app\b/i.test(text)) return drop('not a film review');
    const words = split(text.replace(/<br\s*\/?>/gi, ' ').replace(/https?:\S+/g, ' '));
    if (words.length < 5) return drop('too short');
    if (leaks.find(words)) return drop('holds an evaluation sentence');
    return [{ sentences: sentences(words), label }];
  };

  const labelled = lines(join(folder, 'imdb-train.tsv.gz'))
    .slice(1, limit)
    .flatMap((line) => {
      const [text = '', label] = line.split('\t');
      if (label !== 'positive' && label !== 'negative') return line ? drop('no label') : [];
      return review(text, label);
    });
  const unlabelled = lines(join(folder, 'imdb-unlabelled.txt.gz'))
    .slice(0, limit)
    .flatMap((line) => (line ? review(line) : []));
  const articles = lines(join(folder, 'wikitext2-valid-test.txt.gz'))
    .slice(0, limit)
    .filter((line) => line.trim() && !line.startsWith(' ='))
    .flatMap((line): Document[] => {
      const words = split(line.replace(/ @(.)@ /g, '$1'));
      if (leaks.find(words)) return drop('holds an evaluation sentence');
      const whole = sentences(words).filter((s) => !s.join(' ').includes('< unk >'));
      return whole.length > 0 ? [{ sentences: whole }] : [];
    });
  return { labelled, unlabelled, articles, dropped };
}
