/** A head that was learned: how texts are labelled with it, and the file that a person saves. */
import { createEncoder } from '../../../models/encode';
import { type Head, headLogits } from '../../../tuning/head';
import { exportHead, importHead, type SavedHead } from '../../../tuning/head-file';
import { softmax } from '../../../tuning/objective';
import { refuseOther } from '../../../tuning/saved';
import { type LabelWord, resolveVerbalizer } from '../../../tuning/verbalizer';
import type { ReadingName, Result } from '../../messages';
import { type OfferedModel, offerOf, savedFor } from '../handshake';
import { type FeatureSpace, featureSpace } from './features';
import type { Tuned } from './method';

/** What a head is used with. */
export interface HeadRun extends Pick<Tuned, 'labels' | 'encode' | 'prompt'> {
  space: Pick<FeatureSpace, 'reading' | 'of'>;
}

export const tunedHead = ({ labels, encode, prompt, space }: HeadRun, head: Head): Tuned => ({
  labels,
  encode,
  prompt,
  reading: space.reading,
  probabilities: (answer) => softmax(headLogits(head, space.of(answer))),
});

export interface HeadFileOptions {
  labels: string[];
  tokens: number;
  reading: ReadingName;
  /** Stands before every text of a language model. */
  prompt?: { values: Float32Array; tokens: number };
  labelWords?: readonly LabelWord[];
  notes: Record<string, string>;
}

/** head.safetensors */
export function headFile(
  model: OfferedModel,
  head: Head,
  { labels, tokens, reading, prompt, labelWords, notes }: HeadFileOptions,
): Result['file'] {
  const { task, hidden_size: hidden } = model.config;
  const saved: SavedHead = {
    ...savedFor(model),
    ...{ head, labels, tokens, notes },
    reading: task === 'embedding' ? 'vector' : reading,
    prompt: prompt && { ...prompt, hidden, layers: prompt.values.length / (prompt.tokens * hidden) },
    labelWords: labelWords && Object.fromEntries(labelWords.map(({ label, word }) => [label, word])),
  };
  return { name: 'head.safetensors', bytes: exportHead(saved) };
}

/** Throws Error for a file that is no head, of another model, or of more numbers than its owner lets be opened. */
export function loadHead(model: OfferedModel, file: Uint8Array): Tuned {
  const { config, tokenizer } = model;
  const { head, labels, tokens, reading, prompt, labelWords, ...saved } = importHead(file);
  refuseOther(saved, savedFor(model));
  const isEncoder = config.task === 'embedding';
  const layers = prompt?.layers ?? 1;
  const fits =
    isEncoder === (reading === 'vector') &&
    isEncoder === (prompt === undefined) &&
    (prompt === undefined || prompt.hidden === config.hidden_size) &&
    [1, config.num_hidden_layers].includes(layers) &&
    head.width === (reading === 'words' ? labels.length : config.hidden_size);
  if (!fits) throw new Error('This file is not a head of this model: it is of another size.');
  const { mostOfSequence } = offerOf(model);
  if (head.width > mostOfSequence)
    throw new Error(
      `This head needs ${head.width} numbers of a text, and the model owner lets ${mostOfSequence} be opened. Ask it to offer the model anew with at least ${head.width}.`,
    );
  const promptTokens = prompt?.tokens ?? 0;
  const space = featureSpace(model, reading === 'words' ? reading : 'state', {
    ...{ tokens, promptTokens, deep: layers > 1 },
    labelWords: reading === 'words' ? resolveVerbalizer(labels, labelWords ?? {}, tokenizer) : undefined,
  });
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens });
  return tunedHead({ labels, encode, prompt: prompt?.values, space }, head);
}
