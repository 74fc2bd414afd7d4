/**
 * x · W for a private W of the model owner, fixed for the session.
 *
 * A Beaver triple (Beaver 1991) with one operand opened once and for all, as in the function-dependent preprocessing of ABY2.0 (Patra et al.
 * 2021), and the other opened one way. Set-up: the model owner draws a mask A from its seed (the dealer knows A) and
 * sends F = W − A. Each use, with r and c0 from the data owner's seed and c1 = r·A − c0 dealt:
 *
 *   data owner -> model owner: e = x0 − r          (once for all matrices on one x)
 *   data owner: r·F + c0                           (known before the online phase)
 *   model owner: (e + x1)·W + c1 + b
 *
 * Rounds: 1, one way. Bytes: the size of x once; the size of every result dealt. Each use has a fresh r.
 */
import { size } from '../../program/network';
import type { DiscloseNode, ShareNode } from '../../program/plan';
import { wordsFor } from '../../ring/ring';
import type { OperationProtocol } from '../operation';

export const disclose: OperationProtocol<DiscloseNode> = {
  traffic: (node) => ({ toModelOwner: [{ n: size(node.shape), bits: node.bits }] }),
  say(node, party) {
    const r = party.draw(0, size(node.shape), node.bits);
    party.keep('operand', r);
    return [party.backend.subtract(party.share(node.x), r, wordsFor(node.bits))];
  },
  hear(node, party, [e]) {
    if (!party.isDataOwner) party.keep('operand', party.backend.add(e!, party.share(node.x), wordsFor(node.bits)));
  },
  deal(node, dealer) {
    dealer.keep('operand', dealer.draw('data-owner', 0, size(node.shape), node.bits));
  },
};

type LinearNode = ShareNode & { kind: 'linear' };

export const linear: OperationProtocol<LinearNode> = {
  traffic: (node) => ({ dealt: [{ n: size(node.shape), bits: node.bits }] }),
  operations: (node) => size(node.shape) * node.inputs,
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    let out = party.dealt();
    if (!party.isDataOwner) out = backend.add(out, party.bias(node.weight, node.scale, node.bits), words);
    backend.contract(out, party.kept(node.x, 'operand'), party.matrix(node.weight), matrixProduct(node));
    return out;
  },
  deal(node, dealer) {
    const product = dealer.backend.zeros(size(node.shape), wordsFor(node.bits));
    dealer.backend.contract(product, dealer.kept(node.x, 'operand'), dealer.mask(node.weight), matrixProduct(node));
    dealer.deal(product);
  },
};

/** rows × inputs times inputs × outputs, everything dense. */
export function matrixProduct({
  shape,
  inputs,
  outputs,
}: {
  shape: readonly number[];
  inputs: number;
  outputs: number;
}) {
  return {
    outer: 1,
    inner: 1,
    rows: size(shape) / outputs,
    columns: outputs,
    depth: inputs,
    left: { outer: 0, inner: 0, row: inputs, column: 1 },
    right: { outer: 0, inner: 0, row: outputs, column: 1 },
    out: { outer: 0, inner: 0, row: outputs, column: 1 },
  };
}
