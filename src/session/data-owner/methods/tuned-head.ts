/** A head that was learned: how texts are labelled with it, and the file that a person saves. */
import { createEncoder } from '../../../models/encode';
import { type Features, type Head, headLogits, unitLength } from '../../../tuning/head';
import { exportHead, importHead } from '../../../tuning/head-file';
import { softmax } from '../../../tuning/objective';
import { refuseOther } from '../../../tuning/saved';
import type { Result } from '../../messages';
import { RunPlans } from '../../run';
import { type OfferedModel, savedFor } from '../handshake';
import type { Reading } from '../passes';
import type { Tuned } from './method';

/** All of a sentence's vector is opened. */
export const headReading = ({ config }: OfferedModel, tokens: number): Reading => ({
  plans: new RunPlans(config, { tokens, answer: 0, columns: 0, deep: false }),
});

/** What a head is fitted to: where a text's vector points. */
export const featuresOf = (answer: Float64Array): Features => ({ values: unitLength(answer) });

export const tunedHead = (run: Pick<Tuned, 'labels' | 'encode' | 'reading'>, head: Head): Tuned => ({
  labels: run.labels,
  encode: run.encode,
  reading: run.reading,
  probabilities: (answer) => softmax(headLogits(head, featuresOf(answer))),
});

/** head.safetensors */
export function headFile(
  model: OfferedModel,
  { labels, tokens }: { labels: string[]; tokens: number },
  head: Head,
  notes: Record<string, string>,
): Result['file'] {
  return { name: 'head.safetensors', bytes: exportHead({ ...savedFor(model), head, labels, tokens, notes }) };
}

/** Throws Error for a file that is no head, or of another model. */
export function loadHead(model: OfferedModel, file: Uint8Array): Tuned {
  const { config, tokenizer } = model;
  const { head, labels, tokens, ...saved } = importHead(file);
  refuseOther(saved, savedFor(model));
  if (head.width !== config.hidden_size)
    throw new Error('This file is not a head of this model: it is of another size.');
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens: 0 });
  return tunedHead({ labels, encode, reading: headReading(model, tokens) }, head);
}
