/**
 * A model's files among those of a folder, as Hugging Face lays them out, and as sentence-transformers does:
 *
 *   config.json, tokenizer.json, model.safetensors
 *   model.safetensors.index.json, model-00001-of-00003.safetensors, …    instead of one file of weights
 *   modules.json, 1_Pooling/config.json                                   of a sentence encoder
 *   calibration.json, calibration.safetensors                             if it was calibrated (calibration-file.ts)
 *
 * The files may lie in a folder of the folder's, or be a handful without one. Nothing is read here but the small ones.
 */
import { z } from 'zod';
import { type ByteSource, textOf } from './byte-source';
import { CALIBRATION, type CalibrationFiles, PRIVATE_CALIBRATION } from './calibration-file';
import type { Pooling } from './config';
import { firstIssue, readJson } from './json-file';
import type { ModelFiles } from './own-model';

export interface NamedFile {
  /** With slashes, from wherever the list begins. */
  path: string;
  bytes: ByteSource;
}

/** `ModelFiles` and which of the files are the weights, in their order. */
export interface FoundModel extends ModelFiles {
  weightPaths: string[];
}

/** What is wrong with a folder: the file, what about it, and what to do. */
export class FolderError extends Error {
  override readonly name = 'FolderError';

  constructor(
    readonly file: string,
    what: string,
    readonly remedy: string,
  ) {
    super(`${file}: ${what}. ${remedy}`);
  }
}

export const CONFIG = 'config.json';
export const TOKENIZER = 'tokenizer.json';
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
export const MODULES = 'modules.json';
export const POOLING = '1_Pooling/config.json';
/** Weights that are programs: to read them is to run what a stranger wrote. */
export const PICKLES = /(^|\/)pytorch_model(-\d+-of-\d+)?\.bin$/;

const HOW = {
  config: 'It comes with the model; download the whole folder.',
  tokenizer:
    "Make it: python -c \"from transformers import AutoTokenizer as T; T.from_pretrained('FOLDER').save_pretrained('FOLDER')\".",
  convert:
    'Convert it on your own machine (pip install torch transformers safetensors): python -c "from transformers import AutoModel as M; ' +
    "M.from_pretrained('FOLDER').save_pretrained('FOLDER', safe_serialization=True)\" (AutoModelForMaskedLM keeps a masked-LM head), or with " +
    'https://huggingface.co/spaces/safetensors/convert.',
  weights: 'Download it, or all of its parts and model.safetensors.index.json.',
  again: 'Download it again.',
};

/**
 * The one model among these files. `name`: what it is called, if its folder does not say.
 * @throws FolderError for a file that is missing, is no such file, or asks for what can't be run.
 */
export async function findModel(files: readonly NamedFile[], name?: string): Promise<FoundModel> {
  const root = rootOf(files);
  const byPath = new Map(
    files.flatMap(({ path, bytes }) => (path.startsWith(root) ? [[path.slice(root.length), bytes]] : [])),
  );
  const modules = await modulesOf(byPath);
  const at = (path: string) => byPath.get(modules.transformer + path);
  const config = at(CONFIG);
  if (!config) throw new FolderError(CONFIG, 'it is missing', HOW.config);
  const tokenizer = at(TOKENIZER) ?? byPath.get(TOKENIZER);
  const weights = await weightsOf(byPath, modules.transformer);
  if (!tokenizer) throw new FolderError(TOKENIZER, 'it is missing', HOW.tokenizer);
  const pooling = byPath.get(modules.pooling);
  for (const [path, bytes] of weights) await refusePointer(path, bytes);
  return {
    name: name ?? root.split('/').at(-2),
    config: await textOf(config),
    tokenizer: await textOf(tokenizer),
    pooling: pooling && poolingOf(modules.pooling, await textOf(pooling)),
    calibration: await calibrationOf(at),
    weights: weights.map(([, bytes]) => bytes),
    weightPaths: weights.map(([path]) => root + path),
  };
}

async function calibrationOf(at: (path: string) => ByteSource | undefined): Promise<CalibrationFiles | undefined> {
  const json = at(CALIBRATION);
  return json && { json: await textOf(json), tensors: at(PRIVATE_CALIBRATION) };
}

/** The folder, '' or with a slash at its end, that the model is in: of the shortest path to one of its files. */
function rootOf(files: readonly NamedFile[]): string {
  const roots = files.flatMap(({ path }) => {
    const slash = path.lastIndexOf('/') + 1;
    return [CONFIG, MODULES, TOKENIZER].includes(path.slice(slash)) ? [path.slice(0, slash)] : [];
  });
  const [first = '', second] = [...new Set(roots)].sort((a, b) => a.split('/').length - b.split('/').length);
  if (second !== undefined && first !== '' && second.split('/').length === first.split('/').length)
    throw new FolderError(CONFIG, `there are several, in ${first} and ${second}`, 'Choose the folder of one model.');
  return first;
}

/** sentence-transformers' list of what is done one after the other. */
const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() }));

interface Modules {
  /** The encoder's folder, '' or with a slash at its end. */
  transformer: string;
  /** The pooling's file. */
  pooling: string;
}

async function modulesOf(files: ReadonlyMap<string, ByteSource>): Promise<Modules> {
  const file = files.get(MODULES);
  if (!file) return { transformer: '', pooling: POOLING };
  return parseModules(await textOf(file));
}

/** Reads a modules.json. Throws a FolderError for a module that can't be run. */
export function parseModules(text: string): Modules {
  const modules = parsed(MODULES, text, modulesSchema);
  const found: Modules = { transformer: '', pooling: POOLING };
  for (const { path, type } of modules) {
    const kind = type.split('.').at(-1);
    if (kind === 'Transformer') found.transformer = path === '' ? '' : `${path}/`;
    else if (kind === 'Pooling') found.pooling = `${path}/${CONFIG}`;
    // The data owner normalises what it opens.
    else if (kind !== 'Normalize')
      throw new FolderError(MODULES, `${type} is not supported`, 'Transformer, Pooling and Normalize are.');
  }
  return found;
}

const poolingSchema = z.looseObject({ pooling_mode: z.string().optional() });

function poolingOf(file: string, text: string): Pooling {
  const json = parsed(file, text, poolingSchema);
  const flags = Object.entries(json).flatMap(([field, value]) => {
    const [, mode] = /^pooling_mode_(.+)$/.exec(field) ?? [];
    return mode !== undefined && value === true ? [mode] : [];
  });
  const modes = json.pooling_mode === undefined ? flags : [json.pooling_mode];
  const [mode] = modes;
  if (modes.length === 1 && (mode === 'mean_tokens' || mode === 'mean')) return 'mean';
  if (modes.length === 1 && (mode === 'cls_token' || mode === 'cls')) return 'cls';
  const what =
    modes.length === 0 ? 'it names no pooling_mode' : `pooling_mode ${modes.join(' with ')} is not supported`;
  throw new FolderError(file, what, 'Either mean_tokens or cls_token is.');
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Reads a model.safetensors.index.json: the shards' names. */
export const parseIndex = (text: string): string[] =>
  [...new Set(Object.values(parsed(INDEX, text, indexSchema).weight_map))].sort();

async function weightsOf(files: ReadonlyMap<string, ByteSource>, folder: string): Promise<[string, ByteSource][]> {
  const one = files.get(folder + WEIGHTS);
  if (one) return [[folder + WEIGHTS, one]];
  const index = files.get(folder + INDEX);
  if (index) {
    return parseIndex(await textOf(index)).map((shard) => {
      const bytes = files.get(folder + shard);
      if (!bytes) throw new FolderError(INDEX, `it names ${shard}, which is missing`, `Download ${shard} too.`);
      return [folder + shard, bytes];
    });
  }
  const others = [...files].filter(
    ([path]) => path.endsWith('.safetensors') && path.startsWith(folder) && !path.endsWith(PRIVATE_CALIBRATION),
  );
  if (others.length > 1)
    throw new FolderError(
      INDEX,
      `it is missing, but there are ${others.length} files of weights`,
      'Choose it with them.',
    );
  // Under another name, as people rename what they download.
  if (others.length === 1) return others;
  const pickle = [...files.keys()].find((path) => PICKLES.test(path));
  if (pickle)
    throw new FolderError(pickle, 'weights in a pickle are not read: opening one runs what it holds', HOW.convert);
  throw new FolderError(WEIGHTS, 'it is missing', HOW.weights);
}

/** A clone without Git LFS has a few lines of text for every large file. */
async function refusePointer(path: string, bytes: ByteSource): Promise<void> {
  const first = new TextDecoder().decode(await bytes.read(0, Math.min(24, bytes.size)));
  if (first.startsWith('version https://git-lfs'))
    throw new FolderError(path, 'it is a pointer of Git LFS, not the weights', 'Run git lfs pull in the folder.');
}

function parsed<T>(file: string, text: string, schema: z.ZodType<T>): T {
  return readJson(text, schema, {
    syntax: (message) => new FolderError(file, `it is not JSON (${message})`, HOW.again),
    schema: (error) => new FolderError(file, firstIssue(error), HOW.again),
  });
}
