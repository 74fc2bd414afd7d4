/** A head that was learned, as the file that a person saves: all that is needed to label texts by the same model again. */
import { z } from 'zod';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../models/safetensors';
import type { Head } from './head';
import { countOf, jsonOf, type SavedFor, savedMetadata } from './saved';

export interface SavedHead extends SavedFor {
  head: Head;
  /** In the order of the classes. */
  labels: string[];
  /** Padded length of the texts that it was fitted to. */
  tokens: number;
  /** Whatever else is worth keeping: accuracy, settings. */
  notes?: Record<string, string>;
}

const METADATA = savedMetadata('secfwt-head', {
  labels: jsonOf(z.array(z.string()).min(2)),
  padded_tokens: countOf,
});

/** A safetensors file with `weights` [classes, width] and `bias` [classes] in F32. Features are to be scaled to length 1. */
export function exportHead({ head, labels, tokens, notes, ...saved }: SavedHead): Uint8Array<ArrayBuffer> {
  const { classes, width, weights, bias } = head;
  const tensors = new Map([
    ['weights', { shape: [classes, width], data: Float32Array.from(weights) }],
    ['bias', { shape: [classes], data: Float32Array.from(bias) }],
  ]);
  const own = METADATA.write(saved, { labels: JSON.stringify(labels), padded_tokens: String(tokens) });
  return writeSafetensors(tensors, { dtype: 'F32', metadata: { ...notes, ...own } });
}

/** @throws Error for anything that `exportHead` did not write. */
export function importHead(bytes: Uint8Array): SavedHead {
  const {
    labels,
    padded_tokens,
    model,
    digest,
    format: _,
    version: __,
    ...notes
  } = METADATA.read(readSafetensorsMetadata(bytes), 'a saved head');
  const tensors = readSafetensors(bytes);
  const [weights, bias] = [tensors.get('weights'), tensors.get('bias')];
  const classes = labels.length;
  const width = weights?.shape[1] ?? 0;
  const fits = weights?.shape.length === 2 && weights.shape[0] === classes && bias?.shape.join() === String(classes);
  if (!fits || width === 0)
    throw new Error(
      `This file is not a saved head: it needs tensors weights [${classes}, width] and bias [${classes}].`,
    );
  if (![...weights.data, ...bias!.data].every(Number.isFinite))
    throw new Error('This file is not a saved head: some of its numbers are none.');
  return {
    head: { classes, width, weights: Float64Array.from(weights.data), bias: Float64Array.from(bias!.data) },
    labels,
    tokens: padded_tokens,
    model,
    digest,
    notes: notes as Record<string, string>,
  };
}
