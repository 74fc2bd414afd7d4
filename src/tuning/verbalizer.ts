/**
 * Label → label word → token id. The model answers at one position with one token, so a label's word has to be one token.
 */
import { z } from 'zod';

/** What is needed of a tokenizer; `src/models/tokenizer.ts` has it. */
export interface WordVocabulary {
  /** The id of a word that is one token, tried with a space before it and without. */
  wordToken(word: string): number | undefined;
  /** The pieces that a word is split into. */
  pieces(word: string): string[];
}

export interface LabelWord {
  label: string;
  word: string;
  token: number;
}

export interface VerbalizerProblem {
  label: string;
  message: string;
  /** Words that would do. */
  suggestions: string[];
}

/** label → label word, whatever labels are called: an own property each, also where it is `__proto__`, which zod's records leave out. */
export const labelWordsSchema = z
  .custom<Record<string, string>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'must be label words by label',
  )
  .superRefine((words, context) => {
    for (const [label, word] of Object.entries(words))
      if (typeof word !== 'string') context.addIssue({ code: 'custom', message: 'must be text', path: [label] });
  });

/** Everything that is wrong at once, so that a person need not find it piece by piece. */
export class VerbalizerError extends Error {
  override readonly name = 'VerbalizerError';

  constructor(readonly problems: VerbalizerProblem[]) {
    super(problems.map(({ message }) => message).join('\n'));
  }
}

/**
 * The label words in the order of `labels`. Entries of `words` for other labels are of no concern.
 * @throws VerbalizerError where a label has no word, a word is not one token, or two labels share a word.
 */
export function resolveVerbalizer(
  labels: readonly string[],
  words: Readonly<Record<string, string>>,
  vocabulary: WordVocabulary,
): LabelWord[] {
  const problems: VerbalizerProblem[] = [];
  const resolved: LabelWord[] = [];
  const typed = (label: string) => (Object.hasOwn(words, label) ? words[label]!.trim() : '');
  /** One token each, and no other label's. */
  const wordsFor = (label: string, also: readonly string[] = []) => {
    const others = labels.filter((other) => other !== label).map((other) => vocabulary.wordToken(typed(other)));
    const free = [...also, ...candidates(label)].filter((word) => {
      const token = vocabulary.wordToken(word);
      return token !== undefined && !others.includes(token);
    });
    return [...new Set(free)];
  };
  for (const label of labels) {
    const word = typed(label);
    const token = word === '' ? undefined : vocabulary.wordToken(word);
    const rival = resolved.find((other) => other.token === token);
    if (word === '') {
      const suggestions = wordsFor(label);
      problems.push({ label, suggestions, message: `The label “${label}” has no label word.${hint(suggestions)}` });
    } else if (token === undefined) {
      const pieces = vocabulary.pieces(word).map((piece) => `“${piece}”`);
      const suggestions = wordsFor(label, partsOf(word));
      const message = `“${word}”, the word for “${label}”, is not known to the model in one piece: it reads ${pieces.join(' + ')}.`;
      problems.push({ label, suggestions, message: message + hint(suggestions) });
    } else if (rival) {
      const suggestions = wordsFor(label);
      const message = `The labels “${rival.label}” and “${label}” have the same word, “${word}”: the model could not tell them apart.`;
      problems.push({ label, suggestions, message: message + hint(suggestions) });
    } else {
      resolved.push({ label, word, token });
    }
  }
  if (problems.length > 0) throw new VerbalizerError(problems);
  return resolved;
}

/**
 * A word for every label that one can be thought of for: words that rise where the labels are grades, words for common labels, or the
 * label itself and what its name is made of; never another word that is merely spelt alike. All are single tokens, and all different.
 */
export function suggestWords(labels: readonly string[], vocabulary: WordVocabulary): Map<string, string> {
  const taken = new Set<number>();
  const words = new Map<string, string>();
  const rising = gradeWords(labels);
  for (const label of labels) {
    const word = (rising?.get(label) ?? candidates(label)).find((candidate) => {
      const token = vocabulary.wordToken(candidate);
      return token !== undefined && !taken.has(token);
    });
    if (word === undefined) continue;
    taken.add(vocabulary.wordToken(word)!);
    words.set(label, word);
  }
  return words;
}

/** What people call their labels → words that complete "It was …", the most natural first. */
const COMMON: [labels: string[], words: string[]][] = [
  [
    ['positive', 'pos', 'good', 'happy', 'satisfied', '1'],
    ['great', 'good', 'wonderful', 'positive', 'happy'],
  ],
  [
    ['negative', 'neg', 'bad', 'unhappy', 'unsatisfied', 'dissatisfied', '0', '-1'],
    ['terrible', 'bad', 'awful', 'negative', 'sad'],
  ],
  [
    ['neutral', 'mixed'],
    ['okay', 'fine', 'average', 'neutral'],
  ],
  [
    ['yes', 'y', 'true', 't'],
    ['yes', 'Yes', 'true', 'right'],
  ],
  [
    ['no', 'n', 'false', 'f'],
    ['no', 'No', 'false', 'wrong'],
  ],
  [
    ['urgent', 'emergency', 'high', 'critical'],
    ['urgent', 'serious', 'critical', 'emergency', 'high'],
  ],
  [
    ['routine', 'non-urgent', 'not urgent', 'low', 'normal'],
    ['routine', 'normal', 'regular', 'simple', 'low'],
  ],
  [
    ['spam', 'junk', 'phishing'],
    ['spam', 'junk', 'bad'],
  ],
  [
    ['ham', 'not spam', 'legitimate'],
    ['fine', 'real', 'good'],
  ],
  [
    ['toxic', 'abusive', 'hate', 'offensive'],
    ['rude', 'bad', 'toxic'],
  ],
  [
    ['non-toxic', 'not toxic', 'clean'],
    ['polite', 'fine', 'clean'],
  ],
  [
    ['relevant', 'related'],
    ['relevant', 'useful', 'yes'],
  ],
  [
    ['irrelevant', 'unrelated', 'not relevant'],
    ['irrelevant', 'useless', 'no'],
  ],
];

function candidates(label: string): string[] {
  const name = label.trim().toLowerCase().replaceAll('_', ' ');
  const common = COMMON.find(([labels]) => labels.includes(name))?.[1] ?? [];
  const own = [name, label.trim(), ...partsOf(name)].filter((word) => word !== '');
  return [...new Set([...common, ...own])];
}

const partsOf = (name: string): string[] => name.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');

/** From the worst to the best, several for each. */
const GRADES = [
  ['terrible', 'awful', 'horrible'],
  ['bad', 'poor'],
  ['okay', 'fine', 'average', 'fair'],
  ['good', 'nice'],
  ['great', 'excellent', 'wonderful', 'perfect'],
];
/** Which of them so many grades take. */
const GRADES_OF: Readonly<Record<number, readonly number[]>> = {
  2: [0, 4],
  3: [0, 2, 4],
  4: [0, 1, 3, 4],
  5: [0, 1, 2, 3, 4],
};

/** Words by label where all labels are grades: 1 to 5, “2 stars”, ★★★. */
function gradeWords(labels: readonly string[]): ReadonlyMap<string, readonly string[]> | undefined {
  const grades = labels.map(gradeOf);
  const places = GRADES_OF[labels.length];
  if (!places || grades.includes(undefined) || new Set(grades).size < grades.length) return undefined;
  const order = [...labels.keys()].sort((a, b) => grades[a]! - grades[b]!);
  return new Map(order.map((at, place) => [labels[at]!, GRADES[places[place]!]!]));
}

function gradeOf(label: string): number | undefined {
  const name = label.trim().toLowerCase();
  if (/^(★|⭐)+$/u.test(name)) return [...name].length;
  const number = /^(-?\d+(?:[.,]0+)?)(?:\s*(?:stars?|points?|★|⭐|\/\s*\d+))?$/u.exec(name)?.[1];
  return number === undefined ? undefined : Number(number.replace(',', '.'));
}

const hint = (suggestions: string[]): string =>
  suggestions.length > 0 ? ` Try ${suggestions.map((w) => `“${w}”`).join(', ')}.` : ' Choose a common word.';
