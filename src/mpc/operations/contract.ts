/**
 * Products of two shared tensors (attention's), summed over one axis.
 *
 * Beaver 1991, opened only modulo the bits that the product needs. `open` shows X = x − x' to both, x' = x'0 + x'1 with each half from
 * a party's own seed; one opening serves every product of the same tensor, or of the first places of an axis of it. With c0 + c1 = x'·y' dealt:
 *
 *   data owner: X·(Y + y'0) + x'0·Y + c0        model owner: X·y'1 + x'1·Y + c1
 *
 * Rounds: 1 for all openings. Bytes: each operand once in each direction; the size of the result dealt.
 */
import type { Vector } from '../../compute/backend';
import { contraction } from '../../graph/formula';
import { size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import { scale } from '../../ring/units';
import type { Lower, NodeOperation } from '../operation';
import type { NodeOf } from '../plan';

export const open: NodeOperation<'open'> = {
  talks: true,
  opens: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  traffic({ shape, bits }) {
    const part = { n: size(shape), bits };
    return { toModelOwner: [part], toDataOwner: [part] };
  },
  draw({ shape, bits }, party) {
    party.store('mask', party.draw(0, size(shape), bits));
  },
  say(node, party) {
    const { x, bits } = node;
    return [party.backend.subtract(party.share(x), party.stored(node, 'mask'), wordsFor(bits))];
  },
  hear(_node, party, [opened]) {
    party.store('opened', opened!);
  },
  deal({ shape, bits }, dealer) {
    const [n, words] = [size(shape), wordsFor(bits)];
    const halves = [dealer.draw('data-owner', 0, n, bits), dealer.draw('model-owner', 0, n, bits)] as const;
    dealer.store('mask', dealer.backend.add(...halves, words));
  },
};

const shapeOf = ({ formula, left, right, firsts }: NodeOf<'contract'>) =>
  contraction(formula, left.shape, right.shape, firsts);

export const contract: NodeOperation<'contract'> = {
  talks: false,
  inputs: ({ left, right }) => [left, right],
  operandBits({ left, right, bits }, need) {
    need(left, bits);
    need(right, bits);
  },
  traffic: ({ shape, bits }) => ({ dealt: [{ n: size(shape), bits }] }),
  operations: (node) => 2 * size(node.shape) * shapeOf(node).depth,
  compute(node, party) {
    const { backend } = party;
    const [X, Y] = [party.stored(node.left, 'opened'), party.stored(node.right, 'opened')];
    const [x, y] = [party.stored(node.left, 'mask'), party.stored(node.right, 'mask')];
    const out = party.dealt();
    const times = (left: Vector, right: Vector) => backend.contract(out, left, right, shapeOf(node));
    times(X, party.isDataOwner ? backend.add(Y, y, wordsFor(node.bits)) : y);
    times(x, Y);
    return out;
  },
  deal(node, dealer) {
    const product = dealer.backend.zeros(size(node.shape), wordsFor(node.bits));
    const [x, y] = [dealer.stored(node.left, 'mask'), dealer.stored(node.right, 'mask')];
    dealer.backend.contract(product, x, y, shapeOf(node));
    dealer.deal(product);
  },
};

export const lowerContract: Lower<'contract'> = ({ name, shape, operation }, lowering) => {
  const { formula, firsts, wide } = operation;
  const { contraction, spanning } = lowering.precision;
  const left = lowering.open(operation.left, wide ? spanning.left : contraction);
  const right = lowering.open(operation.right, wide ? spanning.right : contraction);
  const product = scale(left.scale + right.scale);
  return lowering.push('contract', { name, shape, scale: product, formula, left, right, firsts });
};
