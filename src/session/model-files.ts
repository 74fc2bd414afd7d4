/** A model's three files, read and checked; what of it is public, and the card that both sides are shown. */
import type { ModelConfig } from '../models/config';
import type { EncoderShape } from '../models/encoder';
import {
  checkTensors,
  foldWeights,
  type Matrix,
  type NamedTensors,
  privateTensors,
  publicTensors,
} from '../models/fold';
import { planModel } from '../models/plan-model';
import { readSafetensors, writeSafetensors } from '../models/safetensors';
import { loadTokenizer } from '../models/tokenizer';
import { size } from '../program/network';
import { parseConfig } from './control';
import type { ModelCard } from './messages';

export interface OwnModel {
  config: ModelConfig;
  tokenizer: string;
  weights: Map<string, Matrix>;
  /** safetensors with the public tensors only. */
  publicTensors: Uint8Array;
}

/** Ranges and gates do not depend on the shape, so any will tell whether the model can be planned with. */
const SMALLEST: EncoderShape = { sequences: 1, tokens: 8, answer: 1, words: 2, deep: false };

/** Throws with what is wrong, naming file, field or tensor. */
export function readModel(files: { config: string; tokenizer: string; weights: Uint8Array }): OwnModel {
  const config = parseConfig(files.config);
  loadTokenizer(files.tokenizer, config);
  // Its owner can calibrate it again; the data owner, whose plan would fail otherwise, can't.
  planModel(config, SMALLEST);
  const shapes = publicTensors(config);
  const wanted = new Set([...Object.keys(shapes), ...Object.keys(privateTensors(config))]);
  const tensors = readSafetensors(files.weights, { only: (name) => wanted.has(name) });
  checkTensors(tensors, shapes);
  const open: NamedTensors = new Map(Object.keys(shapes).map((name) => [name, tensors.get(name)!]));
  return {
    config,
    tokenizer: files.tokenizer,
    weights: foldWeights(config, tensors),
    publicTensors: writeSafetensors(open, { dtype: 'F32' }),
  };
}

const parameters = (shapes: Record<string, number[]>) =>
  Object.values(shapes).reduce((sum, shape) => sum + size(shape), 0);

export function cardOf(config: ModelConfig): ModelCard {
  return {
    name: config.name,
    layers: config.num_hidden_layers,
    hidden: config.hidden_size,
    heads: config.num_attention_heads,
    intermediate: config.intermediate_size,
    frequencies: config.num_frequencies,
    attention: config.attention === 'rfa' ? 'random features' : 'softmax',
    vocabulary: config.vocab_size,
    maxTokens: config.max_position_embeddings - config.pad_token_id - 1,
    privateParameters: parameters(privateTensors(config)),
    publicParameters: parameters(publicTensors(config)),
  };
}
