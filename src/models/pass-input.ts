/** The data owner's input of a pass: texts embedded under their prompts, and which tokens are no padding. */
import type { ModelConfig } from './config';
import type { Embedding } from './embedding';
import { type EncodedText, PROMPT_SLOT } from './encode';

export interface EncoderInput {
  /**
   * By the graph's names (architecture.ts): `embedded`, `counted` (`kept` as numbers), `pooling` [sequences, tokens] where a mean is taken,
   * and, for deep prompts, `layer.i.prompt`, [sequences, tokens, hidden] each.
   */
  inputs: Record<string, Float64Array>;
  /** Zeros and ones [sequences, tokens]: tokens that are no padding, and of those the first, the last, and all others. */
  masks: Record<'kept' | 'first' | 'last' | 'inner', Uint8Array>;
}

/**
 * `prompts` has one [slots · hidden] a text, or for deep prompts one [layers · slots · hidden]; undefined where the texts have no
 * slots.
 */
export function encoderInput(
  { hidden_size: d, task, pooling, attention }: ModelConfig,
  embedding: Embedding,
  texts: readonly EncodedText[],
  prompts: readonly (Float32Array | undefined)[],
): EncoderInput {
  const tokens = texts[0]!.ids.length;
  const width = tokens * d;
  const embedded = new Float64Array(texts.length * width);
  // Exact attention wants rows of padding to be zeros; random features are masked, and calibrated with the token that pads.
  for (const [i, { ids, length }] of texts.entries())
    embedding.write(attention === 'softmax' ? ids.subarray(0, length) : ids, prompts[i], embedded, i * width);
  const masks = tokenKinds(
    texts.map(({ length }) => length),
    tokens,
  );
  const { kept } = masks;
  const inputs: Record<string, Float64Array> = { embedded, counted: Float64Array.from(kept) };
  if (task === 'embedding' && pooling === 'mean') {
    inputs.pooling = Float64Array.from(kept, (keep, i) => keep / texts[Math.floor(i / tokens)]!.length);
  }
  for (let layer = 1; layer < promptLayers(texts[0]!, prompts[0], d); layer++) {
    const values = new Float64Array(texts.length * width);
    for (const [i, text] of texts.entries()) {
      let from = layer * slotsOf(text) * d;
      for (const [t, id] of text.ids.entries()) {
        if (id !== PROMPT_SLOT) continue;
        values.set(prompts[i]!.subarray(from, from + d), i * width + t * d);
        from += d;
      }
    }
    inputs[`layer.${layer}.prompt`] = values;
  }
  return { inputs, masks };
}

/** Which tokens of texts of these lengths, padded to one, are of which kind. */
export function tokenKinds(lengths: readonly number[], tokens: number): EncoderInput['masks'] {
  const none = () => new Uint8Array(lengths.length * tokens);
  const masks = { kept: none(), first: none(), last: none(), inner: none() };
  for (const [i, length] of lengths.entries()) {
    const at = i * tokens;
    masks.kept.fill(1, at, at + length);
    masks.first[at] = 1;
    masks.inner.fill(1, at + 1, at + length - 1);
    masks.last[at + length - 1] = 1;
  }
  return masks;
}

const slotsOf = (text: EncodedText) => text.ids.filter((id) => id === PROMPT_SLOT).length;

/** How many layers a prompt is for. */
export function promptLayers(text: EncodedText, prompt: Float32Array | undefined, hidden: number): number {
  const slots = slotsOf(text);
  return prompt && slots > 0 ? prompt.length / (hidden * slots) : 1;
}
