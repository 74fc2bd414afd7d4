/** A head that was learned, as the file that a person saves: all that is needed to label texts by the same model again. */
import { z } from 'zod';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../models/safetensors';
import type { NamedTensors } from '../models/tensors';
import type { Head } from './head';
import { countOf, jsonOf, type SavedFor, savedMetadata, wordsOf } from './saved';

export interface SavedHead extends SavedFor {
  head: Head;
  /** In the order of the classes. */
  labels: string[];
  /** Padded length of the texts that it was fitted to. */
  tokens: number;
  /** What it was fitted to: a sentence encoder's vectors; a language model's states, or the label words' logits. */
  reading: 'vector' | 'state' | 'words';
  /** What stands before every text of a language model. */
  prompt?: {
    /** [layers · tokens, hidden] */
    values: Float32Array;
    /** Slots in a text's sequence. */
    tokens: number;
    hidden: number;
    /** Layers that it is for: 1, or with deep prompts all. */
    layers: number;
  };
  /** label → label word, where they are read. */
  labelWords?: Record<string, string>;
  /** Whatever else is worth keeping: accuracy, settings. */
  notes?: Record<string, string>;
}

const METADATA = savedMetadata('secfwt-head', {
  labels: jsonOf(z.array(z.string()).min(2)),
  padded_tokens: countOf,
  // Files of before there was another reading do not say.
  reading: z.enum(['vector', 'state', 'words']).default('vector'),
  prompt_layers: countOf.optional(),
  words: wordsOf.optional(),
});

/**
 * A safetensors file with `weights` [classes, width] and `bias` [classes] in F32, and for a language model `prompt` [layers · tokens, hidden].
 * Features: a vector scaled to length 1, a state over √hidden, or label words' logits less their mean.
 */
export function exportHead(saved: SavedHead): Uint8Array<ArrayBuffer> {
  const { head, labels, tokens, reading, prompt, labelWords, notes } = saved;
  const { classes, width, weights, bias } = head;
  const tensors: NamedTensors = new Map([
    ['weights', { shape: [classes, width], data: Float32Array.from(weights) }],
    ['bias', { shape: [classes], data: Float32Array.from(bias) }],
  ]);
  if (prompt) tensors.set('prompt', { shape: [prompt.layers * prompt.tokens, prompt.hidden], data: prompt.values });
  const own = METADATA.write(saved, {
    labels: JSON.stringify(labels),
    padded_tokens: String(tokens),
    reading,
    prompt_layers: prompt && String(prompt.layers),
    words: labelWords && JSON.stringify(labelWords),
  });
  return writeSafetensors(tensors, { dtype: 'F32', metadata: { ...notes, ...own } });
}

/** @throws Error for anything that `exportHead` did not write. */
export function importHead(bytes: Uint8Array): SavedHead {
  const {
    labels,
    padded_tokens,
    reading,
    prompt_layers,
    words,
    model,
    digest,
    format: _,
    version: __,
    ...notes
  } = METADATA.read(readSafetensorsMetadata(bytes), 'a saved head');
  const tensors = readSafetensors(bytes);
  const [weights, bias, prompt] = ['weights', 'bias', 'prompt'].map((name) => tensors.get(name));
  const classes = labels.length;
  const width = weights?.shape[1] ?? 0;
  const fits = weights?.shape.length === 2 && weights.shape[0] === classes && bias?.shape.join() === String(classes);
  if (!fits || width === 0)
    throw new Error(
      `This file is not a saved head: it needs tensors weights [${classes}, width] and bias [${classes}].`,
    );
  const [rows = 0, hidden = 0] = prompt?.shape ?? [];
  if (
    (prompt === undefined) !== (prompt_layers === undefined) ||
    (prompt && (prompt.shape.length !== 2 || hidden === 0))
  )
    throw new Error('This file is not a saved head: its prompt is not what it says.');
  const slots = rows / (prompt_layers ?? 1);
  if (prompt && !(Number.isInteger(slots) && slots > 0))
    throw new Error(`This file is not a saved head: it needs a tensor prompt [${prompt_layers} · tokens, hidden].`);
  if (![weights, bias, prompt].every((tensor) => tensor?.data.every(Number.isFinite) ?? true))
    throw new Error('This file is not a saved head: some of its numbers are none.');
  return {
    head: { classes, width, weights: Float64Array.from(weights.data), bias: Float64Array.from(bias!.data) },
    labels,
    tokens: padded_tokens,
    reading,
    prompt: prompt && { values: prompt.data, tokens: slots, hidden, layers: prompt_layers! },
    labelWords: words,
    model,
    digest,
    notes: notes as Record<string, string>,
  };
}
