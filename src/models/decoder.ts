/**
 * The pre-LN causal decoder that GPT-2 is: its graph, and how the graph's private matrices come out of a checkpoint. An architecture adds
 * where a layer's maps are stored (`DecoderNames`), and its embedding.
 *
 * For the hidden state h [tokens, hidden], where a token attends to itself and to those before it:
 *   h = h + o Wo + bo with o of attention (attention/) on LN(h);  h = h + activation(LN(h) W1 + b1) W2 + b2
 *   at the answer position: state = LN(h), logits = state · word embeddings^T
 *
 * Nobody but LayerNorms reads h, and they do not see its mean: it is taken off the embedding and, in their matrices, off all that is added
 * (folding.ts). A norm's γ and β are in the matrices that read it. So adding to h is local, and it keeps its scale from the first
 * layer to the last.
 *
 * Its values are not normalised, and grow: the first token's beyond all others', which is what the kinds of tokens are for. Rows of padding
 * leave a norm as zeros, so that neither their keys nor their values count; what they become in h is nobody's concern.
 *
 * Only the answer position matters after the last layer: its query, feed-forward and norms run for that one token. As an embedding
 * the graph gives the mean of all tokens' last norms instead, by which calibration sees them all.
 */
import { Graph } from '../graph/graph';
import type { PassShape, Recipe, TensorShapes } from './architecture';
import { attentionOf } from './attention';
import type { StoredLayer } from './attention/attention';
import { measuredRange } from './calibration';
import type { ModelConfig } from './config';
import { feedForward, feedForwardMatrices, feedForwardTensors } from './feed-forward';
import { vector } from './folding';
import { layerNorm } from './layer-norm';
import { normNamed, reading } from './recipes';

export interface DecoderLayer {
  /** In front of attention and of the feed-forward part, by the names before `.weight` and `.bias`. */
  attentionNorm: string;
  norm: string;
  /** As they are stored. */
  attention: StoredLayer['maps'];
  intermediate: Recipe;
  output: Recipe;
}

export interface DecoderNames {
  layer(index: number): DecoderLayer;
  /** Behind the last layer. */
  norm: string;
}

/** What calibration adds to a layer's stored tensors. */
export const decoderTensors = (config: ModelConfig, index: number): TensorShapes => ({
  ...attentionOf(config).tensors(config, index),
  ...feedForwardTensors(config, index),
});

/** Recipes of the matrices of `decoderGraph(config, …)`. */
export function decoderMatrices(config: ModelConfig, names: DecoderNames): ReadonlyMap<string, Recipe> {
  const recipes = new Map<string, Recipe>();
  for (let index = 0; index < config.num_hidden_layers; index++) {
    const { attentionNorm, norm, attention, intermediate, output } = names.layer(index);
    const maps = {
      query: reading(attentionNorm, attention.query),
      key: reading(attentionNorm, attention.key),
      value: reading(attentionNorm, attention.value),
      output: attention.output,
    };
    for (const [name, recipe] of attentionOf(config).matrices({ config, index, maps })) recipes.set(name, recipe);
    const feedForwardMaps = { intermediate: reading(norm, intermediate), output };
    for (const [name, recipe] of feedForwardMatrices(config, index, feedForwardMaps)) recipes.set(name, recipe);
  }
  const scale = config.task === 'embedding' ? 'embedding.scale' : 'head.scale';
  recipes.set(scale, async (source) => vector(await normNamed(source, names.norm)));
  return recipes;
}

const attentionNorm = (index: number) => `layer.${index}.attention.norm`;
const sumBehind = (index: number) => `layer.${index}.sum`;

/** As `Architecture.hiddenSpread`, of tokens between a text's first and last, among which prompts are: a norm's inverse root, which calibration saw, says it. */
export const decoderSpread = (config: ModelConfig, index: number): number =>
  1 / measuredRange(config, `${attentionNorm(index)}.deviation.inner`)[1];

export function decoderGraph(config: ModelConfig, shape: PassShape): Graph {
  const { hidden_size: d, num_hidden_layers: layers } = config;
  const { sequences: b, tokens: n, answer, columns } = shape;
  const graph = new Graph();
  const attention = attentionOf(config).begin(graph, config, shape, { causal: true });
  const isMean = config.task === 'embedding';
  // Embeddings are small beside what layers add to them, and nothing but a norm, which does not see how small, reads them alone.
  const input = (name: string) => graph.centre(`${name}.centred`, graph.input(name, [b, n, d], { fine: true }));
  const prompted = graph.part('prompted');

  let h = input('embedded');
  for (let i = 0; i < layers; i++) {
    const layer = `layer.${i}`;
    // A prompt is small beside what it is added to (decoderSpread), so that the sum is planned with the range of that.
    if (shape.deep && i > 0) h = prompted.add(sumBehind(i - 1), h, input(`${layer}.prompt`));
    // One token of a text is no padding, and of one kind.
    const isOne = i === layers - 1 && !isMean;
    const kinds = attention.kinds?.();
    const y = layerNorm(graph, config, attentionNorm(i), h, { kinds });
    const x = isOne ? graph.select(`${layer}.answer`, y, 1, answer) : y;
    if (isOne) h = graph.select(`${layer}.residual`, h, 1, answer);
    h = graph.add(`${layer}.attention.sum`, h, attention.attend({ index: i, h: y, x }));
    const z = layerNorm(graph, config, `${layer}.norm`, h, { kinds: isOne ? undefined : kinds });
    h = graph.add(sumBehind(i), h, feedForward(graph, config, i, z));
  }
  if (isMean) {
    const y = layerNorm(graph, config, 'embedding.norm', h, {
      weights: graph.input('pooling', [b, n]),
      kinds: attention.kinds?.(),
    });
    graph.reveal('embedding', graph.scale('embedding.scale', graph.sum('embedding.pooled', y, 1)));
    return graph;
  }
  const y = layerNorm(graph, config, 'head.norm', h);
  // γ of the last LayerNorm is the model owner's, the label words the data owner's: two products in a row, for one token.
  const state = graph.scale('head.scale', graph.lift('head.lifted', y));
  if (columns > 0) graph.readout('logits', state, columns);
  else graph.reveal('state', state);
  return graph;
}
