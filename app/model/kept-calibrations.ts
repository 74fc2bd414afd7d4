/**
 * Calibrations that were found in this browser, in the origin's private file system, each by the fingerprint of its weights: a model that
 * comes again, by files or from the hub, need not be calibrated again. As private as the weights, and not there where a browser keeps no
 * files.
 */
import { blobBytes } from '../../src/models/byte-source';
import {
  CALIBRATION,
  type CalibrationFiles,
  fingerprintOf,
  PRIVATE_CALIBRATION,
} from '../../src/models/calibration-file';
import type { TensorSource } from '../../src/models/tensors';
import type { KeptCalibration } from '../../src/session/messages';

async function folderOf(weights: TensorSource, create: boolean): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle('calibrations', { create });
  return all.getDirectoryHandle(await fingerprintOf(weights), { create });
}

/** Undefined where there is none. */
export async function keptCalibration(
  weights: TensorSource,
): Promise<{ files: CalibrationFiles; kept: KeptCalibration } | undefined> {
  try {
    const folder = await folderOf(weights, false);
    const fileAt = async (name: string) => (await folder.getFileHandle(name)).getFile();
    const json = await (await fileAt(CALIBRATION)).text();
    const tensors = await fileAt(PRIVATE_CALIBRATION).catch(() => undefined);
    return { files: { json, tensors: tensors && blobBytes(tensors) }, kept: { json, tensors } };
  } catch {
    return undefined;
  }
}

/** Does nothing where the browser keeps no files: the model is then calibrated again. */
export async function keepCalibration(weights: TensorSource, { json, tensors }: KeptCalibration): Promise<void> {
  try {
    const folder = await folderOf(weights, true);
    const write = async (name: string, content: string | Blob) => {
      const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await file.write(content);
      await file.close();
    };
    if (tensors) await write(PRIVATE_CALIBRATION, tensors);
    else await folder.removeEntry(PRIVATE_CALIBRATION).catch(() => undefined);
    // Last: without it the other says nothing.
    await write(CALIBRATION, json);
  } catch {
    // As it says above.
  }
}
