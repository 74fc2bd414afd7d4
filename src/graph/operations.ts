/**
 * What every kind of operation means: a row each with its operands, its shape and its value in floating point.
 *
 * `shape` throws, naming the tensor, when operands do not fit together. Values are row-major Float64Arrays; `evaluate` may
 * return an operand's own array where nothing changes.
 */
import { contraction, readFormula } from './formula';
import { univariate } from './functions';
import type { OperationKind, OperationOf, Tensor, TensorOf } from './graph';
import type { Matrix } from './matrix';
import type { Product } from './product';
import { axisLength, begins, besides, isSeen, pairShape, runOf, type Shape, size, spreads } from './shape';

/** What an evaluation is given. */
export interface Given {
  /** An operand's value. */
  value(tensor: Tensor): Float64Array;
  /** Values of an input or a mask. */
  input(name: string): ArrayLike<number>;
  /** A private matrix or vector of the model owner. Throws for one that is missing. */
  weight(name: string): Matrix;
  /** The readout's matrix [x's last axis, columns], row by row. */
  readonly readout: Float64Array;
  readonly product: Product;
}

export interface GraphOperation<K extends OperationKind> {
  operands(operation: OperationOf<K>): Tensor[];
  shape(operation: OperationOf<K>, name: string): Shape;
  evaluate(tensor: TensorOf<K>, given: Given): Float64Array;
}

const fit = (fits: boolean, name: string, what: string): void => {
  if (!fits) throw new Error(`${name}: ${what}`);
};

const inputValues = (tensor: Tensor, { input }: Given): Float64Array => {
  const values = Float64Array.from(input(tensor.name));
  const n = size(tensor.shape);
  if (values.length !== n) throw new Error(`the input ${tensor.name} needs ${n} values and got ${values.length}`);
  return values;
};

type Matrices = [x: Float64Array, w: Float64Array, y: Float64Array];
type Axis = [length: number, stride: number];

/** A matrix's elements, row by row. */
function gather(to: Float64Array, from: Float64Array, start: number, [rows, row]: Axis, [columns, column]: Axis): void {
  for (let i = 0, k = 0; i < rows; i++)
    for (let j = 0, at = start + i * row; j < columns; j++, k++, at += column) to[k] = from[at]!;
}

/** `count` neighbours of an axis of what has this shape. */
function neighbours(values: Float64Array, shape: Shape, axis: number, start: number, count: number): Float64Array {
  const inner = size(shape.slice(axis + 1));
  const [run, block] = [count * inner, axisLength(shape, axis) * inner];
  const out = new Float64Array((values.length / block) * run);
  for (let at = 0, from = start * inner; at < out.length; at += run, from += block)
    out.set(values.subarray(from, from + run), at);
  return out;
}

export const OPERATIONS: { readonly [K in OperationKind]: GraphOperation<K> } = {
  input: { operands: () => [], shape: ({ shape }) => shape, evaluate: inputValues },

  mask: { operands: () => [], shape: ({ shape }) => shape, evaluate: inputValues },

  linear: {
    operands: ({ x }) => [x],
    shape: ({ x, features, contracted }) => [...x.shape.slice(0, x.shape.length - contracted), ...features],
    evaluate({ shape, operation }, { value, weight, product }) {
      const { inputs, outputs, values, bias } = weight(operation.weight);
      const x = value(operation.x);
      const out = new Float64Array(size(shape));
      for (let at = 0; at < out.length; at += outputs) out.set(bias, at);
      product(out, x, values, { rows: x.length / inputs, depth: inputs, columns: outputs });
      return out;
    },
  },

  scale: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate({ operation }, { value, weight }) {
      const { outputs, values, bias } = weight(operation.weight);
      const out = value(operation.x).slice();
      for (let at = 0; at < out.length; at += outputs)
        for (let j = 0; j < outputs; j++) out[at + j] = out[at + j]! * values[j]! + bias[j]!;
      return out;
    },
  },

  gate: {
    operands: ({ x, mask }) => (mask ? [x, mask] : [x]),
    shape({ x, functions, mask, maskAxis, causal }, name) {
      const fits = !mask || spreads(mask.shape, x.shape, maskAxis);
      fit(fits, name, `[${mask?.shape}] cannot mask elements of [${x.shape}]`);
      const hasPairs = functions.length === 1 && (causal?.queries ?? 0) < x.shape.length - 1;
      fit(causal === undefined || hasPairs, name, `[${x.shape}] has no axes of queries and keys for ${functions}`);
      return functions.length === 1 ? x.shape : [...x.shape, functions.length];
    },
    evaluate({ shape, operation }, { value }) {
      const { constants, mask, maskAxis, causal } = operation;
      const functions = operation.functions.map((name) => univariate(name, constants));
      const x = value(operation.x);
      const keep = mask && value(mask);
      const run = mask ? runOf(mask.shape, operation.x.shape, maskAxis) : 1;
      const out = new Float64Array(size(shape));
      const isZero = (i: number) =>
        keep?.[Math.floor(i / run) % keep.length] === 0 ||
        (causal !== undefined && !isSeen(operation.x.shape, i, causal));
      const isWhole = !keep && causal === undefined;
      for (const [j, f] of functions.entries()) {
        for (let i = 0, at = j; i < x.length; i++, at += functions.length)
          if (isWhole || !isZero(i)) out[at] = f(x[i]!);
      }
      return out;
    },
  },

  contract: {
    operands: ({ left, right }) => [left, right],
    shape: ({ formula, left, right, firsts }) => readFormula(formula, left.shape, right.shape, firsts).shape,
    evaluate({ shape, operation }, { value, product }) {
      const { formula, left, right, firsts } = operation;
      const c = contraction(formula, left.shape, right.shape, firsts);
      const { rows, depth, columns } = c;
      const [l, r, out] = [value(left), value(right), new Float64Array(size(shape))];
      const [x, w, y] = [rows * depth, depth * columns, rows * columns].map((n) => new Float64Array(n)) as Matrices;
      for (let b = 0; b < c.outer; b++) {
        for (let h = 0; h < c.inner; h++) {
          gather(x, l, b * c.left.outer + h * c.left.inner, [rows, c.left.row], [depth, c.left.column]);
          gather(w, r, b * c.right.outer + h * c.right.inner, [depth, c.right.row], [columns, c.right.column]);
          product(y.fill(0), x, w, c);
          const at = b * c.out.outer + h * c.out.inner;
          for (let i = 0; i < rows; i++)
            for (let j = 0; j < columns; j++) out[at + i * c.out.row + j * c.out.column] = y[i * columns + j]!;
        }
      }
      return out;
    },
  },

  multiply: {
    operands: ({ x, y }) => [x, y],
    shape({ x, y }, name) {
      fit(begins(y.shape, x.shape), name, `[${y.shape}] is not the beginning of [${x.shape}]`);
      return x.shape;
    },
    evaluate({ operation: { x, y } }, { value }) {
      const factors = value(y);
      const out = value(x).slice();
      const run = out.length / factors.length;
      for (let j = 0, i = 0; j < factors.length; j++) for (let end = i + run; i < end; i++) out[i]! *= factors[j]!;
      return out;
    },
  },

  square: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate: ({ operation }, { value }) => value(operation.x).map((v) => v ** 2),
  },

  squares: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape.slice(0, -1),
    evaluate({ shape, operation: { x, halvings } }, { value }) {
      const out = new Float64Array(size(shape));
      const width = axisLength(x.shape, -1);
      const values = value(x);
      for (let j = 0, i = 0; j < out.length; j++) {
        for (let end = i + width; i < end; i++) out[j]! += values[i]! ** 2;
        out[j]! /= 2 ** halvings;
      }
      return out;
    },
  },

  sum: {
    operands: ({ x }) => [x],
    shape: ({ x, axis }) => x.shape.toSpliced(axis, 1),
    evaluate({ shape, operation: { x, axis } }, { value }) {
      const out = new Float64Array(size(shape));
      const inner = size(x.shape.slice(axis + 1));
      const block = axisLength(x.shape, axis) * inner;
      const values = value(x);
      for (let to = 0, at = 0; to < out.length; to += inner)
        for (let end = at + block; at < end; ) for (let i = 0; i < inner; i++, at++) out[to + i]! += values[at]!;
      return out;
    },
  },

  centre: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate({ operation: { x } }, { value }) {
      const width = axisLength(x.shape, -1);
      const out = value(x).slice();
      for (let at = 0; at < out.length; at += width) {
        const row = out.subarray(at, at + width);
        const mean = row.reduce((a, b) => a + b, 0) / width;
        for (let i = 0; i < width; i++) row[i]! -= mean;
      }
      return out;
    },
  },

  near: {
    operands: ({ x }) => [x],
    shape({ x, eighths, beside }, name) {
      const [heads, rows = 0, , columns = 0] = x.shape;
      fit(x.shape.length === 4, name, `[${x.shape}] has not four axes`);
      fit(eighths.length === heads, name, `${eighths.length} heads' eighths for ${heads}`);
      const { first, slots } = beside;
      fit(first >= 0 && first + rows <= columns, name, `${rows} rows from ${first} on of ${columns} columns`);
      fit(slots >= 0 && slots < columns, name, `${slots} slots of ${columns} columns`);
      return x.shape;
    },
    evaluate({ shape, operation: { x, eighths, beside } }, { value }) {
      const [heads, rows, sequences, columns] = shape as [number, number, number, number];
      const values = value(x);
      const out = values.slice();
      for (let h = 0, at = 0; h < heads; h++) {
        for (let i = 0; i < rows; i++) {
          const nearest = besides(i, columns, beside);
          for (let b = 0; b < sequences; b++, at += columns) {
            let term = 0;
            for (const [o, column] of nearest.entries())
              if (column !== undefined) term += (eighths[h]![o]! / 8) * values[at + column]!;
            for (let j = at; j < at + columns; j++) out[j]! -= term;
          }
        }
      }
      return out;
    },
  },

  add: {
    operands: ({ x, y }) => [x, y],
    shape({ x, y, axis }, name) {
      fit(spreads(y.shape, x.shape, axis), name, `[${y.shape}] is not [${x.shape}] from axis ${axis} on`);
      return x.shape;
    },
    evaluate({ operation: { x, y, axis } }, { value }) {
      const [run, added] = [runOf(y.shape, x.shape, axis), value(y)];
      const out = value(x).slice();
      for (let i = 0; i < out.length; )
        for (let j = 0; j < added.length; j++) for (let end = i + run; i < end; i++) out[i]! += added[j]!;
      return out;
    },
  },

  offset: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate: ({ operation }, { value }) => value(operation.x).map((v) => v + operation.value),
  },

  doubled: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate: ({ operation: { x, times } }, { value }) => value(x).map((v) => v * 2 ** times),
  },

  reversed: {
    operands: ({ x }) => [x],
    shape({ x }, name) {
      fit(x.shape.length === 3, name, `[${x.shape}] has not three axes`);
      return x.shape.toReversed();
    },
    evaluate({ shape, operation: { x } }, { value }) {
      const [columns = 1, rows = 1, blocks = 1] = shape;
      const values = value(x);
      const out = new Float64Array(values.length);
      for (let i = 0, at = 0; i < columns; i++)
        for (let j = 0; j < rows; j++)
          for (let k = 0; k < blocks; k++, at++) out[at] = values[(k * rows + j) * columns + i]!;
      return out;
    },
  },

  lift: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate: ({ operation }, { value }) => value(operation.x),
  },

  select: {
    operands: ({ x }) => [x],
    shape({ x, axis, index }, name) {
      const length = axisLength(x.shape, axis);
      fit(index >= 0 && index < length, name, `index ${index} of an axis of ${length}`);
      return x.shape.toSpliced(axis, 1);
    },
    evaluate: ({ operation: { x, axis, index } }, { value }) => neighbours(value(x), x.shape, axis, index, 1),
  },

  slice: {
    operands: ({ x }) => [x],
    shape({ x, axis, start, count }, name) {
      const length = axisLength(x.shape, axis);
      fit(start >= 0 && start + count <= length, name, `${count} from ${start} on of an axis of ${length}`);
      return x.shape.with(axis, count);
    },
    evaluate: ({ operation: { x, axis, start, count } }, { value }) =>
      neighbours(value(x), x.shape, axis, start, count),
  },

  join: {
    operands: ({ parts }) => [...parts],
    shape({ parts, axis }, name) {
      const [first, ...others] = parts.map(({ shape }) => shape);
      if (!first) throw new Error(`${name}: nothing is joined`);
      const length = axisLength(first, axis);
      const fits = others.every((shape) => String(shape.with(axis, length)) === String(first));
      fit(fits, name, `[${parts.map(({ shape }) => shape).join('] and [')}] differ in more than axis ${axis}`);
      return first.with(
        axis,
        others.reduce((sum, shape) => sum + axisLength(shape, axis), length),
      );
    },
    evaluate({ shape, operation: { parts, axis } }, { value }) {
      const out = new Float64Array(size(shape));
      const block = size(shape.slice(axis));
      let before = 0;
      for (const part of parts) {
        const values = value(part);
        const run = size(part.shape.slice(axis));
        for (let from = 0, at = before; from < values.length; from += run, at += block)
          out.set(values.subarray(from, from + run), at);
        before += run;
      }
      return out;
    },
  },

  reshape: {
    operands: ({ x }) => [x],
    shape({ x, shape }, name) {
      fit(size(shape) === size(x.shape), name, `[${x.shape}] cannot be seen as [${shape}]`);
      return shape;
    },
    evaluate: ({ operation }, { value }) => value(operation.x),
  },

  pair: {
    operands: ({ texts, prompts }) => [texts, prompts],
    shape({ texts, prompts, by }, name) {
      const from = by === 'rows' ? 2 : 1;
      const [rest, other] = [texts, prompts].map(({ shape }) => shape.slice(from));
      const fits = texts.shape.length >= from && String(rest) === String(other);
      fit(fits, name, `[${texts.shape}] and [${prompts.shape}] cannot be paired by their ${by}`);
      return pairShape(texts.shape, prompts.shape, by);
    },
    evaluate({ shape, operation: { texts, prompts, by } }, { value }) {
      const [ofTexts, ofPrompts] = [value(texts), value(prompts)];
      const out = new Float64Array(size(shape));
      const block = size(shape.slice(1));
      const [text, prompt] = [size(texts.shape.slice(1)), size(prompts.shape.slice(1))];
      const behind = by === 'rows' ? text : 0;
      for (let at = 0, pair = 0; at < out.length; at += block, pair++) {
        const [t, c] = [pair % axisLength(texts.shape, 0), Math.floor(pair / axisLength(texts.shape, 0))];
        for (let i = 0; i < text; i++) out[at + i] = ofTexts[t * text + i]!;
        for (let i = 0; i < prompt; i++) out[at + behind + i]! += ofPrompts[c * prompt + i]!;
      }
      return out;
    },
  },

  readout: {
    operands: ({ x }) => [x],
    shape: ({ x, columns }) => [...x.shape.slice(0, -1), columns],
    evaluate({ shape, operation: { x, columns } }, { value, readout, product }) {
      const out = new Float64Array(size(shape));
      const depth = axisLength(x.shape, -1);
      const values = value(x);
      product(out, values, readout, { rows: values.length / depth, depth, columns });
      return out;
    },
  },

  reveal: {
    operands: ({ x }) => [x],
    shape: ({ x }) => x.shape,
    evaluate: ({ operation }, { value }) => value(operation.x),
  },
};

export function rowOf<K extends OperationKind>(operation: OperationOf<K>): GraphOperation<K> {
  return OPERATIONS[operation.kind];
}

export const operandsOf = ({ operation }: Tensor): Tensor[] => rowOf(operation).operands(operation);

export const evaluate = (tensor: Tensor, given: Given): Float64Array => rowOf(tensor.operation).evaluate(tensor, given);
