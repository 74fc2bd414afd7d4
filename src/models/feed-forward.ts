/**
 * A layer's feed-forward part, activation(x W1 + b1) W2 + b2, its intermediate channels in groups by their range, with a gate each
 * (grouping.ts). Which channels are in which group is private: they are put in order in the matrices.
 *
 * GELU is x/2 and an even function. What is x/2 is linear from x on, so it is a matrix W1 W2 / 2 of its own, and the gate has to be of the even
 * part only: about half of the harmonics, since an even function has no step to come back from at the end of a period.
 */
import type { UnivariateName } from '../graph/functions';
import type { Graph, Tensor } from '../graph/graph';
import type { Recipe, TensorShapes } from './architecture';
import type { ModelConfig } from './config';
import { centred, composed, inputsAt, outputsAt, scaled, unbiased } from './folding';
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
  if (ACTIVATIONS[config.hidden_act].even) {
    yield [
      `layer.${index}.through`,
      async (source) => scaled(composed(await maps.intermediate(source), unbiased(await output(source))), 1 / 2),
    ];
  }
}

/** `even`: what is left of a function that is half of its argument and something even. */
const ACTIVATIONS: { readonly [K in ModelConfig['hidden_act']]: { whole: UnivariateName; even?: UnivariateName } } = {
  gelu: { whole: 'gelu', even: 'gelu even' },
  gelu_new: { whole: 'gelu tanh', even: 'gelu tanh even' },
  trigonometric: { whole: 'trigonometric' },
};

/** A gate of the model's activation, shaped like x. */
export const activation = (
  graph: Graph,
  { hidden_act, trigonometric }: Pick<ModelConfig, 'hidden_act' | 'trigonometric'>,
  name: string,
  x: Tensor,
): Tensor => graph.gate(name, x, [ACTIVATIONS[hidden_act].whole], { constants: { polynomial: trigonometric } });

/** Shaped like x. */
export function feedForward(graph: Graph, config: ModelConfig, index: number, x: Tensor): Tensor {
  const layer = `layer.${index}`;
  const { channels } = groupsOf(config, index);
  const { even } = ACTIVATIONS[config.hidden_act];
  const outputs = channels.map((count, g) => {
    const named = (name: string) => inGroup(`${layer}.${name}`, g, channels);
    const between = graph.linear(named('intermediate'), x, [count]);
    const a = even
      ? graph.gate(named('activation'), between, [even])
      : activation(graph, config, named('activation'), between);
    return graph.linear(named('output'), a, [config.hidden_size]);
  });
  if (even) outputs.push(graph.linear(`${layer}.through`, x, [config.hidden_size]));
  return outputs.reduce((sum, next, g) => graph.add(`${layer}.outputs.${g}`, sum, next));
}
