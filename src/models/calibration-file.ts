/**
 * What calibration finds out, in two files beside a model's own:
 *
 *   calibration.json          ranges, gates and groups: what the data owner is told
 *   calibration.safetensors   shifts and orders: as private as the weights; not there for random features
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { size } from '../graph/shape';
import type { ByteSource } from './byte-source';
import { type CalibratedConfig, calibrationFields } from './config';
import { readJson, refusalsOf } from './json-file';
import { openSafetensors, writeSafetensors } from './safetensors';
import type { NamedTensors, TensorSource } from './tensors';

export const CALIBRATION = 'calibration.json';
export const PRIVATE_CALIBRATION = 'calibration.safetensors';

/** The files of a calibration that was kept. */
export interface CalibrationFiles {
  /** calibration.json */
  json: string;
  /** calibration.safetensors */
  tensors?: ByteSource;
}

/** With what is computed, or on how long texts, what calibrates it changes. */
const VERSION = 6;
/** Whose calibrations mean the same here: it knew no scores nearby. */
const BEFORE = 5;

const schema = calibrationFields.required({ ranges: true, gates: true }).extend({
  version: z.literal([BEFORE, VERSION], {
    error: 'it is of another version of this program: calibrate the model again',
  }),
  /** Of the weights that it was measured with. */
  fingerprint: z.string(),
});

/** Both files' contents; the second is undefined where there is nothing private. `source`: the weights as they are stored. */
export async function writeCalibration(
  { ranges, gates, groups }: CalibratedConfig,
  tensors: NamedTensors,
  source: TensorSource,
): Promise<{ json: string; tensors: Uint8Array<ArrayBuffer> | undefined }> {
  const kept = { version: VERSION, fingerprint: await fingerprintOf(source), ranges, gates, groups };
  return {
    json: `${JSON.stringify(kept)}\n`,
    tensors: tensors.size > 0 ? writeSafetensors(tensors, { dtype: 'F32' }) : undefined,
  };
}

/** Reads a calibration of these weights. Throws, naming the file, for one of others, or one that is half there. */
export async function readCalibration(
  { json, tensors }: CalibrationFiles,
  source: TensorSource,
): Promise<{ fields: CalibratedConfig; tensors: TensorSource | undefined }> {
  const { version: _, fingerprint, ...fields } = readJson(json, schema, refusalsOf(CALIBRATION));
  if (fingerprint !== (await fingerprintOf(source)))
    throw new Error(`${CALIBRATION} is of other weights: leave it away, and the model is calibrated again`);
  if (fields.groups && !tensors)
    throw new Error(`${CALIBRATION} goes with ${PRIVATE_CALIBRATION}, which is missing: choose both or neither`);
  return { fields, tensors: tensors && (await openSafetensors(tensors)) };
}

/** SHA-256 of all names and shapes, and of the values of vectors, in hexadecimal: little to read, and different for other weights. */
export async function fingerprintOf(source: TensorSource): Promise<string> {
  const hash = sha256.create();
  for (const [name, { shape }] of [...source.header].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(utf8ToBytes(JSON.stringify([name, shape])));
    if (shape.length !== 1 || size(shape) === 0) continue;
    const values = await source.read(name).catch(() => undefined);
    if (values) hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return bytesToHex(hash.digest());
}
