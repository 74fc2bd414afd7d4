/**
 * The twin's forward pass for experiments, which need hundreds of thousands: the same formula, traced once for each shape by jax-js and
 * run in single precision on WebAssembly.
 */
import { defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import type { ModelConfig } from '../../src/models/config';
import type { Matrix } from '../../src/models/fold';
import type { Network, Operation, Tensor, UnivariateConstants, UnivariateName } from '../../src/program/network';
import { operands } from '../../src/program/twin';
import { trigonometric } from '../pretrain/network';

export type Values = Record<string, np.Array>;

/** Once before anything else. */
export async function startJax(): Promise<void> {
  await init('wasm');
  defaultDevice('wasm');
}

/** `weights` stay in WebAssembly's memory; see `load`. */
export type FastNetwork = (weights: Values, inputs: Record<string, ArrayLike<number>>) => Float32Array;

export function compile(config: ModelConfig, network: Network): FastNetwork {
  const run = jit((values: Values) => trace(config, network, values)) as (values: Values) => np.Array;
  const inputs = network.tensors.filter(({ operation }) => operation.kind === 'input' || operation.kind === 'mask');
  return (weights, given) => {
    const values: Values = {};
    for (const [name, value] of Object.entries(weights)) values[name] = value.ref;
    for (const { name, shape } of inputs) values[name] = array(given[name]!, shape);
    return run(values).dataSync() as Float32Array;
  };
}

/** A model's matrices, and the label words' columns [hidden, words], for `compile`. */
export function load(weights: Map<string, Matrix>, readout: Float64Array, words: number): Values {
  const values: Values = { readout: array(readout, [readout.length / words, words]) };
  for (const [name, { inputs, outputs, values: w, bias }] of weights) {
    values[`${name}.weight`] = array(w, [inputs, outputs]);
    values[`${name}.bias`] = array(bias, [outputs]);
  }
  return values;
}

const array = (values: ArrayLike<number>, shape: readonly number[]) =>
  np.array(Float32Array.from(values)).reshape([...shape]);

/** jax-js counts references: every use of a value but its last takes `.ref`. */
function trace(config: ModelConfig, network: Network, given: Values): np.Array {
  const uses = new Map<Tensor, number>();
  for (const { operation } of network.tensors) for (const x of operands(operation)) uses.set(x, (uses.get(x) ?? 0) + 1);
  const values = new Map<Tensor, np.Array>();
  const value = (x: Tensor): np.Array => {
    const left = uses.get(x)! - 1;
    uses.set(x, left);
    return left > 0 ? values.get(x)!.ref : values.get(x)!;
  };
  for (const tensor of network.tensors) values.set(tensor, compute(config, tensor, value, given));
  return values.get(network.tensors.at(-1)!)!;
}

function compute(config: ModelConfig, tensor: Tensor, value: (x: Tensor) => np.Array, given: Values): np.Array {
  const { name, operation } = tensor;
  const shape = [...tensor.shape];
  switch (operation.kind) {
    case 'input':
    case 'mask':
      return given[name]!;
    case 'linear':
      return rows(value(operation.x), given[`${operation.weight}.weight`]!)
        .add(given[`${operation.weight}.bias`]!)
        .reshape(shape);
    case 'readout':
      return rows(value(operation.x), given.readout!).reshape(shape);
    case 'gate':
      return gate(config, operation, value).reshape(shape);
    case 'contract':
      return contract(operation.formula, value(operation.left), value(operation.right));
    case 'multiply':
      return value(operation.x).mul(widened(value(operation.y), shape));
    case 'squares':
      return np
        .square(value(operation.x))
        .sum(-1)
        .mul(2 ** -operation.halvings);
    case 'sum':
      return value(operation.x).sum(operation.axis);
    case 'centre': {
      const x = value(operation.x);
      return x.ref.sub(x.mean(-1, { keepdims: true }));
    }
    case 'add':
      return value(operation.left).add(value(operation.right));
    case 'offset':
      return value(operation.x).add(operation.value);
    case 'lift':
      return value(operation.x);
    case 'select': {
      const index = operation.x.shape.map((_, axis) => (axis === operation.axis ? operation.index : []) as number & []);
      return value(operation.x).slice(...index);
    }
    case 'reshape':
      return value(operation.x).reshape(shape);
  }
}

/** With letters as numbers: np.einsum reads a formula with a method that Node 20 lacks. */
function contract(formula: string, left: np.Array, right: np.Array): np.Array {
  const [l, r, out] = formula.split(/,|->/).map((letters) => Array.from(letters, (letter) => letter.charCodeAt(0)));
  return np.einsum(left, l!, right, r!, out!);
}

const rows = (x: np.Array, w: np.Array) => np.matmul(x.reshape([-1, w.shape[0]!]), w);

/** y, whose shape is the beginning of `shape`, with axes of length one behind. */
const widened = (y: np.Array, shape: number[]) => y.reshape([...y.shape, ...shape.slice(y.shape.length).map(() => 1)]);

function gate(config: ModelConfig, operation: Operation & { kind: 'gate' }, value: (x: Tensor) => np.Array): np.Array {
  const { functions, constants, keep } = operation;
  const x = value(operation.x);
  const results = functions.map((f, i) => univariate(config, f, constants, i < functions.length - 1 ? x.ref : x));
  const out = results.length === 1 ? results[0]! : np.stack(results, -1);
  return keep ? out.mul(widened(value(keep), out.shape)) : out;
}

function univariate(config: ModelConfig, name: UnivariateName, constants: UnivariateConstants, x: np.Array): np.Array {
  const { factor = 1, epsilon = 0 } = constants;
  switch (name) {
    case 'cosine':
      return np.cos(x.mul(2 * Math.PI));
    case 'sine':
      return np.sin(x.mul(2 * Math.PI));
    case 'reciprocal':
      return np.reciprocal(x);
    case 'inverse root':
      return np.reciprocal(np.sqrt(x.mul(factor).add(epsilon)));
    case 'exponential':
      return np.exp(x);
    case 'activation':
      if (!config.trigonometric) throw new Error('only models with a trigonometric activation are evaluated');
      return trigonometric(config.trigonometric, x);
  }
}
