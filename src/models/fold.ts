/**
 * The model owner's matrices as the network wants them.
 *
 * A LayerNorm's γ and β multiply into the matrices that read its output, its mean subtraction into the matrices that write its input,
 * the random frequencies (and the 1/2π that turns radians into turns) into the query and key projections. Done once, in floats,
 * by whoever owns the weights; nothing of it costs anything in the protocol.
 */
import type { ModelConfig } from './config';

/** [inputs, outputs], row by row; outputs = bias.length. */
export interface Matrix {
  inputs: number;
  outputs: number;
  values: Float64Array;
  bias: Float64Array;
}

export type NamedTensors = Map<string, { shape: number[]; data: Float32Array }>;

/** What the data owner needs of a model to embed its texts itself: public to it, as in the paper. */
export const PUBLIC_TENSORS = [
  'roberta.embeddings.word_embeddings.weight',
  'roberta.embeddings.position_embeddings.weight',
  'roberta.embeddings.token_type_embeddings.weight',
  'roberta.embeddings.LayerNorm.weight',
  'roberta.embeddings.LayerNorm.bias',
  'lm_head.bias',
];

/** Names and shapes of every private tensor of a model. */
export function privateTensors(config: ModelConfig): Record<string, number[]> {
  const { hidden_size: d, intermediate_size: ff, num_attention_heads: heads } = config;
  const shapes: Record<string, number[]> = {};
  const dense = (name: string, outputs: number, inputs: number) => {
    shapes[`${name}.weight`] = [outputs, inputs];
    shapes[`${name}.bias`] = [outputs];
  };
  const norm = (name: string) => {
    shapes[`${name}.weight`] = [d];
    shapes[`${name}.bias`] = [d];
  };
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `roberta.encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) dense(`${layer}.attention.self.${part}`, d, d);
    if (config.attention === 'rfa') {
      shapes[`${layer}.attention.self.frequencies`] = [heads, d / heads, config.num_frequencies];
    }
    dense(`${layer}.attention.output.dense`, d, d);
    norm(`${layer}.attention.output.LayerNorm`);
    dense(`${layer}.intermediate.dense`, ff, d);
    dense(`${layer}.output.dense`, d, ff);
    norm(`${layer}.output.LayerNorm`);
  }
  dense('lm_head.dense', d, d);
  norm('lm_head.layer_norm');
  return shapes;
}

/** Shapes of the public tensors. */
export function publicTensors(config: ModelConfig): Record<string, number[]> {
  const { hidden_size: d, vocab_size, max_position_embeddings } = config;
  const shapes = [[vocab_size, d], [max_position_embeddings, d], [1, d], [d], [d], [vocab_size]];
  return Object.fromEntries(PUBLIC_TENSORS.map((name, i) => [name, shapes[i]!]));
}

/** Throws, naming the tensor, when one is missing or has another shape. */
export function checkTensors(tensors: NamedTensors, shapes: Record<string, number[]>): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`the model has no tensor ${name}`);
    if (tensor.shape.join() !== shape.join()) {
      throw new Error(`${name} has the shape [${tensor.shape}], config.json asks for [${shape}]`);
    }
    if (!tensor.data.every(Number.isFinite)) throw new Error(`${name} holds a value that is not a finite number`);
  }
}

/** The matrices of `encoder(config)` by the network's names. Throws when a tensor is missing or misshapen. */
export function foldWeights(config: ModelConfig, tensors: NamedTensors): Map<string, Matrix> {
  checkTensors(tensors, privateTensors(config));
  const { hidden_size: d, num_attention_heads: heads } = config;
  const get = (name: string) => tensors.get(name)!.data;

  /** PyTorch's [out, in] as [in, out]. */
  const dense = (name: string): Matrix => {
    const [outputs, inputs] = tensors.get(`${name}.weight`)!.shape as [number, number];
    const w = get(`${name}.weight`);
    const values = new Float64Array(inputs * outputs);
    for (let i = 0; i < inputs; i++) for (let j = 0; j < outputs; j++) values[i * outputs + j] = w[j * inputs + i]!;
    return { inputs, outputs, values, bias: Float64Array.from(get(`${name}.bias`)) };
  };
  const identity = (): Matrix => {
    const values = new Float64Array(d * d);
    for (let i = 0; i < d; i++) values[i * d + i] = 1;
    return { inputs: d, outputs: d, values, bias: new Float64Array(d) };
  };
  /** Reads x·γ + β instead of x. */
  const afterNorm = (m: Matrix, norm: string | undefined): Matrix => {
    if (!norm) return m;
    const [gamma, beta] = [get(`${norm}.weight`), get(`${norm}.bias`)];
    const values = m.values.map((w, at) => w * gamma[Math.floor(at / m.outputs)]!);
    const bias = m.bias.map((b, j) => {
      for (let i = 0; i < m.inputs; i++) b += beta[i]! * m.values[i * m.outputs + j]!;
      return b;
    });
    return { ...m, values, bias };
  };
  /** Writes y − mean(y) instead of y. */
  const centred = (m: Matrix): Matrix => {
    const values = m.values.slice();
    const bias = m.bias.slice();
    for (const [array, rows] of [
      [values, m.inputs],
      [bias, 1],
    ] as const) {
      for (let i = 0; i < rows; i++) {
        const row = array.subarray(i * m.outputs, (i + 1) * m.outputs);
        const mean = row.reduce((a, b) => a + b, 0) / m.outputs;
        for (let j = 0; j < m.outputs; j++) row[j]! -= mean;
      }
    }
    return { ...m, values, bias };
  };
  /** Angles of the random features, in turns: block by block · Ω / 2π. */
  const angles = (m: Matrix, name: string): Matrix => {
    const frequencies = get(name);
    const [head, count] = [d / heads, config.num_frequencies];
    const outputs = heads * count;
    const project = (row: Float64Array, out: Float64Array) => {
      for (let h = 0; h < heads; h++) {
        for (let f = 0; f < count; f++) {
          let sum = 0;
          for (let i = 0; i < head; i++) sum += row[h * head + i]! * frequencies[(h * head + i) * count + f]!;
          out[h * count + f] = sum / (2 * Math.PI);
        }
      }
    };
    const values = new Float64Array(m.inputs * outputs);
    const bias = new Float64Array(outputs);
    for (let i = 0; i < m.inputs; i++)
      project(m.values.subarray(i * d, (i + 1) * d), values.subarray(i * outputs, (i + 1) * outputs));
    project(m.bias, bias);
    return { inputs: m.inputs, outputs, values, bias };
  };
  const scaled = (m: Matrix, factor: number): Matrix => ({
    ...m,
    values: m.values.map((w) => w * factor),
    bias: m.bias.map((b) => b * factor),
  });

  const matrices = new Map<string, Matrix>();
  let norm: string | undefined; // what normalised the layer's input; the embedding's own LayerNorm is the data owner's
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const hf = `roberta.encoder.layer.${i}`;
    const self = `${hf}.attention.self`;
    const layer = `layer.${i}`;
    const [q, k] = [dense(`${self}.query`), dense(`${self}.key`)];
    if (config.attention === 'rfa') {
      matrices.set(`${layer}.query.angle`, afterNorm(angles(q, `${self}.frequencies`), norm));
      matrices.set(`${layer}.key.angle`, afterNorm(angles(k, `${self}.frequencies`), norm));
    } else {
      matrices.set(`${layer}.query.projection`, afterNorm(scaled(q, 1 / Math.sqrt(d / heads)), norm));
      matrices.set(`${layer}.key.projection`, afterNorm(k, norm));
    }
    matrices.set(`${layer}.value`, afterNorm(dense(`${self}.value`), norm));
    matrices.set(`${layer}.attention.residual`, afterNorm(centred(identity()), norm));
    matrices.set(`${layer}.attention.output`, centred(dense(`${hf}.attention.output.dense`)));
    norm = `${hf}.attention.output.LayerNorm`;
    matrices.set(`${layer}.intermediate`, afterNorm(dense(`${hf}.intermediate.dense`), norm));
    matrices.set(`${layer}.residual`, afterNorm(centred(identity()), norm));
    matrices.set(`${layer}.output`, centred(dense(`${hf}.output.dense`)));
    norm = `${hf}.output.LayerNorm`;
  }
  // β reaches the residual through the bias: (xγ + β)·C.
  matrices.set('head.dense', afterNorm(dense('lm_head.dense'), norm));
  matrices.set('head.scale', afterNorm(identity(), 'lm_head.layer_norm'));
  return matrices;
}
