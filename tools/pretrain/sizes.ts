// The built-in models. What a secure evaluation pays for is frequencies, harmonics and width; depth costs rounds.

import { fitTrigonometric, type TrigonometricPolynomial } from '../../src/graph/fourier';
import type { ModelConfig } from '../../src/models/config';
import { BOS, EOS, MASK, PAD } from './tokenizer';

/** The longest sequence. */
export const LONGEST = 64;

export function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** Four harmonics are 0.02 off GELU on [-5, 5]; as the model learns with them, that is not an error, just its activation. */
export const activation = (): TrigonometricPolynomial =>
  fitTrigonometric(gelu, -5, 5, { period: 16, harmonics: 4 }).polynomial;

const SIZES = {
  tiny: { hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 128, num_frequencies: 16 },
  small: {
    hidden_size: 128,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    intermediate_size: 256,
    num_frequencies: 16,
  },
} as const;

/** How long each is trained, and how fast at most. */
export const TRAINING = { tiny: { steps: 14_000, rate: 0.003 }, small: { steps: 14_000, rate: 0.0025 } } as const;

export type Size = keyof typeof SIZES;

export function parseSize(name: string): Size {
  if (!(name in SIZES)) throw new Error(`no size "${name}": ${Object.keys(SIZES).join(' or ')}`);
  return name as Size;
}

export function makeConfig(size: Size, vocabulary: number): ModelConfig {
  return {
    model_type: 'roberta',
    name: size,
    task: 'masked-lm',
    pooling: 'mean',
    vocab_size: vocabulary,
    ...SIZES[size],
    max_position_embeddings: LONGEST + PAD + 1,
    type_vocab_size: 1,
    layer_norm_eps: 1e-5,
    ...{ bos_token_id: BOS, eos_token_id: EOS, pad_token_id: PAD, mask_token_id: MASK },
    attention: 'rfa',
    denominator_offset: 1,
    hidden_act: 'trigonometric',
    trigonometric: activation(),
  };
}
