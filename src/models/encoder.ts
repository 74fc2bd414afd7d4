/**
 * The post-LN encoder that BERT, RoBERTa and their kin are, written once: its graph, and how the graph's private matrices come out of
 * a checkpoint. What such a checkpoint calls its tensors is all that an architecture adds (`EncoderNames`), with its embedding.
 *
 * For hidden states h [tokens, hidden]:
 *   h = LN(h + o Wo + bo) with o of attention (attention/);  h = LN(h + activation(h W1 + b1) W2 + b2)
 *   as a masked language model, at the answer position: state = LN(activation(h Wd + bd)), logits = state · word embeddings^T + bias
 *   as a sentence encoder: the mean of h over the tokens that are no padding, or h of the first token
 * Linear weights are stored as in PyTorch, [out, in].
 *
 * LayerNorm's γ, β and mean subtraction live in the neighbouring matrices (layer-norm.ts). Where a
 * residual connection passes them by, γ is a private vector and the mean a matrix of one column. Unless a mean is taken of them all,
 * only the answer position matters after the last layer: its queries, feed-forward and norms run for that one token.
 */
import { Graph, type Tensor } from '../graph/graph';
import type { Shape } from '../graph/shape';
import type { PassShape, Recipe, TensorShapes } from './architecture';
import { attentionOf } from './attention';
import type { Apart } from './attention/attention';
import { isMeanPooled, type ModelConfig } from './config';
import { activation, feedForward, feedForwardMatrices, feedForwardTensors } from './feed-forward';
import { negatedMean, vector, vectorOfCentredBias } from './folding';
import { layerNorm } from './layer-norm';
import { mapNamed, normNamed, reading } from './recipes';

type LayerPart =
  | 'query'
  | 'key'
  | 'value'
  | 'frequencies'
  | 'attentionOutput'
  | 'attentionNorm'
  | 'intermediate'
  | 'output'
  | 'norm';

/** Names of linear maps and LayerNorms, which have a `.weight` and a `.bias` each; `frequencies` is a tensor. */
export interface EncoderNames {
  layer(index: number): Record<LayerPart, string>;
  head: Record<'dense' | 'norm', string>;
}

/** Names and shapes of the encoder's and the head's tensors. */
export function encoderTensors(config: ModelConfig, names: EncoderNames): TensorShapes {
  const { hidden_size: d, intermediate_size: inner } = config;
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
    Object.assign(shapes, attentionOf(config).tensors(config, i, layer.frequencies));
    map(layer.attentionOutput, d, d);
    norm(layer.attentionNorm);
    map(layer.intermediate, inner, d);
    map(layer.output, d, inner);
    Object.assign(shapes, feedForwardTensors(config, i));
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
  const recipes = new Map<string, Recipe>();
  const residual = (name: string, before: string) => {
    recipes.set(name, async (source) => vectorOfCentredBias(await normNamed(source, before)));
    recipes.set(`${name}.mean`, async (source) => negatedMean(await normNamed(source, before)));
  };

  let before: string | undefined;
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `layer.${i}`;
    const stored = names.layer(i);
    const maps = {
      query: reading(before, mapNamed(stored.query)),
      key: reading(before, mapNamed(stored.key)),
      value: reading(before, mapNamed(stored.value)),
      output: mapNamed(stored.attentionOutput),
    };
    const { frequencies } = stored;
    for (const [name, recipe] of attentionOf(config).matrices({ config, index: i, maps, frequencies }))
      recipes.set(name, recipe);
    if (before) residual(`${layer}.attention.residual`, before);
    const feedForwardMaps = {
      intermediate: reading(stored.attentionNorm, mapNamed(stored.intermediate)),
      output: mapNamed(stored.output),
    };
    for (const [name, recipe] of feedForwardMatrices(config, i, feedForwardMaps)) recipes.set(name, recipe);
    residual(`${layer}.residual`, stored.attentionNorm);
    before = stored.norm;
  }
  if (config.task === 'masked-lm') {
    recipes.set('head.dense', reading(before, mapNamed(names.head.dense)));
    recipes.set('head.scale', async (source) => vector(await normNamed(source, names.head.norm)));
  } else {
    const last = names.layer(config.num_hidden_layers - 1).norm;
    recipes.set('embedding.scale', async (source) => vector(await normNamed(source, last)));
  }
  return recipes;
}

export function encoderGraph(config: ModelConfig, shape: PassShape): Graph {
  const { hidden_size: d, num_hidden_layers: layers } = config;
  const { sequences: b, tokens: n, slots = 0, candidates = 1, columns } = shape;
  // Prompts that are given apart stand behind the texts, and their slots in front of the answer.
  const answer = shape.answer - slots;
  const graph = new Graph();

  /** A sentence's vector is the mean of its tokens', padding weighing nothing: of the weights, only the data owner knows them. */
  const isMean = isMeanPooled(config);

  /** (x ∘ γ + β) less its mean, and what is added to it: products with private matrices first, which are dealt as one. */
  const withResidual = (name: string, sum: string, x: Tensor, added: Tensor): Tensor => {
    const mean = graph.linear(`${name}.mean`, x, [1]);
    const rows = graph.reshape(`${name}.mean.rows`, mean, x.shape.slice(0, -1));
    return graph.add(sum, graph.add(`${name}.added`, graph.scale(name, x), added), rows);
  };

  const attention = attentionOf(config).begin(graph, config, { ...shape, answer });
  const apart: Apart | undefined =
    slots > 0
      ? {
          texts: graph.part('texts').input('embedded', [b / candidates, n - slots, d]),
          prompts: graph.part('prompts').input('embedded', [candidates, slots, d]),
        }
      : undefined;
  let h = apart ? graph.pair('embedded', apart.texts, apart.prompts, 'rows') : graph.input('embedded', [b, n, d]);
  for (let i = 0; i < layers; i++) {
    const layer = `layer.${i}`;
    if (shape.deep && i > 0) h = graph.add(`${layer}.prompted`, h, graph.input(`${layer}.prompt`, [b, n, d]));
    const isLast = i === layers - 1;
    // One token of a text is no padding, and of one kind.
    const isOne = isLast && !isMean;
    const x = isOne ? graph.select(`${layer}.answer`, h, 1, answer) : h;

    const attended = attention.attend({ index: i, h, x, apart: i === 0 ? apart : undefined });
    const residual = `${layer}.attention.residual`;
    const sum = `${layer}.attention.sum`;
    const y = layerNorm(
      graph,
      config,
      `${layer}.attention.norm`,
      // No norm's γ stands before the first layer: centring alone is free.
      i === 0 ? graph.add(sum, graph.centre(residual, x), attended) : withResidual(residual, sum, x, attended),
    );
    const output = feedForward(graph, config, i, y);
    h = layerNorm(graph, config, `${layer}.norm`, withResidual(`${layer}.residual`, `${layer}.sum`, y, output), {
      weights: isLast && isMean ? graph.input('pooling', [b, n]) : undefined,
      kinds: isOne ? undefined : attention.kinds?.(),
    });
  }
  if (config.task === 'embedding') {
    const pooled = isMean ? graph.sum('embedding.pooled', h, 1) : h;
    graph.reveal('embedding', graph.scale('embedding.scale', pooled));
    return graph;
  }
  const a = activation(graph, config, 'head.activation', graph.linear('head.dense', h, [d]));
  const y = layerNorm(graph, config, 'head.norm', graph.centre('head.centred', a));
  // γ of the last LayerNorm is the model owner's, the label words the data owner's: two products in a row, for one token.
  const state = graph.scale('head.scale', graph.lift('head.lifted', y));
  if (columns > 0) graph.readout('logits', state, columns);
  else graph.reveal('state', state);
  return graph;
}
