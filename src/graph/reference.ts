/**
 * The reference: a graph read in floating point, with exact functions where the protocol has gates.
 *
 * What every test compares with, the source of value ranges, and what tuning costs nothing to try on.
 */
import type { Graph, Tensor } from './graph';
import type { Matrix } from './matrix';
import { evaluate, operandsOf } from './operations';
import { loopProduct, type Product } from './product';

export interface ReferenceInputs {
  /** Values of inputs and masks by name, in the tensors' shapes. */
  inputs: Record<string, ArrayLike<number>>;
  weights: ReadonlyMap<string, Matrix>;
  /** The readout's matrix [x's last axis, columns], row by row. */
  readout: ArrayLike<number>;
  /** What multiplies matrices: most of the time goes there. A loop in JavaScript unless another is given. */
  product?: Product;
  /** Sees every tensor's values as they are computed. */
  observe?: (tensor: Tensor, values: Float64Array) => void;
}

/** Values of the last tensor. Throws, naming it, for an input or a weight that is missing or misshapen. */
export function runReference(
  graph: Graph,
  { inputs, weights, readout, product = loopProduct, observe }: ReferenceInputs,
): Float64Array {
  const values = new Map<Tensor, Float64Array>();
  const found = <T>(thing: T | undefined, what: string): T => {
    if (thing === undefined) throw new Error(`the reference has no ${what}`);
    return thing;
  };
  const given = {
    value: (tensor: Tensor) => found(values.get(tensor), `value of ${tensor.name} yet`),
    input: (name: string) => found(inputs[name], `input ${name}`),
    weight: (name: string) => found(weights.get(name), `matrix ${name}`),
    readout: Float64Array.from(readout),
    product,
  };
  // Tensors are given back after their last use; a batch of long sequences would otherwise hold every layer.
  const lastUse = new Map<Tensor, Tensor>();
  for (const tensor of graph.tensors) for (const operand of operandsOf(tensor)) lastUse.set(operand, tensor);
  let result: Float64Array = new Float64Array();
  for (const tensor of graph.tensors) {
    result = evaluate(tensor, given);
    observe?.(tensor, result);
    values.set(tensor, result);
    for (const operand of operandsOf(tensor)) if (lastUse.get(operand) === tensor) values.delete(operand);
  }
  return result;
}
