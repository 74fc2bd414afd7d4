/** First ideas for label words, before a model is there; the worker then knows which of them its vocabulary has. */
import { suggestWords, type WordVocabulary } from '../../src/tuning/verbalizer';

const MOST_IDEAS = 4;

/** A vocabulary that takes everything made of letters to be one token, save words to leave out. */
function anyWord(except: readonly string[] = []): WordVocabulary {
  const ids = new Map<string, number>();
  return {
    wordToken: (word) => {
      if (except.includes(word) || !/^\p{L}+$/u.test(word)) return undefined;
      if (!ids.has(word)) ids.set(word, ids.size);
      return ids.get(word);
    },
    pieces: (word) => [word],
  };
}

/** A different word for every label that one can be thought of for. */
export const firstWords = (labels: readonly string[]): ReadonlyMap<string, string> => suggestWords(labels, anyWord());

/** Several for one of the labels, the most natural first: what a number means depends on the others. */
export function ideasFor(label: string, labels: readonly string[]): string[] {
  const ideas: string[] = [];
  while (ideas.length < MOST_IDEAS) {
    const idea = suggestWords(labels, anyWord(ideas)).get(label);
    if (idea === undefined) break;
    ideas.push(idea);
  }
  return ideas;
}
