/** A small random model, calibrated on random sequences: what protocol tests run on. */
import { fitTrigonometric } from '../../src/graph/fourier';
import { gelu } from '../../src/graph/functions';
import { type ReferenceInputs, runReference } from '../../src/graph/reference';
import { size } from '../../src/graph/shape';
import type { PassShape } from '../../src/models/architecture';
import { architectureOf } from '../../src/models/architectures';
import { Measured, withCalibration } from '../../src/models/calibrate';
import { calibrateModel } from '../../src/models/calibrate-model';
import type { ModelConfig } from '../../src/models/config';
import { answerOf, type EncodedText, PROMPT_SLOT, paddingOf, placesOf } from '../../src/models/encode';
import { pairedInput } from '../../src/models/paired-input';
import { type EncoderInput, encoderInput } from '../../src/models/pass-input';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource, type NamedTensors } from '../../src/models/tensors';

/** mulberry32: reproducible, and good enough for test data. */
export function generator(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface TestModel {
  config: ModelConfig;
  tensors: NamedTensors;
  weights: PlaintextModel['weights'];
  embedding: PlaintextModel['embedding'];
}

export const graphOf = (config: ModelConfig, shape: PassShape) => architectureOf(config).graph(config, shape);

export function randomConfig(overrides: Partial<ModelConfig> = {}): ModelConfig {
  return {
    model_type: 'roberta',
    name: 'random',
    task: 'masked-lm',
    pooling: 'mean',
    vocab_size: 50,
    hidden_size: 16,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 24,
    max_position_embeddings: 34,
    type_vocab_size: 1,
    layer_norm_eps: 1e-5,
    bos_token_id: 0,
    pad_token_id: 1,
    eos_token_id: 2,
    mask_token_id: 4,
    attention: 'rfa',
    num_frequencies: 8,
    denominator_offset: 1,
    hidden_act: 'trigonometric',
    trigonometric: fitTrigonometric(gelu, -5, 5, { period: 16, harmonics: 6 }).polynomial,
    ...overrides,
  };
}

/** Exact attention and GELU, as stock models have them, in place of random features and a polynomial. */
export const SOFTMAX: Partial<ModelConfig> = {
  attention: 'softmax',
  num_frequencies: 0,
  denominator_offset: 0,
  hidden_act: 'gelu',
};

/** A causal decoder. */
export const DECODER: Partial<ModelConfig> = {
  ...SOFTMAX,
  ...{ model_type: 'gpt2', task: 'causal-lm', type_vocab_size: 0, hidden_act: 'gelu_new', mask_token_id: undefined },
};

/** Random tensors of a config's shapes. */
export function randomTensors(seed: number, config: ModelConfig): NamedTensors {
  const random = generator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
  const architecture = architectureOf(config);
  const tensors: NamedTensors = new Map();
  const shapes = { ...architecture.publicTensors(config), ...architecture.privateTensors(config) };
  for (const [name, shape] of Object.entries(shapes)) {
    const isNorm = /([Ll]ayer_?[Nn]orm|ln_\w)\.weight$/.test(name);
    const width = shape.at(-1) ?? 1;
    const spread = name.endsWith('frequencies') ? 0.12 : shape.length > 1 ? 0.7 / Math.sqrt(width) : 0.05;
    const data = Float32Array.from({ length: size(shape) }, () => (isNorm ? 1 + 0.1 * normal() : spread * normal()));
    tensors.set(name, { shape, data });
  }
  return tensors;
}

/** For the reference alone: without ranges, and however hard its gates would be to fit. */
export async function uncalibratedModel(seed: number, overrides: Partial<ModelConfig> = {}): Promise<TestModel> {
  const config = randomConfig(overrides);
  const tensors = randomTensors(seed, config);
  const { weights, embedding } = await PlaintextModel.load(config, memorySource(tensors));
  return { config, tensors, weights, embedding };
}

export async function randomModel(seed: number, overrides: Partial<ModelConfig> = {}): Promise<TestModel> {
  const model = await uncalibratedModel(seed, overrides);
  return model.config.attention === 'softmax' ? exactly(model, seed) : measured(model, seed);
}

/** A model of exact attention, calibrated as stock models are, with shifts, halvings and groups. */
export async function exactly(
  { config, tensors }: Pick<TestModel, 'config' | 'tensors'>,
  seed: number,
): Promise<TestModel> {
  const random = generator(seed + 1);
  const answer = 3;
  const batches = Array.from({ length: 40 }, (_, i) => {
    const length = answer + 2 + (i % 17);
    const ids = () => Int32Array.from({ length }, () => 5 + Math.floor(random() * (config.vocab_size - 5)));
    const texts = Array.from({ length: 4 }, () => encoded(begun(config, ids())));
    return { texts, answer: answerOf(config, answer - 1, length) };
  });
  const calibrated = await calibrateModel(config, memorySource(tensors), batches);
  const all = new Map([...tensors, ...calibrated.tensors]);
  const { weights, embedding } = await PlaintextModel.load(calibrated.config, memorySource(all));
  return { config: calibrated.config, tensors: all, weights, embedding };
}

/** An encoder whose first head asks for what it is itself: its rows are foretold by their own scores. */
export async function selfishEncoder(): Promise<TestModel> {
  const model = await uncalibratedModel(5, { ...SOFTMAX, num_attention_heads: 4 });
  const layer = 'roberta.encoder.layer.0.attention.self';
  const [query, key] = ['query', 'key'].map((name) => model.tensors.get(`${layer}.${name}.weight`)!.data);
  const width = model.config.hidden_size;
  for (let i = 0; i < (width * width) / 4; i++) query![i] = 8 * key![i]!;
  return exactly(model, 5);
}

/** A causal model's sequences all begin alike. */
function begun({ task, bos_token_id }: ModelConfig, ids: Int32Array): Int32Array {
  if (task === 'causal-lm') ids[0] = bos_token_id;
  return ids;
}

const encoded = (ids: Int32Array, length = ids.length): EncodedText => ({
  ids,
  length,
  textTokens: length,
  textUsed: length,
  truncated: false,
});

async function measured(model: TestModel, seed: number): Promise<TestModel> {
  const { config } = model;
  const shape = { sequences: 64, tokens: 20, answer: 3, columns: 3 };
  const graphs = (['pairs', 'features'] as const).map((order) => graphOf(config, { ...shape, order }));
  const measured = new Measured();
  for (const graph of graphs) {
    measured.add(graph, referenceInputs(model, randomBatch(model, shape, seed + 1), [7, 11, 20]));
  }
  return { ...model, config: await withCalibration(config, graphs, measured) };
}

export interface Batch {
  embedded: Float64Array;
  masks: EncoderInput['masks'];
  /** Deep prompts by layer, where the shape has them. */
  prompts: Record<string, Float64Array>;
  /** What causal models read: see offsetsOf. */
  offsets?: Float64Array;
  /** Of a sentence encoder: what each token weighs in the mean. */
  pooling?: Float64Array;
  /** Where prompts are given apart: what of the input is in parts, by the graph's names. `embedded` is of texts then. */
  parts?: Record<string, Float64Array>;
}

/** Sequences of random ids and lengths. */
export function randomBatch({ config, embedding }: TestModel, shape: PassShape, seed: number): Batch {
  const random = generator(seed);
  const { tokens, slots = 0, candidates = 1 } = shape;
  const sequences = shape.sequences / candidates;
  const padding = paddingOf(config);
  const texts = Array.from({ length: sequences }, () => {
    const least = padding === 'after the text' ? shape.answer + 2 : 2;
    const length = Math.min(tokens, least + Math.floor(random() * tokens));
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    for (const place of placesOf(padding, tokens, length))
      ids[place] = place > 0 && place <= slots ? PROMPT_SLOT : 5 + Math.floor(random() * (config.vocab_size - 5));
    return encoded(begun(config, ids), length);
  });
  if (slots > 0) {
    const width = slots * config.hidden_size;
    const prompt = () => Float32Array.from({ length: width }, () => random() - 0.5);
    const { inputs, masks } = pairedInput(config, embedding, texts, Array.from({ length: candidates }, prompt));
    return { embedded: inputs['embedded.texts']!, masks, prompts: {}, offsets: inputs.offsets, parts: inputs };
  }
  const { inputs, masks } = encoderInput(config, embedding, texts, []);
  const { offsets, pooling } = inputs;
  const embedded = inputs.embedded!;
  const prompts: Record<string, Float64Array> = {};
  for (let layer = 1; shape.deep && layer < config.num_hidden_layers; layer++) {
    const size = architectureOf(config).hiddenSpread(config, layer);
    prompts[`layer.${layer}.prompt`] = embedded.map((_, i) =>
      // In the two places before the answer, as a tuned prompt would be.
      Math.floor(i / config.hidden_size) % tokens < shape.answer ? size * (random() - 0.5) : 0,
    );
  }
  return { embedded, masks, prompts, offsets, pooling };
}

export function referenceInputs(
  model: TestModel,
  batch: Omit<Batch, 'prompts'> & Partial<Batch>,
  words: number[],
): ReferenceInputs {
  return {
    inputs: {
      embedded: batch.embedded,
      counted: Float64Array.from(batch.masks.kept),
      ...(batch.offsets && { offsets: batch.offsets }),
      ...batch.masks,
      ...batch.prompts,
      ...batch.parts,
      ...(batch.pooling && { pooling: batch.pooling }),
    },
    weights: model.weights,
    readout: model.embedding.columns(words),
  };
}

export const referenceLogits = (model: TestModel, shape: PassShape, batch: Batch, words: number[]): Float64Array =>
  runReference(graphOf(model.config, shape), referenceInputs(model, batch, words));
