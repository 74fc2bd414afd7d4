/** What was opened of a run's examples, as a file: it was paid for once, and other things can be learned from it. */
import { z } from 'zod';
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../../models/safetensors';
import { jsonOf, type SavedFor, savedMetadata } from '../../tuning/saved';
import type { Data } from './data';

/** Of one example. */
export interface Answer {
  /** Which of the data owner's two files it stands in. */
  file: 'training' | 'evaluation';
  /** As a spreadsheet counts. */
  row: number;
  /** Label-word logits, or a sentence's vector as it was opened. */
  values: Float32Array;
}

const placeSchema = z.tuple([z.enum(['training', 'evaluation']), z.number().int().positive()]);

const METADATA = savedMetadata('secfwt-answers', { rows: jsonOf(z.array(placeSchema)) });

/** answers.safetensors: `answers` [examples, width] in F32, and in the metadata where each of the examples stands. */
export function exportAnswers(
  saved: SavedFor,
  { rows, evaluationFrom = rows.length }: Pick<Data, 'rows' | 'evaluationFrom'>,
  answers: ReadonlyMap<number, Float64Array>,
): Uint8Array<ArrayBuffer> {
  const all = [...answers.values()];
  const width = all[0]?.length ?? 0;
  const data = new Float32Array(all.length * width);
  for (const [i, values] of all.entries()) data.set(values, i * width);
  const places = [...answers.keys()].map((i) => [i < evaluationFrom ? 'training' : 'evaluation', rows[i]]);
  return writeSafetensors(new Map([['answers', { shape: [all.length, width], data }]]), {
    dtype: 'F32',
    metadata: METADATA.write(saved, { rows: JSON.stringify(places) }),
  });
}

/** @throws Error for anything that `exportAnswers` did not write. */
export function importAnswers(bytes: Uint8Array): SavedFor & { answers: Answer[] } {
  const { model, digest, rows } = METADATA.read(readSafetensorsMetadata(bytes), 'one of opened answers');
  const tensor = readSafetensors(bytes).get('answers');
  if (tensor?.shape.length !== 2 || tensor.shape[0] !== rows.length)
    throw new Error(`This file is not one of opened answers: it has no tensor answers [${rows.length}, width].`);
  const width = tensor.shape[1] ?? 0;
  const answers = rows.map(([file, row], i) => ({ file, row, values: tensor.data.slice(i * width, (i + 1) * width) }));
  return { model, digest, answers };
}
