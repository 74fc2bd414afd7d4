/** Operations on shares that need nobody else: no round, no byte. */
import { axisLength, besides, isSeen, runOf, size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import { bits, scale } from '../../ring/units';
import type { Lower, NodeOperation } from '../operation';
import { gatheredSum } from './linear';

/** The data owner's share of its input is the input, the model owner's is zero: nothing has to be sent to share it. */
export const input: NodeOperation<'input'> = {
  talks: false,
  inputs: () => [],
  operandBits: () => {},
  compute: (node, party) =>
    party.isDataOwner ? party.input(node.name, node) : party.backend.zeros(size(node.shape), wordsFor(node.bits)),
};

export const lowerInput: Lower<'input'> = ({ name, shape, operation }, lowering) => {
  const { activation, reveal } = lowering.precision;
  return lowering.push('input', { name, shape, scale: scale(operation.fine ? reveal : activation) });
};

/**
 * Division by 2^k: exact to one unit and unbiased (one party floors, the other takes the ceiling), modulo 2^(bits − k).
 * The modulus shrinks with the value, so no share can wrap around (see ring.ts).
 */
export const truncate: NodeOperation<'truncate'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, by, bits }, need) => need(x, bits + by),
  compute: ({ x, by, bits }, { backend, isDataOwner, share }) =>
    backend.extract(share(x), by, bits + by, wordsFor(bits), !isDataOwner),
};

/**
 * A row's own column and those beside it are shares at public places, and eighths of them public integers: three bits more that operands have to be right
 * modulo.
 */
export const near: NodeOperation<'near'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  operations: ({ shape }) => 2 * size(shape),
  compute({ x, shape, eighths, beside, bits }, { backend, share }) {
    const [heads, rows, sequences, columns] = shape as [number, number, number, number];
    const words = wordsFor(bits);
    // [heads, rows, columns], next to all of them zeros.
    const places = heads * rows * columns;
    const counts = new Uint32Array(words * places);
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < rows; i++) {
        for (const [o, column] of besides(i, columns, beside).entries()) {
          if (column === undefined) continue;
          const count = eighths[h]![o]!;
          const at = (h * rows + i) * columns + column;
          counts[at] = count;
          // The sign's.
          if (words === 2 && count < 0) counts[places + at] = 2 ** 32 - 1;
        }
      }
    }
    const terms = backend.zeros(heads * rows * sequences, words);
    backend.contract(terms, share(x), backend.upload(counts, words), {
      outer: heads,
      inner: rows,
      rows: sequences,
      columns: 1,
      depth: columns,
      left: { outer: rows * sequences * columns, inner: sequences * columns, row: columns, column: 1 },
      right: { outer: rows * columns, inner: columns, row: 1, column: 0 },
      out: { outer: rows * sequences, inner: sequences, row: 1, column: 0 },
    });
    return backend.subtract(backend.affine(share(x), 8n, 0n, words), terms, words, columns);
  },
};

export const lowerNear: Lower<'near'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  const { eighths, beside } = operation;
  return lowering.push('near', { name, shape, scale: scale(x.scale + 3), x, eighths, beside });
};

export const add: NodeOperation<'add'> = {
  talks: false,
  inputs: ({ x, y }) => [x, y],
  operandBits({ x, y, bits }, need) {
    need(x, bits);
    need(y, bits);
  },
  compute: ({ x, y, axis, bits }, { backend, share }) =>
    backend.add(share(x), share(y), wordsFor(bits), runOf(y.shape, x.shape, axis)),
};

export const lowerAdd: Lower<'add'> = (tensor, lowering) => {
  const gathered = gatheredSum(tensor, lowering);
  if (gathered) return gathered;
  const { name, shape, operation } = tensor;
  const [x, y] = [lowering.share(operation.x), lowering.share(operation.y)];
  const common = scale(Math.min(x.scale, y.scale));
  const operands = { x: lowering.at(x, common), y: lowering.at(y, common), axis: operation.axis };
  return lowering.push('add', { name, shape, scale: common, ...operands });
};

export const offset: NodeOperation<'offset'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  compute: ({ x, value, bits }, { backend, isDataOwner, share }) =>
    isDataOwner ? backend.affine(share(x), 1n, value, wordsFor(bits)) : share(x),
};

export const lowerOffset: Lower<'offset'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  const value = BigInt(Math.round(operation.value * 2 ** x.scale));
  return lowering.push('offset', { name, shape, scale: x.scale, x, value });
};

/** The same shares, read at another scale. */
export const lowerDoubled: Lower<'doubled'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  return lowering.push('reshape', { name, shape, scale: scale(x.scale - operation.times), x });
};

export const sum: NodeOperation<'sum'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  compute(node, { backend, share }) {
    const x = share(node.x);
    const words = wordsFor(node.bits);
    const length = axisLength(node.x.shape, node.axis);
    const inner = size(node.x.shape.slice(node.axis + 1));
    if (inner === 1) return backend.sumRows(x, length, words);
    const ones = backend.affine(backend.zeros(length, words), 1n, 1n, words);
    const out = backend.zeros(size(node.shape), words);
    const outer = x.n / (length * inner);
    backend.contract(out, ones, x, {
      outer,
      inner: 1,
      rows: 1,
      columns: inner,
      depth: length,
      left: { outer: 0, inner: 0, row: 0, column: 1 },
      right: { outer: length * inner, inner: 0, row: inner, column: 1 },
      out: { outer: inner, inner: 0, row: 0, column: 1 },
    });
    return out;
  },
};

export const lowerSum: Lower<'sum'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  return lowering.push('sum', { name, shape, scale: x.scale, x, axis: operation.axis });
};

/** x·2^shift − Σ_row x · round(2^shift / width): the mean without a division. */
export const centre: NodeOperation<'centre'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  operations: ({ shape }) => 2 * size(shape),
  compute(node, { backend, share }) {
    const x = share(node.x);
    const words = wordsFor(node.bits);
    const width = axisLength(node.shape, -1);
    const scaled = backend.affine(x, 1n << BigInt(node.shift), 0n, words);
    const part = BigInt(Math.round(2 ** node.shift / width));
    const mean = backend.affine(backend.sumRows(x, width, words), part, 0n, words);
    return backend.subtract(scaled, mean, words, width);
  },
};

/** Bits by which a width that is no power of two is divided more finely. */
const DIVISION = 12;

export const lowerCentre: Lower<'centre'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  const log = Math.log2(axisLength(shape, -1));
  const shift = bits(Number.isInteger(log) ? log : Math.ceil(log) + DIVISION);
  return lowering.push('centre', { name, shape, scale: scale(x.scale + shift), x, shift });
};

/** Times public zeros and ones: what is multiplied by a zero is a zero in both shares. */
export const causal: NodeOperation<'causal'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  operations: ({ shape }) => size(shape),
  compute({ x, shape, causal, bits }, { backend, share }) {
    // Alike for whatever stands before the queries.
    const alike = shape.slice(causal.queries);
    const seen = Uint32Array.from({ length: size(alike) }, (_, pair) =>
      Number(isSeen(alike, pair, { ...causal, queries: 0 })),
    );
    return backend.multiply(share(x), backend.upload(seen, 1), wordsFor(bits));
  },
};

export const reshape: NodeOperation<'reshape'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  compute: ({ x }, { share }) => share(x),
};

export const lowerReshape: Lower<'reshape'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  return lowering.push('reshape', { name, shape, scale: x.scale, x });
};

export const reversed: NodeOperation<'reversed'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  compute({ x, shape, bits }, { backend, share }) {
    const words = wordsFor(bits);
    const [inner = 1, outer = 1, rows = 1] = shape;
    const out = backend.zeros(size(shape), words);
    const one = backend.affine(backend.zeros(1, words), 1n, 1n, words);
    backend.contract(out, share(x), one, {
      outer,
      inner,
      rows,
      columns: 1,
      depth: 1,
      left: { outer: inner, inner: 1, row: outer * inner, column: 0 },
      right: { outer: 0, inner: 0, row: 0, column: 0 },
      out: { outer: rows, inner: outer * rows, row: 1, column: 0 },
    });
    return out;
  },
};

export const lowerReversed: Lower<'reversed'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.share(operation.x);
  return lowering.push('reversed', { name, shape, scale: x.scale, x });
};
