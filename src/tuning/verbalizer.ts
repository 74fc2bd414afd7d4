/**
 * Label → label word → token id. The model answers at one position with one token, so a label's word has to be one token.
 */

/** What is needed of a tokenizer; `src/models/tokenizer.ts` has it. */
export interface WordVocabulary {
  /** The id of a word that is one token, tried with a space before it and without. */
  wordToken(word: string): number | undefined;
  /** The pieces that a word is split into. */
  pieces(word: string): string[];
  /** Words that are one token with a space before them. */
  singleTokenWords(): readonly string[];
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
  for (const label of labels) {
    const word = Object.hasOwn(words, label) ? words[label]!.trim() : '';
    const token = word === '' ? undefined : vocabulary.wordToken(word);
    const rival = resolved.find((other) => other.token === token);
    if (word === '') {
      const suggestions = candidates(label).filter((known) => vocabulary.wordToken(known) !== undefined);
      problems.push({ label, suggestions, message: `The label “${label}” has no label word.${hint(suggestions)}` });
    } else if (token === undefined) {
      const pieces = vocabulary.pieces(word).map((piece) => `“${piece}”`);
      const suggestions = nearest(word, vocabulary.singleTokenWords());
      const message = `“${word}”, the word for “${label}”, is not one token: the model splits it into ${pieces.join(' + ')}.`;
      problems.push({ label, suggestions, message: message + hint(suggestions) });
    } else if (rival) {
      const suggestions = candidates(label).filter(
        (known) => ![undefined, token].includes(vocabulary.wordToken(known)),
      );
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
 * A word for every label that one can be thought of for: words for common labels, or the label itself. All are single tokens,
 * and all different.
 */
export function suggestWords(labels: readonly string[], vocabulary: WordVocabulary): Record<string, string> {
  const taken = new Set<number>();
  const words: [string, string][] = [];
  for (const label of labels) {
    const word = candidates(label).find((candidate) => {
      const token = vocabulary.wordToken(candidate);
      return token !== undefined && !taken.has(token);
    });
    if (word === undefined) continue;
    taken.add(vocabulary.wordToken(word)!);
    words.push([label, word]);
  }
  return Object.fromEntries(words);
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
  const own = [name, label.trim(), ...name.split(/[^\p{L}\p{N}]+/u)].filter((word) => word !== '');
  return [...new Set([...common, ...own])];
}

/** Words that share the longest beginning with this one; of equals, those closest in length. */
function nearest(word: string, words: readonly string[], count = 4): string[] {
  const wanted = word.toLowerCase();
  const common = (other: string) => {
    let n = 0;
    while (n < wanted.length && wanted[n] === other[n]?.toLowerCase()) n++;
    return n;
  };
  const distance = (other: string) => Math.abs(other.length - wanted.length);
  return words
    .map((other) => ({ other, shared: common(other) }))
    .filter(({ shared }) => shared >= 2)
    .sort((a, b) => b.shared - a.shared || distance(a.other) - distance(b.other) || (a.other < b.other ? -1 : 1))
    .slice(0, count)
    .map(({ other }) => other);
}

const hint = (suggestions: string[]) =>
  suggestions.length > 0 ? ` Try ${suggestions.map((w) => `“${w}”`).join(', ')}.` : '';
