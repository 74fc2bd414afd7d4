// How good a model is at what it is for: naming the opinion of a text in the answer slot, without any tuning.

import { architectureOf } from '../../src/models/architectures';
import type { ModelConfig } from '../../src/models/config';
import type { NamedTensors } from '../../src/models/tensors';
import { FastModel } from '../evaluate/model';
import { ANSWER_INDEX, FRAME, PROMPT_LENGTH } from './examples';
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
  /** The label words, positive and negative. */
  pair: [string, string];
  accuracy: number;
  /** With the threshold between the two words set so that half the texts are positive. */
  balanced: number;
}

/** Zero-shot accuracy of every pair of label words [positive, negative]. Needs `startJax`. */
export async function opinionAccuracy(
  config: ModelConfig,
  weights: NamedTensors,
  encoder: Encoder,
  texts: Labelled[],
  prompt: string,
  pairs: [string, string][],
): Promise<Score[]> {
  const longest = architectureOf(config).longestSequence(config);
  const model = await FastModel.load(
    config,
    weights,
    pairs.flat().map((word) => encoder.single(word)),
  );
  const encoded = texts.map(({ text }) => {
    const sequence = prompted(encoder, prompt, text, longest);
    const ids = new Int32Array(longest).fill(config.pad_token_id);
    ids.set(sequence);
    const { length } = sequence;
    return { ids, length, textTokens: text.length, textUsed: length - FRAME, truncated: text.length > length - FRAME };
  });
  // The prompt is in words: there are no slots to fill.
  const rows = model.logits(encoded, [], PROMPT_LENGTH);
  model.dispose();
  return pairs.map((pair, i) => {
    const margin = rows.map((logits) => logits[2 * i]! - logits[2 * i + 1]!);
    const share = (threshold: number) =>
      margin.filter((m, t) => m > threshold === texts[t]!.positive).length / texts.length;
    const negatives = texts.filter((t) => !t.positive).length;
    const threshold = [...margin].sort((a, b) => a - b)[Math.min(negatives, margin.length - 1)]!;
    return { pair, accuracy: share(0), balanced: share(threshold - 1e-9) };
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
        range[0] = Math.min(range[0], values[i]!);
        range[1] = Math.max(range[1], values[i]!);
      }
      ranges.set(name, range);
    };
    forward(config, weights, ids, ids.length, note).logits(ANSWER_INDEX, []);
  }
  return ranges;
}
