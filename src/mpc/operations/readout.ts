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
import { axisLength, size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import { bits, scale } from '../../ring/units';
import type { Lower, NodeOperation } from '../operation';
import type { ReadoutNode } from '../plan';
import { matrixProduct, plusProduct } from './linear';

const shapeOf = (node: ReadoutNode) => matrixProduct({ ...node, outputs: node.columns });

export const readout: NodeOperation<'readout'> = {
  talks: true,
  saysDealt: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  weight: ({ weight, inputs, columns, weightScale, bits }) => ({
    name: weight,
    owner: 'data-owner',
    inputs,
    outputs: columns,
    scale: weightScale,
    bits,
  }),
  traffic: ({ x, shape, bits }) => ({
    toDataOwner: [
      { n: size(x.shape), bits },
      { n: size(shape), bits },
    ],
    dealt: [{ n: size(shape), bits }],
  }),
  operations: ({ shape, inputs }) => size(shape) * inputs,
  say(node, party) {
    const r = party.draw(0, size(node.x.shape), node.bits);
    const y = plusProduct(party.backend, party.dealt(), r, party.matrix(node.weight), shapeOf(node));
    return [party.backend.subtract(party.share(node.x), r, wordsFor(node.bits)), y];
  },
  hear(node, party, [e, y1]) {
    if (!e || !y1) return;
    const words = wordsFor(node.bits);
    const out = party.backend.add(party.dealt(), y1, words);
    const x = party.backend.add(e, party.share(node.x), words);
    party.output(plusProduct(party.backend, out, x, party.matrix(node.weight), shapeOf(node)));
  },
  deal(node, dealer) {
    const product = dealer.backend.zeros(size(node.shape), wordsFor(node.bits));
    const r = dealer.draw('model-owner', 0, size(node.x.shape), node.bits);
    dealer.backend.contract(product, r, dealer.mask(node.weight), shapeOf(node));
    dealer.deal(product);
  },
};

export const lowerReadout: Lower<'readout'> = (tensor, lowering) => {
  const { name, shape, operation } = tensor;
  const weightScale = scale(lowering.precision.readout);
  const x = lowering.at(lowering.share(operation.x), weightScale);
  const own = scale(x.scale + weightScale);
  return lowering.push('readout', {
    name,
    shape,
    scale: own,
    bits: bits(own + lowering.magnitude(tensor) + 1),
    x,
    weight: 'readout',
    inputs: axisLength(x.shape, -1),
    columns: operation.columns,
    weightScale,
  });
};
