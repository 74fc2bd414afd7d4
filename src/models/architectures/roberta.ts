/**
 * RoBERTa, as Hugging Face's RobertaForMaskedLM stores it (Liu et al. 2019), its attention by softmax or random features (encoder.ts).
 *
 * Its embedding is LN(word_embeddings[id] + position_embeddings[pad_token_id + 1 + index] + token_type_embeddings[0]); the rows of
 * positions up to the padding index are unused. The output layer shares the word embeddings.
 */
import type { Architecture } from '../architecture';
import type { ModelConfig } from '../config';
import { Embedding } from '../embedding';
import { type EncoderNames, encoderGraph, encoderMatrices, encoderTensors } from '../encoder';
import { checkFinite, checkShapes } from '../tensors';

const EMBEDDINGS = 'roberta.embeddings';
const WORDS = `${EMBEDDINGS}.word_embeddings.weight`;
const POSITIONS = `${EMBEDDINGS}.position_embeddings.weight`;
const TYPES = `${EMBEDDINGS}.token_type_embeddings.weight`;
const NORM = `${EMBEDDINGS}.LayerNorm`;
const BIAS = 'lm_head.bias';

const NAMES: EncoderNames = {
  layer(index) {
    const layer = `roberta.encoder.layer.${index}`;
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
  },
  head: { dense: 'lm_head.dense', norm: 'lm_head.layer_norm' },
};

const firstPosition = ({ pad_token_id }: ModelConfig) => pad_token_id + 1;

const publicTensors: Architecture['publicTensors'] = ({ hidden_size: d, vocab_size, max_position_embeddings }) => ({
  [WORDS]: [vocab_size, d],
  [POSITIONS]: [max_position_embeddings, d],
  [TYPES]: [1, d],
  [`${NORM}.weight`]: [d],
  [`${NORM}.bias`]: [d],
  [BIAS]: [vocab_size],
});

export const roberta: Architecture = {
  modelType: 'roberta',
  normalise: (json) => ({ ...json }),
  longestSequence: (config) => config.max_position_embeddings - firstPosition(config),
  publicTensors,
  privateTensors: (config) => encoderTensors(config, NAMES),
  async embedding(config, source) {
    const shapes = publicTensors(config);
    checkShapes(source, shapes);
    await checkFinite(source, Object.keys(shapes));
    return new Embedding({
      hidden: config.hidden_size,
      words: await source.read(WORDS),
      positions: await source.read(POSITIONS, [firstPosition(config), config.max_position_embeddings]),
      type: await source.read(TYPES),
      norm: {
        gamma: await source.read(`${NORM}.weight`),
        beta: await source.read(`${NORM}.bias`),
        epsilon: config.layer_norm_eps,
      },
      bias: await source.read(BIAS),
    });
  },
  graph: encoderGraph,
  matrices: (config) => encoderMatrices(config, NAMES),
};
