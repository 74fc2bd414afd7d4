/**
 * x · W for a private W of the data owner (the label words' embeddings), opened to the data owner alone.
 *
 * `linear` with the roles exchanged. Since the model owner's half of the result, r·F + c1, is known before x, it travels with the masked
 * x in one message and the opening costs no round of its own:
 *
 *   model owner -> data owner: e = x1 − r and y1 = r·F + c1
 *   data owner: (e + x0)·W + c0 + y1 = x·W
 *
 * Rounds: 1, one way. Bytes: x and the result; the result dealt. The data owner learns x·W and nothing else; the
 * model owner learns nothing, not even which label words were asked for.
 */
import { size } from '../../program/network';
import type { ReadoutNode } from '../../program/plan';
import { wordsFor } from '../../ring/ring';
import type { OperationProtocol } from '../operation';
import { matrixProduct } from './linear';

const shapeOf = (node: ReadoutNode) => matrixProduct({ ...node, outputs: node.columns });

export const readout: OperationProtocol<ReadoutNode> = {
  traffic: (node) => ({
    toDataOwner: [
      { n: size(node.x.shape), bits: node.bits },
      { n: size(node.shape), bits: node.bits },
    ],
    dealt: [{ n: size(node.shape), bits: node.bits }],
  }),
  operations: (node) => size(node.shape) * node.inputs,
  say(node, party) {
    const r = party.draw(0, size(node.x.shape), node.bits);
    const y = party.dealt();
    party.backend.contract(y, r, party.matrix('readout'), shapeOf(node));
    return [party.backend.subtract(party.share(node.x), r, wordsFor(node.bits)), y];
  },
  hear(node, party, [e, y1]) {
    if (!party.isDataOwner) return;
    const words = wordsFor(node.bits);
    const out = party.backend.add(party.dealt(), y1!, words);
    party.backend.contract(
      out,
      party.backend.add(e!, party.share(node.x), words),
      party.matrix('readout'),
      shapeOf(node),
    );
    party.output(out);
  },
  deal(node, dealer) {
    const product = dealer.backend.zeros(size(node.shape), wordsFor(node.bits));
    const r = dealer.draw('model-owner', 0, size(node.x.shape), node.bits);
    dealer.backend.contract(product, r, dealer.mask('readout'), shapeOf(node));
    dealer.deal(product);
  },
};
