// Numbers that another implementation of the network has to reproduce: hidden states and logits at the answer position.
import type { ModelConfig } from '../../src/models/config';
import { prompted } from './evaluate';
import { ANSWER_INDEX } from './examples';
import { forward, type Weights } from './reference';
import type { Encoder } from './tokenizer';

export interface ForwardFixture {
  model: string;
  answer: number;
  tokens: number[];
  sequences: {
    ids: number[];
    /** The first `kept` ids count; the rest is padding. */
    kept: number;
    /** At the answer position, after the embedding and after every layer. */
    states: number[][];
    logits: number[];
  }[];
}

const LENGTH = 24;
const TEXTS: [prompt: string, text: string][] = [
  ['overall i thought it was', 'a moving and funny film with a great cast'],
  ['in short , it was', "it's slow, it doesn't work"],
  ['this is mostly about the', 'the patient saw the doctor at the hospital on monday morning .'],
];
const WORDS = ['great', 'terrible', 'positive', 'negative', 'doctor'];

export function makeFixture(config: ModelConfig, weights: Weights, encoder: Encoder): ForwardFixture {
  const tokens = WORDS.map((word) => encoder.single(word));
  return {
    ...{ model: config.name, answer: ANSWER_INDEX, tokens },
    sequences: TEXTS.map(([prompt, text]) => {
      const ids = prompted(encoder, prompt, encoder.encode(text), LENGTH);
      const kept = ids.length;
      const padded = [...ids, ...Array<number>(LENGTH - kept).fill(config.pad_token_id)];
      const result = forward(config, weights, padded, kept);
      return {
        ids: padded,
        kept,
        states: result.states.map((s) => Array.from(s[ANSWER_INDEX]!, Math.fround)),
        logits: result.logits(ANSWER_INDEX, tokens).map(Math.fround),
      };
    }),
  };
}
