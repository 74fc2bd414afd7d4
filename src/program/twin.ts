/**
 * The plaintext twin: a network read in floating point, with exact functions where the protocol has gates.
 *
 * The reference of every test, the source of value ranges, and what tuning costs nothing to try on.
 */
import type { Matrix } from '../models/fold';
import type { Univariate } from './functions';
import { type Network, type Operation, readFormula, size, type Tensor } from './network';

export interface TwinInputs {
  /** Values of inputs and masks by name, in the tensors' shapes. */
  inputs: Record<string, ArrayLike<number>>;
  weights: Map<string, Matrix>;
  /** The readout's matrix [x's last axis, columns], row by row. */
  readout: ArrayLike<number>;
  /** What each gate computes. */
  functions: (gate: Operation & { kind: 'gate' }) => Univariate[];
  /** Sees every tensor's values as they are computed. */
  observe?: (tensor: Tensor, values: Float64Array) => void;
}

/** Values of the last tensor. */
export function runTwin(network: Network, options: TwinInputs): Float64Array {
  const values: Float64Array[] = [];
  // Tensors are given back after their last use; a batch of long sequences would otherwise keep every layer.
  const lastUse = network.tensors.map((tensor) => tensor.id);
  for (const { id, operation } of network.tensors) for (const operand of operands(operation)) lastUse[operand.id] = id;
  for (const tensor of network.tensors) {
    const result = compute(tensor, (operand) => values[operand.id]!, options);
    options.observe?.(tensor, result);
    values[tensor.id] = result;
    for (const operand of operands(tensor.operation)) if (lastUse[operand.id] === tensor.id) delete values[operand.id];
  }
  return values[network.tensors.length - 1]!;
}

export function operands(operation: Operation): Tensor[] {
  switch (operation.kind) {
    case 'input':
    case 'mask':
      return [];
    case 'contract':
    case 'add':
      return [operation.left, operation.right];
    case 'multiply':
      return [operation.x, operation.y];
    case 'gate':
      return operation.keep ? [operation.x, operation.keep] : [operation.x];
    default:
      return [operation.x];
  }
}

function compute(
  { name, shape, operation }: Tensor,
  value: (x: Tensor) => Float64Array,
  options: TwinInputs,
): Float64Array {
  const n = size(shape);
  switch (operation.kind) {
    case 'input':
    case 'mask': {
      const given = options.inputs[name];
      if (given?.length !== n) throw new Error(`the input ${name} needs ${n} values and got ${given?.length}`);
      return Float64Array.from(given);
    }
    case 'linear': {
      const w = options.weights.get(operation.weight);
      if (!w) throw new Error(`no matrix ${operation.weight}`);
      const x = value(operation.x);
      const out = new Float64Array(n);
      for (let at = 0; at < n; at += w.outputs) out.set(w.bias, at);
      product(out, x, w.values, x.length / w.inputs, w.inputs, w.outputs);
      return out;
    }
    case 'readout': {
      const x = value(operation.x);
      const inputs = operation.x.shape.at(-1)!;
      const out = new Float64Array(n);
      product(out, x, options.readout, x.length / inputs, inputs, operation.columns);
      return out;
    }
    case 'gate': {
      const functions = options.functions(operation);
      const x = value(operation.x);
      const keep = operation.keep && value(operation.keep);
      const run = keep ? x.length / keep.length : 1;
      const out = new Float64Array(n);
      for (let i = 0; i < x.length; i++) {
        if (keep && keep[Math.floor(i / run)] === 0) continue;
        for (const [j, f] of functions.entries()) out[i * functions.length + j] = f(x[i]!);
      }
      return out;
    }
    case 'contract': {
      const { left, right, formula } = operation;
      const c = contraction(formula, left.shape, right.shape);
      const [l, r, out] = [value(left), value(right), new Float64Array(n)];
      for (let b = 0; b < c.outer; b++) {
        for (let h = 0; h < c.inner; h++) {
          for (let i = 0; i < c.rows; i++) {
            for (let j = 0; j < c.columns; j++) {
              let sum = 0;
              let at = b * c.left.outer + h * c.left.inner + i * c.left.row;
              let to = b * c.right.outer + h * c.right.inner + j * c.right.column;
              for (let k = 0; k < c.depth; k++, at += c.left.column, to += c.right.row) sum += l[at]! * r[to]!;
              out[b * c.out.outer + h * c.out.inner + i * c.out.row + j * c.out.column] = sum;
            }
          }
        }
      }
      return out;
    }
    case 'multiply': {
      const [x, y] = [value(operation.x), value(operation.y)];
      const run = x.length / y.length;
      return x.map((v, i) => v * y[Math.floor(i / run)]!);
    }
    case 'squares': {
      const [x, width] = [value(operation.x), operation.x.shape.at(-1)!];
      const out = new Float64Array(n);
      for (let i = 0; i < x.length; i++) out[Math.floor(i / width)]! += x[i]! ** 2 / 2 ** operation.halvings;
      return out;
    }
    case 'sum': {
      const [x, inner] = [value(operation.x), size(operation.x.shape.slice(operation.axis + 1))];
      const length = operation.x.shape[operation.axis]!;
      const out = new Float64Array(n);
      for (let i = 0; i < x.length; i++) out[Math.floor(i / (length * inner)) * inner + (i % inner)]! += x[i]!;
      return out;
    }
    case 'centre': {
      const [x, width] = [value(operation.x), operation.x.shape.at(-1)!];
      const out = x.slice();
      for (let at = 0; at < n; at += width) {
        const row = out.subarray(at, at + width);
        const mean = row.reduce((a, b) => a + b, 0) / width;
        for (let i = 0; i < width; i++) row[i]! -= mean;
      }
      return out;
    }
    case 'add': {
      const right = value(operation.right);
      return value(operation.left).map((v, i) => v + right[i]!);
    }
    case 'offset':
      return value(operation.x).map((v) => v + operation.value);
    case 'select': {
      const [x, inner] = [value(operation.x), size(operation.x.shape.slice(operation.axis + 1))];
      const length = operation.x.shape[operation.axis]!;
      const out = new Float64Array(n);
      for (let at = 0, from = operation.index * inner; at < n; at += inner, from += length * inner) {
        out.set(x.subarray(from, from + inner), at);
      }
      return out;
    }
    case 'lift':
    case 'reshape':
      return value(operation.x);
  }
}

/** out += x · w */
function product(
  out: Float64Array,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  rows: number,
  depth: number,
  columns: number,
) {
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < depth; k++) {
      const factor = x[i * depth + k]!;
      if (factor === 0) continue;
      for (let j = 0, at = i * columns, from = k * columns; j < columns; j++, at++, from++)
        out[at]! += factor * w[from]!;
    }
  }
}

/** A formula as strides: the shape that the kernels take. */
export function contraction(formula: string, left: readonly number[], right: readonly number[]) {
  const { letters, lengths, batch, row, column, depth, shape } = readFormula(formula, left, right);
  const stride = (part: string, dimensions: readonly number[], letter: string | undefined) => {
    const axis = letter ? part.indexOf(letter) : -1;
    return axis < 0 ? 0 : size(dimensions.slice(axis + 1));
  };
  const strides = (part: string, dimensions: readonly number[], r: string, c: string) => ({
    outer: stride(part, dimensions, batch[0]),
    inner: stride(part, dimensions, batch[1]),
    row: stride(part, dimensions, r),
    column: stride(part, dimensions, c),
  });
  return {
    outer: lengths[batch[0]!] ?? 1,
    inner: lengths[batch[1]!] ?? 1,
    rows: lengths[row] ?? 1,
    columns: lengths[column] ?? 1,
    depth: lengths[depth]!,
    left: strides(letters.left, left, row, depth),
    right: strides(letters.right, right, depth, column),
    out: strides(letters.out, shape, row, column),
  };
}
