/**
 * What BERT, RoBERTa and DistilBERT have in common: an embedding LN(word + position + type), the post-LN encoder of encoder.ts, and an
 * output layer that shares the word embeddings. Each says what its checkpoints call things, and from where it counts positions.
 */
import type { Shape } from '../../graph/shape';
import type { Architecture, TensorShapes } from '../architecture';
import type { ModelConfig } from '../config';
import { Embedding } from '../embedding';
import { type EncoderNames, encoderGraph, encoderMatrices, encoderTensors } from '../encoder';
import { checkTensors } from '../tensors';
import { type Refusal, refuse } from './refusals';

export interface PostNormFamily {
  modelType: string;
  /** config.json's fields under the names of ModelConfig. */
  fields?(json: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** The library's values of fields that are missing. */
  defaults: Partial<ModelConfig>;
  /** The row of the table of positions that the first token gets. */
  firstPosition(config: ModelConfig): number;
  /** What stands before every tensor of the encoder, and is left out in checkpoints of the encoder alone: `bert`. */
  prefix: string;
  /** The encoder's parts behind the prefix. */
  parts: readonly string[];
  /** Names beyond those with and without a prefix: [what is stored, what is meant]. */
  aliases?: readonly (readonly [RegExp, string])[];
  layer: EncoderNames['layer'];
  head: EncoderNames['head'];
  /** [vocabulary]: of the output layer. */
  bias: string;
  /** The output layer's matrix, where a checkpoint stores it. */
  output: string;
}

export function postNormEncoder(family: PostNormFamily): Architecture {
  const { modelType, defaults, prefix, parts, aliases = [], layer, head, bias } = family;
  const embeddings = `${prefix}.embeddings`;
  const words = `${embeddings}.word_embeddings.weight`;
  const positions = `${embeddings}.position_embeddings.weight`;
  const types = `${embeddings}.token_type_embeddings.weight`;
  const norm = `${embeddings}.LayerNorm`;
  const names: EncoderNames = { layer, head };

  const publicTensors = (config: ModelConfig): TensorShapes => {
    const { hidden_size: d, vocab_size, max_position_embeddings, type_vocab_size, task } = config;
    const shapes: Record<string, Shape> = { [words]: [vocab_size, d], [positions]: [max_position_embeddings, d] };
    if (type_vocab_size > 0) shapes[types] = [type_vocab_size, d];
    shapes[`${norm}.weight`] = [d];
    shapes[`${norm}.bias`] = [d];
    if (task === 'masked-lm') shapes[bias] = [vocab_size];
    return shapes;
  };

  return {
    modelType,
    tasks: ['masked-lm', 'embedding'],
    attentions: ['softmax', 'rfa'],
    headTensor: `${head.dense}.weight`,
    tied: [family.output, words],
    normalise(json, header) {
      refuse(json, REFUSED);
      const fields = family.fields?.(json) ?? json;
      // How many token types there are changes nothing, so the weights are believed where config.json says nothing.
      return { ...defaults, type_vocab_size: header?.get(types)?.shape[0] ?? defaults.type_vocab_size, ...fields };
    },
    canonicalName(stored) {
      const name = parts.some((part) => stored.startsWith(`${part}.`)) ? `${prefix}.${stored}` : stored;
      // The oldest checkpoints were converted from TensorFlow, with its names of a LayerNorm's two vectors.
      const modern = name.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
      return aliases.reduce((result, [pattern, meant]) => result.replace(pattern, meant), modern);
    },
    longestSequence: (config) => config.max_position_embeddings - family.firstPosition(config),
    publicTensors,
    privateTensors: (config) => encoderTensors(config, names),
    async embedding(config, source) {
      await checkTensors(source, publicTensors(config), config);
      return new Embedding({
        hidden: config.hidden_size,
        table: await source.read(words),
        positions: await source.read(positions, [family.firstPosition(config), config.max_position_embeddings]),
        type: config.type_vocab_size > 0 ? await source.read(types, [0, 1]) : undefined,
        norm: {
          gamma: await source.read(`${norm}.weight`),
          beta: await source.read(`${norm}.bias`),
          epsilon: config.layer_norm_eps,
        },
        bias: config.task === 'masked-lm' ? await source.read(bias) : undefined,
      });
    },
    graph: encoderGraph,
    // A norm wrote them.
    hiddenSpread: () => 1,
    matrices: (config) => encoderMatrices(config, names),
  };
}

/** Names of a layer's parts as BERT has them, which RoBERTa kept. */
export const bertLayer =
  (prefix: string): EncoderNames['layer'] =>
  (index) => {
    const layer = `${prefix}.encoder.layer.${index}`;
    return {
      query: `${layer}.attention.self.query`,
      key: `${layer}.attention.self.key`,
      value: `${layer}.attention.self.value`,
      frequencies: `${layer}.attention.self.frequencies`,
      attentionOutput: `${layer}.attention.output.dense`,
      attentionNorm: `${layer}.attention.output.LayerNorm`,
      intermediate: `${layer}.intermediate.dense`,
      output: `${layer}.output.dense`,
      norm: `${layer}.output.LayerNorm`,
    };
  };

/** The library's values where BERT, RoBERTa and DistilBERT agree. */
export const COMMON_DEFAULTS = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: 'gelu',
  max_position_embeddings: 512,
  layer_norm_eps: 1e-12,
} satisfies Partial<ModelConfig>;

/** What would not be the encoder of encoder.ts. */
const REFUSED: readonly Refusal[] = [
  ['position_embedding_type', ['absolute'], 'absolute positions can be run'],
  ['is_decoder', [false], 'encoders can be run'],
];
