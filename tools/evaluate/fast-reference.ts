/**
 * The reference's forward pass for experiments, which need hundreds of thousands: the same formula, traced once for each shape by jax-js and
 * run in single precision on WebAssembly.
 */

import { defaultDevice, init, jit, numpy as np } from '@jax-js/jax';
import type { UnivariateConstants, UnivariateName } from '../../src/graph/functions';
import type { Graph, OperationKind, Tensor, TensorOf } from '../../src/graph/graph';
import type { Matrix } from '../../src/graph/matrix';
import { operandsOf } from '../../src/graph/operations';
import { trigonometric } from '../pretrain/network';

export type Values = Record<string, np.Array>;

/** Once before anything else. */
export async function startJax(): Promise<void> {
  await init('wasm');
  defaultDevice('wasm');
}

/** `weights` stay in WebAssembly's memory; see `load`. Throws, naming it, for an input that is missing. */
export type FastGraph = (weights: Values, inputs: Readonly<Record<string, ArrayLike<number>>>) => Float32Array;

export function compile(graph: Graph): FastGraph {
  const run = jit((values: Values) => trace(graph, values)) as (values: Values) => np.Array;
  const inputs = graph.tensors.filter(({ operation }) => operation.kind === 'input' || operation.kind === 'mask');
  return (weights, given) => {
    const values: Values = {};
    for (const [name, value] of Object.entries(weights)) values[name] = value.ref;
    for (const { name, shape } of inputs) {
      const input = given[name];
      if (!input) throw new Error(`the reference has no input ${name}`);
      values[name] = array(input, shape);
    }
    return run(values).dataSync() as Float32Array;
  };
}

/** A model's matrices, and the label words' columns [hidden, words], for `compile`. */
export function load(weights: ReadonlyMap<string, Matrix>, readout: Float64Array, words: number): Values {
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
function trace(graph: Graph, given: Values): np.Array {
  const uses = new Map<Tensor, number>();
  for (const tensor of graph.tensors) for (const x of operandsOf(tensor)) uses.set(x, (uses.get(x) ?? 0) + 1);
  // A matrix is read by each part of the rows that it is for.
  const reads = new Map<string, number>();
  for (const { operation } of graph.tensors) {
    if (!('weight' in operation)) continue;
    for (const name of [`${operation.weight}.weight`, `${operation.weight}.bias`])
      reads.set(name, (reads.get(name) ?? 0) + 1);
  }
  const values = new Map<Tensor, np.Array>();
  const found = (array: np.Array | undefined, what: string): np.Array => {
    if (!array) throw new Error(`the reference has no ${what}`);
    return array;
  };
  const known: Known = {
    value(x) {
      const left = (uses.get(x) ?? 0) - 1;
      uses.set(x, left);
      const array = found(values.get(x), `value of ${x.name} yet`);
      return left > 0 ? array.ref : array;
    },
    given(name) {
      const left = (reads.get(name) ?? 1) - 1;
      reads.set(name, left);
      const array = found(given[name], name);
      return left > 0 ? array.ref : array;
    },
  };
  let result: np.Array | undefined;
  for (const tensor of graph.tensors) {
    result = compute(tensor, known);
    values.set(tensor, result);
  }
  return found(result, 'tensor');
}

interface Known {
  value(x: Tensor): np.Array;
  /** An input or a weight. */
  given(name: string): np.Array;
}

const EVALUATE: { readonly [K in OperationKind]: (tensor: TensorOf<K>, known: Known) => np.Array } = {
  input: ({ name }, { given }) => given(name),
  mask: ({ name }, { given }) => given(name),
  linear: ({ shape, operation: { x, weight } }, { value, given }) =>
    rows(value(x), given(`${weight}.weight`))
      .add(given(`${weight}.bias`))
      .reshape([...shape]),
  // One row and a bias spread over all that stands before the last axis.
  scale: ({ shape, operation: { x, weight } }, { value, given }) =>
    value(x)
      .mul(given(`${weight}.weight`).reshape([shape.at(-1) ?? 1]))
      .add(given(`${weight}.bias`)),
  gate({ name, shape, operation: { x, functions, constants, mask, maskAxis, causal } }, { value }) {
    if (causal) throw new Error(`${name}: only encoders are evaluated`);
    const argument = value(x);
    const results = functions.map((f, i) =>
      UNIVARIATE[f](i < functions.length - 1 ? argument.ref : argument, constants),
    );
    const [first] = results;
    const out = results.length === 1 && first ? first : np.stack(results, -1);
    if (!mask) return out.reshape([...shape]);
    const keep = value(mask);
    return out.mul(widened(keep, out.shape, maskAxis)).reshape([...shape]);
  },
  contract({ name, operation: { formula, left, right, firsts } }, { value }) {
    if (firsts) throw new Error(`${name}: only encoders are evaluated`);
    return contract(formula, value(left), value(right));
  },
  multiply: ({ shape, operation: { x, y } }, { value }) => value(x).mul(widened(value(y), shape)),
  square: ({ operation: { x } }, { value }) => np.square(value(x)),
  squares: ({ operation: { x, halvings } }, { value }) =>
    np
      .square(value(x))
      .sum(-1)
      .mul(2 ** -halvings),
  sum: ({ operation: { x, axis } }, { value }) => value(x).sum(axis),
  centre({ operation }, { value }) {
    const x = value(operation.x);
    return x.ref.sub(x.mean(-1, { keepdims: true }));
  },
  near({ name }) {
    throw new Error(`${name}: only random features are evaluated`);
  },
  add: ({ shape, operation: { x, y, axis } }, { value }) => value(x).add(widened(value(y), shape, axis)),
  offset: ({ operation }, { value }) => value(operation.x).add(operation.value),
  doubled: ({ operation: { x, times } }, { value }) => value(x).mul(2 ** times),
  reversed: ({ operation: { x } }, { value }) => value(x).transpose(),
  lift: ({ operation: { x } }, { value }) => value(x),
  select({ operation: { x, axis, index } }, { value }) {
    const at = x.shape.map((_, i) => (i === axis ? index : []) as number & []);
    return value(x).slice(...at);
  },
  slice({ operation: { x, axis, start, count } }, { value }) {
    const at = x.shape.map((_, i) => (i === axis ? [start, start + count] : []) as [number, number] | []);
    return value(x).slice(...at);
  },
  join: ({ operation: { parts, axis } }, { value }) => np.concatenate(parts.map(value), axis),
  pair({ shape, operation: { texts, prompts, by } }, { value }) {
    const [candidates, count] = [prompts.shape[0] ?? 1, texts.shape[0] ?? 1];
    const everyPair = (x: np.Array, axis: number, rest: readonly number[]) =>
      np.broadcastTo(np.expandDims(x, axis), [candidates, count, ...rest]);
    const text = everyPair(value(texts), 0, texts.shape.slice(1));
    const prompt = everyPair(value(prompts), 1, prompts.shape.slice(1));
    return (by === 'rows' ? np.concatenate([text, prompt], 2) : text.add(prompt)).reshape([...shape]);
  },
  reshape: ({ shape, operation: { x } }, { value }) => value(x).reshape([...shape]),
  readout: ({ shape, operation: { x } }, { value, given }) => rows(value(x), given('readout')).reshape([...shape]),
  reveal: ({ operation: { x } }, { value }) => value(x),
};

const compute = <K extends OperationKind>(tensor: TensorOf<K>, known: Known): np.Array =>
  EVALUATE[tensor.operation.kind](tensor, known);

/** With letters as numbers: np.einsum reads a formula with a method that Node 20 lacks. */
function contract(formula: string, left: np.Array, right: np.Array): np.Array {
  const [l = [], r = [], out = []] = formula
    .split(/,|->/)
    .map((letters) => Array.from(letters, (letter) => letter.charCodeAt(0)));
  return np.einsum(left, l, right, r, out);
}

const rows = (x: np.Array, w: np.Array) => np.matmul(x.reshape([-1, w.shape[0] ?? 1]), w);

/** y, whose axes are those of `shape` from `axis` on, with axes of length one before and behind. */
const widened = (y: np.Array, shape: readonly number[], axis = 0) =>
  y.reshape([...shape.slice(0, axis).map(() => 1), ...y.shape, ...shape.slice(axis + y.shape.length).map(() => 1)]);

function refused(): never {
  throw new Error('only models with a trigonometric activation are evaluated');
}

const UNIVARIATE: { readonly [K in UnivariateName]: (x: np.Array, constants: UnivariateConstants) => np.Array } = {
  cosine: (x) => np.cos(x.mul(2 * Math.PI)),
  sine: (x) => np.sin(x.mul(2 * Math.PI)),
  reciprocal: (x) => np.reciprocal(x),
  'inverse root': (x, { factor = 1, epsilon = 0 }) => np.reciprocal(np.sqrt(x.mul(factor).add(epsilon))),
  logarithm: (x, { factor = 1 }) => np.log(x).mul(factor),
  exponential: (x) => np.exp(x),
  gelu: refused,
  'gelu tanh': refused,
  'gelu even': refused,
  'gelu tanh even': refused,
  trigonometric(x, { polynomial }) {
    if (!polynomial) throw new Error('a trigonometric function needs its polynomial');
    return trigonometric(polynomial, x);
  },
};
