/**
 * LayerNorm in a graph: x/√(mean x²) of what has no mean. γ, β and the mean subtraction live in the neighbouring matrices (folding.ts).
 *
 * A norm's argument may differ by orders of magnitude between the first or last token of a text and those in between; its inverse root is
 * then a gate for each kind of token.
 */
import type { Graph, Tensor } from '../graph/graph';
import { axisLength } from '../graph/shape';
import type { ModelConfig } from './config';

export interface LayerNormOptions {
  /** Each row is multiplied by its own. */
  weights?: Tensor;
  /** Masks of the kinds of rows that are told apart. Rows of none become zeros. */
  kinds?: readonly Tensor[];
}

/** Shaped like x, along whose last axis it goes. */
export function layerNorm(
  graph: Graph,
  { layer_norm_eps: epsilon }: Pick<ModelConfig, 'layer_norm_eps'>,
  name: string,
  x: Tensor,
  { weights, kinds = [] }: LayerNormOptions = {},
): Tensor {
  const width = axisLength(x.shape, -1);
  const halvings = Math.ceil(Math.log2(width));
  const square = graph.squares(`${name}.square`, x, halvings);
  const constants = { factor: 2 ** halvings / width, epsilon };
  const gateOf = (part: string, mask?: Tensor) => graph.gate(part, square, ['inverse root'], { constants, mask });
  const [first, ...more] = kinds.map((kind) => gateOf(`${name}.deviation.${kind.name}`, kind));
  const inverse = first
    ? more.reduce((sum, next, i) => graph.add(`${name}.deviations.${i}`, sum, next), first)
    : gateOf(`${name}.deviation`);
  return graph.multiply(name, x, weights ? graph.multiply(`${name}.weighted`, inverse, weights) : inverse);
}
