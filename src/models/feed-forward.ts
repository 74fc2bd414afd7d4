/**
 * A layer's feed-forward part, activation(x W1 + b1) W2 + b2, its intermediate channels in groups by their range, with a gate each
 * (grouping.ts). Which channels are in which group is private: they are put in order in the matrices.
 */
import type { UnivariateName } from '../graph/functions';
import type { Graph, Tensor } from '../graph/graph';
import type { Recipe, TensorShapes } from './architecture';
import type { ModelConfig } from './config';
import { centred, inputsAt, outputsAt, unbiased } from './folding';
import { groupsOf, inGroup, placesInGroup } from './groups';
import { changed } from './recipes';
import type { TensorSource } from './tensors';

/** What calibration keeps beside the weights: a layer's intermediate channels in the order of their groups. */
export const channelOrder = (index: number) => `layer.${index}.channels.order`;

/** What a layer's part needs beyond the linear maps. */
export const feedForwardTensors = ({ groups, intermediate_size }: ModelConfig, index: number): TensorShapes =>
  groups ? { [channelOrder(index)]: [intermediate_size] } : {};

/** Recipes by the graph's names, of those of its two maps, without the mean of what a token gets. */
export function* feedForwardMatrices(
  config: ModelConfig,
  index: number,
  maps: Record<'intermediate' | 'output', Recipe>,
): Iterable<readonly [name: string, recipe: Recipe]> {
  const { channels } = groupsOf(config, index);
  const order = config.groups && channelOrder(index);
  const output = changed(maps.output, centred);
  for (const g of channels.keys()) {
    const ofGroup = (source: TensorSource) => placesInGroup(source, order, channels, g);
    yield [
      inGroup(`layer.${index}.intermediate`, g, channels),
      async (source) => outputsAt(await maps.intermediate(source), await ofGroup(source)),
    ];
    yield [
      inGroup(`layer.${index}.output`, g, channels),
      async (source) => {
        const m = inputsAt(await output(source), await ofGroup(source));
        // One group's has the bias.
        return g === 0 ? m : unbiased(m);
      },
    ];
  }
}

const ACTIVATIONS: { readonly [K in ModelConfig['hidden_act']]: UnivariateName } = {
  gelu: 'gelu',
  gelu_new: 'gelu tanh',
  trigonometric: 'trigonometric',
};

/** A gate of the model's activation, shaped like x. */
export const activation = (
  graph: Graph,
  { hidden_act, trigonometric }: Pick<ModelConfig, 'hidden_act' | 'trigonometric'>,
  name: string,
  x: Tensor,
): Tensor => graph.gate(name, x, [ACTIVATIONS[hidden_act]], { constants: { polynomial: trigonometric } });

/** Shaped like x. */
export function feedForward(graph: Graph, config: ModelConfig, index: number, x: Tensor): Tensor {
  const layer = `layer.${index}`;
  const { channels } = groupsOf(config, index);
  const outputs = channels.map((count, g) => {
    const named = (name: string) => inGroup(`${layer}.${name}`, g, channels);
    const a = activation(graph, config, named('activation'), graph.linear(named('intermediate'), x, [count]));
    return graph.linear(named('output'), a, [config.hidden_size]);
  });
  return outputs.reduce((sum, next, g) => graph.add(`${layer}.outputs.${g}`, sum, next));
}
