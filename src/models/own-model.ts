/**
 * A model on its owner's side: its files, checked once and held open. No weight is kept; each is read, folded and given away when it
 * is asked for.
 */
import type { NamedMatrix } from '../graph/matrix';
import { size } from '../graph/shape';
import type { TensorShapes } from './architecture';
import { architectureOf } from './architectures';
import type { ByteSource } from './byte-source';
import type { Calibrated } from './calibrate-model';
import { type CalibrationFiles, readCalibration, writeCalibration } from './calibration-file';
import { architectureIn, type ModelConfig, type Pooling, parseConfig, type Task } from './config';
import { largestPublic } from './plan-model';
import { openWeights, safetensorsHeader } from './safetensors';
import {
  checkShapes,
  checkTied,
  checkValues,
  joined,
  overlaid,
  renamed,
  stretches,
  type TensorSource,
} from './tensors';
import { loadTokenizer, specialTokens } from './tokenizer';

export interface OwnModel {
  config: ModelConfig;
  /** tokenizer.json */
  tokenizer: string;
  /** Under the architecture's names. */
  source: TensorSource;
  /** The weights alone, as the files name them. */
  stored: TensorSource;
}

export interface ModelFiles {
  /** What it is called where config.json has no name. */
  name?: string;
  /** config.json */
  config: string;
  /** tokenizer.json */
  tokenizer: string;
  /** As sentence-transformers' files beside it have it. */
  pooling?: Pooling;
  /** Of a calibration that was kept beside it. */
  calibration?: CalibrationFiles;
  /** model.safetensors, or its shards. Have to stay readable as long as the model is in use. */
  weights: readonly ByteSource[];
}

/** A model that can be offered: read, calibrated, its values checked. Throws as `readModel` and `checkWeights` do. */
export async function openModel(files: ModelFiles): Promise<OwnModel> {
  const model = await readModel(files);
  // Its owner can calibrate it again, or change it; the data owner, who would refuse it, can't.
  await checkPublic(model.config, model.source);
  await checkWeights(model);
  return model;
}

/**
 * A model by its headers alone: which one it is, and that its files go together. Throws with what is wrong, naming file, field or
 * tensor.
 */
export async function readModel(files: ModelFiles): Promise<OwnModel> {
  const { name, config: json, tokenizer, pooling, weights } = files;
  const { canonicalName } = architectureIn(json);
  const stored = await openWeights(weights);
  const kept = files.calibration && (await readCalibration(files.calibration, stored));
  const named = renamed(stored, canonicalName);
  const source = kept?.tensors ? joined([named, kept.tensors]) : named;
  const special = specialTokens(tokenizer);
  const config = parseConfig(json, { name, pooling, special, calibration: kept?.fields, header: source.header });
  checkAgainst(config, source);
  loadTokenizer(tokenizer, config);
  return { config, tokenizer, source, stored };
}

/** Reads the weights once. Throws, naming the tensor, for values that are no numbers or that the graph would not use. */
export async function checkWeights({ config, source }: Pick<OwnModel, 'config' | 'source'>): Promise<void> {
  await checkValues(source, Object.keys(tensorsOf(config)));
  if (config.task !== 'embedding') await checkTied(source, architectureOf(config).tied);
}

/**
 * Reads the public tensors once. Throws, naming tensor and row, for a value that runs could not carry: whether a text uses that row must not
 * decide what becomes of a run, since the model's owner would see it. Throws PlanError for a model without ranges or gates.
 */
export async function checkPublic(config: ModelConfig, source: TensorSource): Promise<void> {
  await checkValues(source, Object.keys(architectureOf(config).publicTensors(config)), largestPublic(config));
}

function tensorsOf(config: ModelConfig): TensorShapes {
  const architecture = architectureOf(config);
  return { ...architecture.publicTensors(config), ...architecture.privateTensors(config) };
}

/** Throws where the weights are of another configuration. */
function checkAgainst(config: ModelConfig, source: TensorSource): void {
  const shapes = tensorsOf(config);
  checkShapes(source, shapes, config);
  // Fewer layers than there are would go unnoticed, and give another model's answers.
  const layers = config.num_hidden_layers;
  const more = Object.keys(tensorsOf({ ...config, num_hidden_layers: layers + 1 })).find(
    (name) => !(name in shapes) && source.header.has(name),
  );
  if (more) throw new Error(`config.json: num_hidden_layers: ${layers}, but the weights have a tensor ${more} too`);
}

/** The model with what calibration found out, and that as files to keep beside it. */
export async function withCalibrated(
  model: OwnModel,
  { config, tensors }: Calibrated,
): Promise<{ model: OwnModel; files: Awaited<ReturnType<typeof writeCalibration>> }> {
  const files = await writeCalibration(config, tensors, model.stored);
  return { model: { ...model, config, source: overlaid(model.source, tensors) }, files };
}

/**
 * Private matrices in the order of `names`, each read and folded when it is asked for. Throws for a name that the model's graph does
 * not have.
 */
export async function* foldedWeights(
  { config, source }: Pick<OwnModel, 'config' | 'source'>,
  names: Iterable<string>,
): AsyncGenerator<NamedMatrix> {
  const recipes = architectureOf(config).matrices(config);
  for (const name of names) {
    const recipe = recipes.get(name);
    if (!recipe) throw new Error(`${config.name} has no matrix ${name}`);
    yield { name, ...(await recipe(source)) };
  }
}

/** The safetensors file (F32) of a model's public tensors, never whole in memory. */
export function publicFile({ config, source }: Pick<OwnModel, 'config' | 'source'>): {
  bytes: number;
  /** The file in parts of `most` bytes each, but for the last: a receiver knows every length before it comes. */
  parts(most: number): AsyncGenerator<Uint8Array>;
} {
  const shapes = Object.entries(architectureOf(config).publicTensors(config));
  const header = safetensorsHeader(shapes, { dtype: 'F32' });
  const bytes = header.bytes.length + header.dataBytes;
  async function* pieces(most: number): AsyncGenerator<Uint8Array> {
    yield header.bytes;
    for (const [name] of shapes) {
      for await (const { buffer, byteOffset, byteLength } of stretches(source, name, most / 4))
        yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  }
  return {
    bytes,
    async *parts(most) {
      let left = bytes;
      let part = new Uint8Array(Math.min(most, left));
      let filled = 0;
      for await (const piece of pieces(most)) {
        for (let at = 0; at < piece.length; ) {
          const taken = piece.subarray(at, at + part.length - filled);
          part.set(taken, filled);
          filled += taken.length;
          at += taken.length;
          if (filled < part.length) continue;
          yield part;
          left -= filled;
          part = new Uint8Array(Math.min(most, left));
          filled = 0;
        }
      }
    },
  };
}

/** What both sides are shown of a model. */
export interface ModelCard {
  name: string;
  architecture: string;
  task: Task;
  /** Of a sentence encoder. */
  pooling?: Pooling;
  layers: number;
  hidden: number;
  heads: number;
  intermediate: number;
  frequencies: number;
  attention: string;
  vocabulary: number;
  /** Of a sequence, padding included. */
  maxTokens: number;
  privateParameters: number;
  publicParameters: number;
}

export function cardOf(config: ModelConfig): ModelCard {
  const architecture = architectureOf(config);
  return {
    name: config.name,
    architecture: config.model_type,
    task: config.task,
    pooling: config.task === 'embedding' ? config.pooling : undefined,
    layers: config.num_hidden_layers,
    hidden: config.hidden_size,
    heads: config.num_attention_heads,
    intermediate: config.intermediate_size,
    frequencies: config.num_frequencies,
    attention: config.attention === 'rfa' ? 'random features' : 'softmax',
    vocabulary: config.vocab_size,
    maxTokens: architecture.longestSequence(config),
    privateParameters: parameters(architecture.privateTensors(config)),
    publicParameters: parameters(architecture.publicTensors(config)),
  };
}

const parameters = (shapes: TensorShapes): number => Object.values(shapes).reduce((sum, shape) => sum + size(shape), 0);
