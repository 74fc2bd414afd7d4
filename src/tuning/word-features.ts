/** Features that need no language model: which words and pairs of words a text has, and how rare they are among the examples (TF-IDF). */
import { type Features, unitLength } from './head';

export interface WordFeatures {
  /** Different words and pairs in the examples. */
  width: number;
  /** Of a text. What no example has is left out. */
  of(text: string): Features;
}

/** Of so many texts, what only one of them has is left out: it is most of what there is, and hardly ever comes again. */
const MANY = 500;

/** Learns the words, and how rare they are, from these texts. */
export function wordFeatures(texts: readonly string[]): WordFeatures {
  const frequency = new Map<string, number>();
  for (const text of texts)
    for (const gram of new Set(grams(text))) frequency.set(gram, (frequency.get(gram) ?? 0) + 1);
  const known = [...frequency].filter(([, count]) => count > 1 || texts.length < MANY);
  const position = new Map(known.map(([gram], at) => [gram, at]));
  const rarity = known.map(([, count]) => 1 + Math.log((1 + texts.length) / (1 + count)));
  return {
    width: position.size,
    of(text) {
      const weights = new Map<number, number>();
      for (const gram of grams(text)) {
        const at = position.get(gram);
        if (at !== undefined) weights.set(at, (weights.get(at) ?? 0) + rarity[at]!);
      }
      // Of length 1, so that long texts do not weigh more.
      return { at: Int32Array.from(weights.keys()), values: unitLength([...weights.values()]) };
    },
  };
}

function grams(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  return [...words, ...words.slice(1).map((word, i) => `${words[i]} ${word}`)];
}
