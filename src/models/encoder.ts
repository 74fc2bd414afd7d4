/**
 * The post-LN masked-LM encoder that RoBERTa and its kin are, written once: its graph, and how the graph's private matrices come out of
 * a checkpoint. What such a checkpoint calls its tensors is all that an architecture adds (`EncoderNames`), with its embedding.
 *
 * For hidden states h [tokens, hidden]:
 *   attention (a head, `frequencies` Ω [head width, m], angles in radians):
 *     u = (h Wq + bq) Ω,  w = (h Wk + bk) Ω,  a_ij = (1/m) Σ_f cos(u_if − w_jf) for tokens j that are no padding, 0 for padding
 *     o_i = Σ_j a_ij v_j / (denominator_offset + Σ_j a_ij)
 *   h = LN(h + o Wo + bo);  h = LN(h + activation(h W1 + b1) W2 + b2)
 *   as a masked language model, at the answer position: logits = LN(activation(h Wd + bd)) · word embeddings^T + bias
 *   as a sentence encoder: the mean of h over the tokens that are no padding, or h of the first token
 * Linear weights are stored as in PyTorch, [out, in].
 *
 * LayerNorm's γ, β and mean subtraction live in the neighbouring matrices (folding.ts), so a LayerNorm here is x/√(mean x²). Where a
 * residual connection passes them by, γ is a private vector and the mean a matrix of one column. Unless a mean is taken of them all,
 * only the answer position matters after the last layer: its queries, feed-forward and norms run for that one token.
 */
import { Graph, type Tensor } from '../graph/graph';
import type { Shape } from '../graph/shape';
import type { PassShape, Recipe, TensorShapes } from './architecture';
import type { ModelConfig } from './config';
import { afterNorm, angles, centred, dense, negatedMean, scaled, vector, vectorOfCentredBias } from './folding';
import type { TensorSource } from './tensors';

/** Names of linear maps and LayerNorms, which have a `.weight` and a `.bias` each; `frequencies` is a tensor. */
export interface EncoderNames {
  layer(
    index: number,
  ): Record<
    | 'query'
    | 'key'
    | 'value'
    | 'frequencies'
    | 'attentionOutput'
    | 'attentionNorm'
    | 'intermediate'
    | 'output'
    | 'norm',
    string
  >;
  head: Record<'dense' | 'norm', string>;
}

/** Names and shapes of the encoder's and the head's tensors. */
export function encoderTensors(config: ModelConfig, names: EncoderNames): TensorShapes {
  const { hidden_size: d, intermediate_size: inner, num_attention_heads: heads } = config;
  const shapes: Record<string, Shape> = {};
  const map = (name: string, outputs: number, inputs: number) => {
    shapes[`${name}.weight`] = [outputs, inputs];
    shapes[`${name}.bias`] = [outputs];
  };
  const norm = (name: string) => {
    shapes[`${name}.weight`] = [d];
    shapes[`${name}.bias`] = [d];
  };
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = names.layer(i);
    for (const part of [layer.query, layer.key, layer.value]) map(part, d, d);
    if (config.attention === 'rfa') shapes[layer.frequencies] = [heads, d / heads, config.num_frequencies];
    map(layer.attentionOutput, d, d);
    norm(layer.attentionNorm);
    map(layer.intermediate, inner, d);
    map(layer.output, d, inner);
    norm(layer.norm);
  }
  if (config.task === 'masked-lm') {
    map(names.head.dense, d, d);
    norm(names.head.norm);
  }
  return shapes;
}

/** Recipes of the matrices of `encoderGraph(config, …)`. */
export function encoderMatrices(config: ModelConfig, names: EncoderNames): ReadonlyMap<string, Recipe> {
  const { hidden_size: d, num_attention_heads: heads } = config;
  const recipes = new Map<string, Recipe>();
  const map = async (source: TensorSource, name: string) =>
    dense(await source.read(`${name}.weight`), await source.read(`${name}.bias`));
  const norm = async (source: TensorSource, name: string) => ({
    gamma: await source.read(`${name}.weight`),
    beta: await source.read(`${name}.bias`),
  });
  /** A matrix that reads what a norm wrote; the embedding's own norm is the data owner's. */
  const reading = (name: string, before: string | undefined, recipe: Recipe) =>
    recipes.set(name, before ? async (source) => afterNorm(await recipe(source), await norm(source, before)) : recipe);
  const residual = (name: string, before: string) => {
    recipes.set(name, async (source) => vectorOfCentredBias(await norm(source, before)));
    recipes.set(`${name}.mean`, async (source) => negatedMean(await norm(source, before)));
  };

  let before: string | undefined;
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `layer.${i}`;
    const stored = names.layer(i);
    if (config.attention === 'rfa') {
      const turned = (name: string) => async (source: TensorSource) =>
        angles(await map(source, name), await source.read(stored.frequencies), heads);
      reading(`${layer}.query.angle`, before, turned(stored.query));
      reading(`${layer}.key.angle`, before, turned(stored.key));
    } else {
      reading(`${layer}.query.projection`, before, async (source) =>
        scaled(await map(source, stored.query), 1 / Math.sqrt(d / heads)),
      );
      reading(`${layer}.key.projection`, before, (source) => map(source, stored.key));
    }
    reading(`${layer}.value`, before, (source) => map(source, stored.value));
    if (before) residual(`${layer}.attention.residual`, before);
    recipes.set(`${layer}.attention.output`, async (source) => centred(await map(source, stored.attentionOutput)));
    reading(`${layer}.intermediate`, stored.attentionNorm, (source) => map(source, stored.intermediate));
    residual(`${layer}.residual`, stored.attentionNorm);
    recipes.set(`${layer}.output`, async (source) => centred(await map(source, stored.output)));
    before = stored.norm;
  }
  if (config.task === 'masked-lm') {
    reading('head.dense', before, (source) => map(source, names.head.dense));
    recipes.set('head.scale', async (source) => vector(await norm(source, names.head.norm)));
  } else {
    const last = names.layer(config.num_hidden_layers - 1).norm;
    recipes.set('embedding.scale', async (source) => vector(await norm(source, last)));
  }
  return recipes;
}

export function encoderGraph(config: ModelConfig, shape: PassShape): Graph {
  const { hidden_size: d, num_attention_heads: heads, intermediate_size, num_hidden_layers: layers } = config;
  const { sequences: b, tokens: n, answer, columns } = shape;
  const head = d / heads;
  const graph = new Graph();

  const activation = (name: string, x: Tensor): Tensor =>
    graph.gate(name, x, [config.hidden_act], { constants: { polynomial: config.trigonometric } });

  /** Of what has no mean; each row times its weight, if there are any. */
  const layerNorm = (name: string, x: Tensor, weights?: Tensor): Tensor => {
    const halvings = Math.ceil(Math.log2(d));
    const square = graph.squares(`${name}.square`, x, halvings);
    const constants = { factor: 2 ** halvings / d, epsilon: config.layer_norm_eps };
    const inverse = graph.gate(`${name}.deviation`, square, ['inverse root'], { constants });
    return graph.multiply(name, x, weights ? graph.multiply(`${name}.weighted`, inverse, weights) : inverse);
  };
  /** A sentence's vector is the mean of its tokens', padding weighing nothing: of the weights, only the data owner knows them. */
  const isMean = config.task === 'embedding' && config.pooling === 'mean';

  /** (x ∘ γ + β) less its mean. */
  const centredResidual = (name: string, x: Tensor): Tensor => {
    const mean = graph.linear(`${name}.mean`, x, [1]);
    const rows = graph.reshape(`${name}.mean.rows`, mean, x.shape.slice(0, -1));
    return graph.add(`${name}.centred`, graph.scale(name, x), rows);
  };

  const kept = graph.mask('kept', [b, n]);
  let h = graph.input('embedded', [b, n, d]);
  for (let i = 0; i < layers; i++) {
    const layer = `layer.${i}`;
    if (shape.deep && i > 0) h = graph.add(`${layer}.prompted`, h, graph.input(`${layer}.prompt`, [b, n, d]));
    const isLast = i === layers - 1;
    const x = isLast && !isMean ? graph.select(`${layer}.answer`, h, 1, answer) : h;
    const rows = x.shape.slice(0, -1);
    // With one answer token a sequence, the token axis of the queries has length one.
    const queries: [number, number] = [b, rows.length === 2 ? n : 1];

    const attended = (config.attention === 'rfa' ? randomFeatureAttention : softmaxAttention)(layer, x, queries);
    const o = graph.reshape(`${layer}.attended`, attended, [...rows, d]);
    const residual = `${layer}.attention.residual`;
    const y = layerNorm(
      `${layer}.attention.norm`,
      graph.add(
        `${layer}.attention.sum`,
        // No norm's γ stands before the first layer: centring alone is free.
        i === 0 ? graph.centre(residual, x) : centredResidual(residual, x),
        graph.linear(`${layer}.attention.output`, o, [d]),
      ),
    );
    const a = activation(`${layer}.activation`, graph.linear(`${layer}.intermediate`, y, [intermediate_size]));
    h = layerNorm(
      `${layer}.norm`,
      graph.add(`${layer}.sum`, centredResidual(`${layer}.residual`, y), graph.linear(`${layer}.output`, a, [d])),
      isLast && isMean ? graph.input('pooling', [b, n]) : undefined,
    );
  }
  if (config.task === 'embedding') {
    const pooled = isMean ? graph.sum('embedding.pooled', h, 1) : h;
    graph.reveal('embedding', graph.scale('embedding.scale', pooled));
    return graph;
  }
  const a = activation('head.activation', graph.linear('head.dense', h, [d]));
  const y = layerNorm('head.norm', graph.centre('head.centred', a));
  // γ of the last LayerNorm is the model owner's, the label words the data owner's: two products in a row, for one token.
  graph.readout('logits', graph.scale('head.scale', graph.lift('head.lifted', y)), columns);
  return graph;

  /** o_i = Σ_j a_ij v_j / (offset + Σ_j a_ij), a_ij = Σ_f cos(u_if − w_jf) = φ(q_i)·φ(k_j). Everything ×m: it cancels. */
  function randomFeatureAttention(layer: string, x: Tensor, queries: [number, number]): Tensor {
    const m = config.num_frequencies;
    const features = (name: string, tensor: Tensor, tokens: number[], mask?: Tensor) =>
      graph.reshape(
        name,
        graph.gate(`${name}.phase`, graph.linear(`${name}.angle`, tensor, [heads, m]), ['cosine', 'sine'], { mask }),
        [...tokens, heads, 2 * m],
      );
    const q = features(`${layer}.query`, x, queries);
    const k = features(`${layer}.key`, h, [b, n], kept);
    const v = graph.linear(`${layer}.value`, h, [heads, head]);
    const numerator = `${layer}.numerator`;
    const denominator = `${layer}.denominator`;
    let o: Tensor;
    let sum: Tensor;
    // Associativity decides what is opened in between: weights of every pair of tokens, or one matrix of features by values.
    const { order = queries[1] * n <= 2 * m * (head + 1) ? 'pairs' : 'features' } = shape;
    if (order === 'pairs') {
      const weights = graph.contract(`${layer}.weights`, 'bihf,bjhf->bihj', q, k);
      o = graph.contract(numerator, 'bihj,bjhd->bihd', weights, v);
      sum = graph.sum(`${denominator}.sum`, weights);
    } else {
      const memory = graph.contract(`${layer}.memory`, 'bjhf,bjhd->bhfd', k, v);
      o = graph.contract(numerator, 'bihf,bhfd->bihd', q, graph.lift(`${layer}.memory.lifted`, memory));
      sum = graph.contract(`${denominator}.sum`, 'bihf,bhf->bih', q, graph.sum(`${layer}.total`, k, 1));
    }
    const total = graph.offset(denominator, sum, config.denominator_offset * m);
    return graph.multiply(`${layer}.mean`, o, graph.gate(`${denominator}.inverse`, total, ['reciprocal']));
  }

  /** The same machine with e^score for weights: n² exponentials a head. */
  function softmaxAttention(layer: string, x: Tensor, queries: [number, number]): Tensor {
    const split = (name: string, tensor: Tensor, tokens: number[]) =>
      graph.reshape(name, graph.linear(`${name}.projection`, tensor, [heads, head]), [...tokens, heads, head]);
    const q = split(`${layer}.query`, x, queries);
    const k = split(`${layer}.key`, h, [b, n]);
    const v = graph.linear(`${layer}.value`, h, [heads, head]);
    // Keys come second, so that a mask over (sequence, key) is the beginning of the shape.
    const scores = graph.contract(`${layer}.scores`, 'bihd,bjhd->bjih', q, k);
    const weights = graph.gate(`${layer}.weights`, scores, ['exponential'], { mask: kept });
    const o = graph.contract(`${layer}.numerator`, 'bjih,bjhd->bihd', weights, v);
    const sum = graph.sum(`${layer}.denominator.sum`, weights, 1);
    const total = graph.offset(`${layer}.denominator`, sum, config.denominator_offset);
    return graph.multiply(`${layer}.mean`, o, graph.gate(`${layer}.denominator.inverse`, total, ['reciprocal']));
  }
}
