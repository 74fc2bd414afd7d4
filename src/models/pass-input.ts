/** The data owner's input of a pass: texts embedded under their prompts, and which tokens are no padding. */
import { isMeanPooled, type ModelConfig } from './config';
import type { Embedding } from './embedding';
import { type EncodedText, type Padding, PROMPT_SLOT, paddingOf, placesOf } from './encode';

export interface EncoderInput {
  /**
   * By the graph's names (architecture.ts): `embedded`, `counted` (`kept` as numbers), `offsets` (see `offsetsOf`), `pooling` [sequences,
   * tokens] where a mean is taken, and, for deep prompts, `layer.i.prompt`, [sequences, tokens, hidden] each.
   */
  inputs: Record<string, Float64Array>;
  /**
   * Zeros and ones [sequences, tokens]: tokens that are no padding, and of those the first, the last, and all others. `kept.texts`: of texts' rows alone, where
   * prompts are given apart.
   */
  masks: Record<'kept' | 'first' | 'last' | 'inner', Uint8Array> & { 'kept.texts'?: Uint8Array };
}

/**
 * `prompts` has one [slots · hidden] a text, or for deep prompts one [layers · slots · hidden]; undefined where the texts have no
 * slots.
 */
export function encoderInput(
  config: ModelConfig,
  embedding: Embedding,
  texts: readonly EncodedText[],
  prompts: readonly (Float32Array | undefined)[],
): EncoderInput {
  const { hidden_size: d, task, attention } = config;
  const tokens = texts[0]!.ids.length;
  const padding = paddingOf(config);
  const width = tokens * d;
  const embedded = new Float64Array(texts.length * width);
  // Exact attention wants rows of padding to be zeros; random features are masked, and calibrated with the token that pads.
  for (const [i, { ids, length }] of texts.entries()) {
    const places = attention === 'softmax' ? placesOf(padding, tokens, length) : undefined;
    embedding.write(ids, prompts[i], embedded, i * width, places);
  }
  const masks = tokenKinds(
    texts.map(({ length }) => length),
    tokens,
    padding,
  );
  const { kept } = masks;
  const inputs: Record<string, Float64Array> = {
    embedded,
    counted: Float64Array.from(kept),
    offsets: offsetsOf(kept, tokens, task === 'causal-lm'),
  };
  if (isMeanPooled(config)) {
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

/**
 * [tokens, sequences]: less the logarithm of how many tokens that are no padding a token sees: those of its sequence, or of a causal model's
 * those up to it. `kept`: [sequences, tokens].
 */
export function offsetsOf(kept: ArrayLike<number>, tokens: number, isCausal: boolean): Float64Array {
  const sequences = kept.length / tokens;
  const offsets = new Float64Array(kept.length);
  for (let b = 0; b < sequences; b++) {
    let seen = 0;
    for (let t = 0; t < tokens; t++) {
      seen += kept[b * tokens + t]!;
      offsets[t * sequences + b] = -Math.log(Math.max(1, seen));
    }
    if (!isCausal) for (let t = 0; t < tokens; t++) offsets[t * sequences + b] = -Math.log(seen);
  }
  return offsets;
}

/** Which tokens of texts of these lengths, padded to one, are of which kind. A text's only token is its first. */
export function tokenKinds(
  lengths: readonly number[],
  tokens: number,
  padding: Padding = 'after the text',
): EncoderInput['masks'] {
  const none = () => new Uint8Array(lengths.length * tokens);
  const masks = { kept: none(), first: none(), last: none(), inner: none() };
  for (const [i, length] of lengths.entries()) {
    const places = placesOf(padding, tokens, length);
    for (const [t, place] of places.entries()) {
      const kind = t === 0 ? 'first' : t === length - 1 ? 'last' : 'inner';
      masks.kept[i * tokens + place] = 1;
      masks[kind][i * tokens + place] = 1;
    }
  }
  return masks;
}

const slotsOf = (text: EncodedText) => text.ids.filter((id) => id === PROMPT_SLOT).length;

/** How many layers a prompt is for. */
export function promptLayers(text: EncodedText, prompt: Float32Array | undefined, hidden: number): number {
  const slots = slotsOf(text);
  return prompt && slots > 0 ? prompt.length / (hidden * slots) : 1;
}
