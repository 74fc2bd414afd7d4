/**
 * Products of two shared tensors (attention's), summed over one axis.
 *
 * Beaver 1991, opened only modulo the bits that the product needs. `open` shows X = x − x' to both, x' = x'0 + x'1 with each half from
 * a party's own seed; one opening serves every product of the same tensor. With c0 + c1 = x'·y' dealt:
 *
 *   data owner: X·(Y + y'0) + x'0·Y + c0        model owner: X·y'1 + x'1·Y + c1
 *
 * Rounds: 1 for all openings. Bytes: each operand once in each direction; the size of the result dealt.
 */
import type { Vector } from '../../compute/backend';
import { size } from '../../program/network';
import type { OpenNode, ShareNode } from '../../program/plan';
import { contraction } from '../../program/twin';
import { wordsFor } from '../../ring/ring';
import type { OperationProtocol } from '../operation';

export const open: OperationProtocol<OpenNode> = {
  traffic(node) {
    const part = { n: size(node.shape), bits: node.bits };
    return { toModelOwner: [part], toDataOwner: [part] };
  },
  say(node, party) {
    const mask = party.draw(0, size(node.shape), node.bits);
    const masked = party.backend.subtract(party.share(node.x), mask, wordsFor(node.bits));
    party.keep('mask', mask);
    party.keep('own', masked);
    return [masked];
  },
  hear(node, party, [other]) {
    party.keep('opened', party.backend.add(party.kept(node, 'own'), other!, wordsFor(node.bits)));
  },
  deal(node, dealer) {
    const [n, words] = [size(node.shape), wordsFor(node.bits)];
    const halves = [dealer.draw('data-owner', 0, n, node.bits), dealer.draw('model-owner', 0, n, node.bits)] as const;
    dealer.keep('mask', dealer.backend.add(...halves, words));
  },
};

type ContractNode = ShareNode & { kind: 'contract' };

const shapeOf = ({ formula, left, right }: ContractNode) => contraction(formula, left.shape, right.shape);

export const contract: OperationProtocol<ContractNode> = {
  traffic: (node) => ({ dealt: [{ n: size(node.shape), bits: node.bits }] }),
  operations(node) {
    return 2 * size(node.shape) * shapeOf(node).depth;
  },
  compute(node, party) {
    const { backend } = party;
    const [X, Y] = [party.kept(node.left, 'opened'), party.kept(node.right, 'opened')];
    const [x, y] = [party.kept(node.left, 'mask'), party.kept(node.right, 'mask')];
    const out = party.dealt();
    const times = (left: Vector, right: Vector) => backend.contract(out, left, right, shapeOf(node));
    times(X, party.isDataOwner ? backend.add(Y, y, wordsFor(node.bits)) : y);
    times(x, Y);
    return out;
  },
  deal(node, dealer) {
    const product = dealer.backend.zeros(size(node.shape), wordsFor(node.bits));
    dealer.backend.contract(product, dealer.kept(node.left, 'mask'), dealer.kept(node.right, 'mask'), shapeOf(node));
    dealer.deal(product);
  },
};
