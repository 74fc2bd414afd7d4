/** Operations on shares that need nobody else: no round, no byte. */
import type { Vector } from '../../compute/backend';
import { size } from '../../program/network';
import type { ShareNode } from '../../program/plan';
import { wordsFor } from '../../ring/ring';
import type { OperationProtocol } from '../operation';

type Local<K extends ShareNode['kind']> = OperationProtocol<ShareNode & { kind: K }>;

/** The data owner's share of its input is the input, the model owner's is zero: nothing has to be sent to share it. */
export const input: Local<'input'> = {
  compute: (node, party) =>
    party.isDataOwner
      ? party.input(node.name, node.scale, node.bits)
      : party.backend.zeros(size(node.shape), wordsFor(node.bits)),
};

/**
 * Division by 2^k: exact to one unit and unbiased (one party floors, the other takes the ceiling), modulo 2^(bits − k).
 * The modulus shrinks with the value, so no share can wrap around (see ring.ts).
 */
export const truncate: Local<'truncate'> = {
  compute: (node, { backend, isDataOwner, share }) =>
    backend.extract(share(node.x), node.by, node.bits + node.by, wordsFor(node.bits), !isDataOwner),
};

export const add: Local<'add'> = {
  compute: (node, { backend, share }) => backend.add(share(node.left), share(node.right), wordsFor(node.bits)),
};

export const offset: Local<'offset'> = {
  compute: (node, { backend, isDataOwner, share }) =>
    isDataOwner ? backend.affine(share(node.x), 1n, node.value, wordsFor(node.bits)) : share(node.x),
};

export const sum: Local<'sum'> = {
  compute(node, { backend, share }) {
    const x = share(node.x);
    const words = wordsFor(node.bits);
    const length = node.x.shape[node.axis]!;
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

/** x·2^shift − Σ_row x · round(2^shift / width): the mean without a division. */
export const centre: Local<'centre'> = {
  operations: (node) => 2 * size(node.shape),
  compute(node, { backend, share }) {
    const x = share(node.x);
    const words = wordsFor(node.bits);
    const width = node.shape.at(-1)!;
    const scaled = backend.affine(x, 1n << BigInt(node.shift), 0n, words);
    const mean = backend.affine(
      backend.sumRows(x, width, words),
      BigInt(Math.round(2 ** node.shift / width)),
      0n,
      words,
    );
    return backend.subtract(scaled, mean, words, width);
  },
};

export const select: Local<'select'> = {
  compute(node, { backend, share }) {
    const inner = size(node.x.shape.slice(node.axis + 1));
    return backend.slice(share(node.x), node.x.shape[node.axis]!, inner, node.index, 1);
  },
};

export const reshape: Local<'reshape'> = { compute: (node, { share }): Vector => share(node.x) };
