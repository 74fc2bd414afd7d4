/** `--model FOLDER` of every tool: a folder as Hugging Face lays it out, or a name of the hub's. */
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { fileBytes } from '../src/models/byte-source';
import { findModel, type NamedFile } from '../src/models/folder';
import { fetchFromHub, type HubProgress, isRepository } from '../src/models/hub';
import { type OwnModel, readModel } from '../src/models/own-model';
import { hubStore } from './hub-store';

/** A model whose files are open: `close` when no weight is read any more. */
export interface OpenFolder extends OwnModel {
  close(): Promise<void>;
}

/** Deeper than sentence-transformers' modules nothing of a model lies. */
const DEEPEST = 2;
const OF_A_MODEL = /\.(json|safetensors|bin)$/;

/** A folder, or where there is none of that name a model of the hub's. `say` is told how a download is doing. */
export async function openModelNamed(name: string, say: (progress: HubProgress) => void): Promise<OpenFolder> {
  const isFolder = await stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return openModelFolder(name);
  if (!isRepository(name)) throw new Error(`there is no folder ${name}`);
  const files = await fetchFromHub(name, { store: hubStore(), onProgress: say });
  return { ...(await readModel(await findModel(files, name))), close: async () => {} };
}

/** Throws with what is wrong, naming file, field or tensor. */
export async function openModelFolder(folder: string): Promise<OpenFolder> {
  const handles: FileHandle[] = [];
  const close = async () => {
    await Promise.all(handles.map((handle) => handle.close()));
  };
  try {
    const files: NamedFile[] = [];
    for (const path of await pathsIn(folder)) {
      const handle = await open(join(folder, path));
      handles.push(handle);
      const name = path.split(sep).join('/');
      files.push({ path: name, bytes: fileBytes(handle, (await handle.stat()).size, name) });
    }
    return { ...(await readModel(await findModel(files, basename(resolve(folder))))), close };
  } catch (error) {
    await close();
    throw new Error(`${folder}: ${(error as Error).message}`);
  }
}

async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path.split(sep).length <= DEEPEST && OF_A_MODEL.test(path) && !path.startsWith('.'));
}
