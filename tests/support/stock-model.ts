/** A small random model as stock checkpoints come: not calibrated, and with a config.json that leaves to its files what those say. */
import { writeSafetensors } from '../../src/models/safetensors';
import { randomConfig, randomTensors, SOFTMAX } from './random-model';
import { TOKENS, tokenizerJson } from './session';

export const stockConfig = randomConfig({ vocab_size: TOKENS.length, ...SOFTMAX, trigonometric: undefined });
export const stockTensors = randomTensors(5, stockConfig);

const { name: _, task: __, pooling: ___, ...json } = stockConfig;
/** What its config.json has. */
export const stockJson = json;

export const stockWeights = writeSafetensors(stockTensors, { dtype: 'F32' });

/** By name. */
export const stockFiles: Readonly<Record<string, string | Uint8Array>> = {
  'config.json': JSON.stringify(stockJson),
  'tokenizer.json': tokenizerJson,
  'model.safetensors': stockWeights,
};
