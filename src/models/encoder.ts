/**
 * The post-LN encoder that BERT, RoBERTa and their kin are, written once: its graph, and how the graph's private matrices come out of
 * a checkpoint. What such a checkpoint calls its tensors is all that an architecture adds (`EncoderNames`), with its embedding.
 *
 * For hidden states h [tokens, hidden]:
 *   h = LN(h + o Wo + bo) with o of attention (attention/);  h = LN(h + activation(h W1 + b1) W2 + b2)
 *   as a masked language model, at the answer position: logits = LN(activation(h Wd + bd)) · word embeddings^T + bias
 *   as a sentence encoder: the mean of h over the tokens that are no padding, or h of the first token
 * Linear weights are stored as in PyTorch, [out, in].
 *
 * LayerNorm's γ, β and mean subtraction live in the neighbouring matrices (folding.ts), so a LayerNorm here is x/√(mean x²). Where a
 * residual connection passes them by, γ is a private vector and the mean a matrix of one column. Unless a mean is taken of them all,
 * only the answer position matters after the last layer: its queries, feed-forward and norms run for that one token.
 *
 * A norm's argument may differ by orders of magnitude between the first or last token of a text and those in between; its inverse root is
 * then a gate for each kind of token. Intermediate channels may be in groups by their range, with a gate each.
 */
import { Graph, type Tensor } from '../graph/graph';
import type { Shape } from '../graph/shape';
import type { PassShape, Recipe, TensorShapes } from './architecture';
import { attentionOf } from './attention';
import type { AttentionNames } from './attention/attention';
import type { ModelConfig } from './config';
import { centred, inputsAt, negatedMean, outputsAt, unbiased, vector, vectorOfCentredBias } from './folding';
import { groupsOf, inGroup } from './groups';
import { changed, mapNamed, normNamed, reading } from './recipes';
import type { TensorSource } from './tensors';

/** Names of linear maps and LayerNorms, which have a `.weight` and a `.bias` each; `frequencies` is a tensor. */
export interface EncoderNames {
  layer(index: number): AttentionNames & Record<'attentionNorm' | 'intermediate' | 'output' | 'norm', string>;
  head: Record<'dense' | 'norm', string>;
}

/** What calibration keeps beside the weights: a layer's intermediate channels in the order of their groups. */
export const channelOrder = (index: number) => `layer.${index}.channels.order`;

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
    Object.assign(shapes, attentionOf(config).tensors(config, i, layer));
    map(layer.attentionOutput, d, d);
    norm(layer.attentionNorm);
    map(layer.intermediate, inner, d);
    map(layer.output, d, inner);
    if (config.groups) shapes[channelOrder(i)] = [inner];
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
    for (const [name, recipe] of attentionOf(config).matrices({ config, index: i, names: stored, before }))
      recipes.set(name, recipe);
    if (before) residual(`${layer}.attention.residual`, before);
    const { channels } = groupsOf(config, i);
    for (const g of channels.keys()) {
      const ofGroup = (source: TensorSource) => channelsOf(source, config, i, g);
      const intermediate = reading(stored.attentionNorm, mapNamed(stored.intermediate));
      recipes.set(inGroup(`${layer}.intermediate`, g, channels), async (source) =>
        outputsAt(await intermediate(source), await ofGroup(source)),
      );
      const output = changed(mapNamed(stored.output), centred);
      recipes.set(inGroup(`${layer}.output`, g, channels), async (source) => {
        const m = inputsAt(await output(source), await ofGroup(source));
        // One group's has the bias.
        return g === 0 ? m : unbiased(m);
      });
    }
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

/** A group's channels; all of them, in their own order, before calibration. */
async function channelsOf(source: TensorSource, config: ModelConfig, layer: number, group: number) {
  if (!config.groups) return Array.from({ length: config.intermediate_size }, (_, i) => i);
  const { channels } = groupsOf(config, layer);
  const from = channels.slice(0, group).reduce((sum, count) => sum + count, 0);
  return (await source.read(channelOrder(layer))).slice(from, from + (channels[group] ?? 0));
}

export function encoderGraph(config: ModelConfig, shape: PassShape): Graph {
  const { hidden_size: d, num_hidden_layers: layers } = config;
  const { sequences: b, tokens: n, answer, columns } = shape;
  const graph = new Graph();

  const activation = (name: string, x: Tensor): Tensor =>
    graph.gate(name, x, [config.hidden_act], { constants: { polynomial: config.trigonometric } });

  /** Of what has no mean; each row times its weight, if there are any. Rows of no kind become zeros, where kinds are told apart. */
  const layerNorm = (
    name: string,
    x: Tensor,
    { weights, kinds = [] }: { weights?: Tensor; kinds?: readonly Tensor[] } = {},
  ): Tensor => {
    const halvings = Math.ceil(Math.log2(d));
    const square = graph.squares(`${name}.square`, x, halvings);
    const constants = { factor: 2 ** halvings / d, epsilon: config.layer_norm_eps };
    const gateOf = (part: string, mask?: Tensor) => graph.gate(part, square, ['inverse root'], { constants, mask });
    const [first, ...more] = kinds.map((kind) => gateOf(`${name}.deviation.${kind.name}`, kind));
    const inverse = first
      ? more.reduce((sum, next, i) => graph.add(`${name}.deviations.${i}`, sum, next), first)
      : gateOf(`${name}.deviation`);
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

  const attention = attentionOf(config).begin(graph, config, shape);
  let h = graph.input('embedded', [b, n, d]);
  for (let i = 0; i < layers; i++) {
    const layer = `layer.${i}`;
    if (shape.deep && i > 0) h = graph.add(`${layer}.prompted`, h, graph.input(`${layer}.prompt`, [b, n, d]));
    const isLast = i === layers - 1;
    // One token of a text is no padding, and of one kind.
    const isOne = isLast && !isMean;
    const x = isOne ? graph.select(`${layer}.answer`, h, 1, answer) : h;

    const attended = attention.attend({ index: i, h, x });
    const residual = `${layer}.attention.residual`;
    const y = layerNorm(
      `${layer}.attention.norm`,
      graph.add(
        `${layer}.attention.sum`,
        // No norm's γ stands before the first layer: centring alone is free.
        i === 0 ? graph.centre(residual, x) : centredResidual(residual, x),
        attended,
      ),
    );
    const { channels } = groupsOf(config, i);
    const outputs = channels.map((count, g) => {
      const named = (name: string) => inGroup(`${layer}.${name}`, g, channels);
      const a = activation(named('activation'), graph.linear(named('intermediate'), y, [count]));
      return graph.linear(named('output'), a, [d]);
    });
    const output = outputs.reduce((sum, next, g) => graph.add(`${layer}.outputs.${g}`, sum, next));
    h = layerNorm(`${layer}.norm`, graph.add(`${layer}.sum`, centredResidual(`${layer}.residual`, y), output), {
      weights: isLast && isMean ? graph.input('pooling', [b, n]) : undefined,
      kinds: isOne ? undefined : attention.kinds?.(),
    });
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
}
