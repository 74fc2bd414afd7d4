/**
 * A model on its owner's side: three files, checked once and held open. No weight is kept; each is read, folded and given away when it
 * is asked for.
 */
import type { NamedMatrix } from '../graph/matrix';
import { size } from '../graph/shape';
import type { PassShape, TensorShapes } from './architecture';
import { architectureOf } from './architectures';
import type { ByteSource } from './byte-source';
import { type ModelConfig, parseConfig } from './config';
import { planModel } from './plan-model';
import { openSafetensors, safetensorsHeader } from './safetensors';
import { checkFinite, checkShapes, stretches, type TensorSource } from './tensors';
import { loadTokenizer } from './tokenizer';

export interface OwnModel {
  config: ModelConfig;
  /** tokenizer.json */
  tokenizer: string;
  source: TensorSource;
}

export interface ModelFiles {
  /** config.json */
  config: string;
  /** tokenizer.json */
  tokenizer: string;
  /** model.safetensors. Has to stay readable as long as the model is in use. */
  weights: ByteSource;
}

/** Ranges and gates do not depend on the shape, so any will tell whether the model can be planned with. */
const SMALLEST: PassShape = { sequences: 1, tokens: 8, answer: 1, columns: 2, deep: false };

/** Throws with what is wrong, naming file, field or tensor. Reads the weights once, for values that are no numbers. */
export async function openModel(files: ModelFiles): Promise<OwnModel> {
  const config = parseConfig(files.config);
  loadTokenizer(files.tokenizer, config);
  // Its owner can calibrate it again; the data owner, whose plan would fail otherwise, can't.
  planModel(config, SMALLEST);
  const source = await openSafetensors(files.weights);
  const architecture = architectureOf(config);
  const shapes = { ...architecture.publicTensors(config), ...architecture.privateTensors(config) };
  checkShapes(source, shapes);
  await checkFinite(source, Object.keys(shapes));
  return { config, tokenizer: files.tokenizer, source };
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
  /** The file in parts of at most `most` bytes. */
  parts(most: number): AsyncGenerator<Uint8Array>;
} {
  const shapes = Object.entries(architectureOf(config).publicTensors(config));
  const header = safetensorsHeader(shapes, { dtype: 'F32' });
  async function* pieces(most: number): AsyncGenerator<Uint8Array> {
    yield header.bytes;
    for (const [name] of shapes) {
      for await (const { buffer, byteOffset, byteLength } of stretches(source, name, most / 4))
        yield new Uint8Array(buffer, byteOffset, byteLength);
    }
  }
  return {
    bytes: header.bytes.length + header.dataBytes,
    async *parts(most) {
      for await (const piece of pieces(most)) {
        for (let at = 0; at < piece.length; at += most) yield piece.subarray(at, at + most);
      }
    },
  };
}

/** What both sides are shown of a model. */
export interface ModelCard {
  name: string;
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
