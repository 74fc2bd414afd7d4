/**
 * x opened to the data owner alone: the model owner sends its share.
 *
 *   model owner -> data owner: x1 modulo 2^bits        data owner: x = x0 + x1
 *
 * Its share is all that the value leaves open, x − x0, so the data owner learns x (with the rounding of its last bit) and nothing else.
 * Rounds: 1, one way. Bytes: x once; nothing is dealt.
 */
import { size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import { bits } from '../../ring/units';
import type { Lower, NodeOperation } from '../operation';

export const reveal: NodeOperation<'reveal'> = {
  talks: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  traffic: ({ shape, bits }) => ({ toDataOwner: [{ n: size(shape), bits }] }),
  say: ({ x }, party) => [party.share(x)],
  hear({ x, bits }, party, [other]) {
    if (other) party.output(party.backend.add(other, party.share(x), wordsFor(bits)));
  },
  // Nothing is masked anew, so the dealer has no part in it.
  deal() {},
};

export const lowerReveal: Lower<'reveal'> = (tensor, lowering) => {
  const { name, shape, operation } = tensor;
  const x = lowering.at(lowering.share(operation.x), lowering.precision.reveal);
  return lowering.push('reveal', {
    name,
    shape,
    scale: x.scale,
    bits: bits(x.scale + lowering.magnitude(tensor) + 1),
    x,
  });
};
