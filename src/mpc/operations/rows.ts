/** Neighbours of an axis, and what is put behind one another along one: no round, no byte. */
import type { Backend, Contraction, Strides, Vector } from '../../compute/backend';
import { isOf } from '../../graph/graph';
import { axisLength, type Shape, size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import type { Lower, NodeOperation } from '../operation';

/** What a backend's slice takes of x, of this shape. */
const partOf = (x: Shape, { axis, start, count }: { axis: number; start: number; count: number }) => ({
  length: axisLength(x, axis),
  inner: size(x.slice(axis + 1)),
  start,
  count,
});

export const slice: NodeOperation<'slice'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  compute(node, { backend, share }) {
    const { length, inner, start, count } = partOf(node.x.shape, node);
    return backend.slice(share(node.x), length, inner, start, count);
  },
};

/** Of a mask it is a mask: the data owner has all of its zeros and ones, and takes those that count. */
export const lowerSlice: Lower<'slice'> = ({ name, shape, operation }, lowering) => {
  const { x, axis, start, count } = operation;
  if (isOf(x, 'mask')) {
    const { scale, bits, of } = lowering.mask(x);
    return lowering.push('mask', { name, shape, scale, bits, of: { ...of, part: partOf(x.shape, operation) } });
  }
  const share = lowering.share(x);
  return lowering.push('slice', { name, shape, scale: share.scale, x: share, axis, start, count });
};

/** One of an axis, which disappears: the same elements. */
export const lowerSelect: Lower<'select'> = ({ name, shape, operation }, lowering) => {
  const { axis, index } = operation;
  const x = lowering.share(operation.x);
  return lowering.push('slice', { name, shape, scale: x.scale, x, axis, start: index, count: 1 });
};

interface Behind extends Pick<Contraction, 'outer' | 'inner'> {
  /** Elements of `out` that x's go behind. */
  before: number;
  /** Elements of x. */
  count: number;
  /** Of both batch axes. */
  from: Pick<Strides, 'outer' | 'inner'>;
  to: Pick<Strides, 'outer' | 'inner'>;
}

/** Adds runs of x to runs of `out`, some way behind their beginnings: by a product with zeros and ones, which kernels have. */
export function addBehind(backend: Backend, out: Vector, x: Vector, behind: Behind): void {
  const { outer, inner, before, count, from, to } = behind;
  // In pieces as long as both allow, of which the product moves each as a whole.
  const columns = commonDivisor(before, count);
  const [rows, depth] = [(before + count) / columns, count / columns];
  const places = Uint32Array.from({ length: rows * depth }, (_, at) =>
    Number(Math.floor(at / depth) === rows - depth + (at % depth)),
  );
  backend.contract(out, backend.upload(places, 1), x, {
    ...{ outer, inner, rows, columns, depth },
    left: { outer: 0, inner: 0, row: depth, column: 1 },
    right: { ...from, row: columns, column: 1 },
    out: { ...to, row: columns, column: 1 },
  });
}

const commonDivisor = (a: number, b: number): number => (b === 0 ? a : commonDivisor(b, a % b));

export const join: NodeOperation<'join'> = {
  talks: false,
  inputs: ({ parts }) => [...parts],
  operandBits({ parts, bits }, need) {
    for (const part of parts) need(part, bits);
  },
  compute({ parts, axis, shape, bits }, { backend, share }) {
    const out = backend.zeros(size(shape), wordsFor(bits));
    const run = size(shape.slice(axis));
    let before = 0;
    for (const part of parts) {
      const count = size(part.shape.slice(axis));
      addBehind(backend, out, share(part), {
        ...{ outer: out.n / run, inner: 1, before, count },
        from: { outer: count, inner: 0 },
        to: { outer: run, inner: 0 },
      });
      before += count;
    }
    return out;
  },
};

export const lowerJoin: Lower<'join'> = ({ name, shape, operation }, lowering) => {
  const shares = operation.parts.map((part) => lowering.share(part));
  const scale = Math.min(...shares.map((share) => share.scale));
  const parts = shares.map((share) => lowering.at(share, scale));
  return lowering.push('join', { name, shape, scale: parts[0]!.scale, parts, axis: operation.axis });
};
