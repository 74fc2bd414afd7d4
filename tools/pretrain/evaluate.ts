// How good a model is at what it is for: naming the opinion of a text in the answer slot, without any tuning.
import type { ModelConfig } from '../../src/models/config';
import { ANSWER_INDEX, FRAME } from './examples';
import { forward, type Weights } from './reference';
import { BOS, type Encoder, EOS, MASK } from './tokenizer';

export interface Labelled {
  text: number[];
  positive: boolean;
}

export function prompted(encoder: Encoder, prompt: string, text: number[], longest: number): number[] {
  return [BOS, ...encoder.encode(prompt), MASK, encoder.single('.'), ...text.slice(0, longest - FRAME), EOS];
}

export interface Score {
  accuracy: number;
  /** With the threshold between the two words set so that half the texts are positive. */
  balanced: number;
}

/** Zero-shot accuracy of every pair of label words [positive, negative]. */
export function opinionAccuracy(
  config: ModelConfig,
  weights: Weights,
  encoder: Encoder,
  texts: Labelled[],
  prompt: string,
  pairs: [string, string][],
): Score[] {
  const longest = config.max_position_embeddings - config.pad_token_id - 1;
  const tokens = pairs.flat().map((word) => encoder.single(word));
  const margins = pairs.map(() => [] as number[]);
  for (const { text } of texts) {
    const logits = forward(config, weights, prompted(encoder, prompt, text, longest)).logits(ANSWER_INDEX, tokens);
    pairs.forEach((_, i) => {
      margins[i].push(logits[2 * i] - logits[2 * i + 1]);
    });
  }
  return margins.map((margin) => {
    const share = (threshold: number) =>
      margin.filter((m, i) => m > threshold === texts[i].positive).length / texts.length;
    const negatives = texts.filter((t) => !t.positive).length;
    const threshold = [...margin].sort((a, b) => a - b)[Math.min(negatives, margin.length - 1)];
    return { accuracy: share(0), balanced: share(threshold - 1e-9) };
  });
}

/** Smallest and largest of every watched value over these sequences: what the penalties of training hold in range. */
export function measureRanges(
  config: ModelConfig,
  weights: Weights,
  sequences: number[][],
): Map<string, [number, number]> {
  const ranges = new Map<string, [number, number]>();
  for (const ids of sequences) {
    const note = (name: string, values: ArrayLike<number>) => {
      const range = ranges.get(name) ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = 0; i < values.length; i++) {
        range[0] = Math.min(range[0], values[i]);
        range[1] = Math.max(range[1], values[i]);
      }
      ranges.set(name, range);
    };
    forward(config, weights, ids, ids.length, note).logits(ANSWER_INDEX, []);
  }
  return ranges;
}
