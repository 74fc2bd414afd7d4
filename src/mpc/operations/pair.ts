/**
 * What is made of candidates' prompts and of texts, for every pair of them.
 *
 * Where every candidate's prompt stands before every text of a batch, what depends on the text alone is computed once a text, and what depends on the prompt
 * alone once a candidate. `pair` puts both together, on shares: no round, no byte. `openPair` opens what is paired for a product (contract.ts) as `open` does,
 * texts' and prompts' once each under masks of their own: X = x − x' of a pair is made of those two openings, and x' of those two masks.
 *
 * That is safe: every mask is subtracted from one value, and what both learn is that one difference, however many pairs have it. Of a product only its own
 * correction is dealt besides, for every pair under a fresh share: x'·y' less the other party's, which makes it uniform.
 *
 * Rounds: 1. Bytes: texts' and prompts' operands once in each direction.
 */
import type { Backend, Vector, WordCount } from '../../compute/backend';
import { axisLength, size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import type { Lower, NodeOperation } from '../operation';
import type { NodeOf } from '../plan';
import { addBehind } from './rows';

type PairedNode = NodeOf<'pair' | 'openPair'>;

type Part = 'texts' | 'prompts';

const ofBoth = <T>(make: (part: Part, slot: number) => T): [texts: T, prompts: T] => [
  make('texts', 0),
  make('prompts', 1),
];

/** One vector for every pair, of those of the texts and of the prompts. */
function paired(
  backend: Backend,
  { texts, prompts, by, shape }: PairedNode,
  [ofTexts, ofPrompts]: [texts: Vector, prompts: Vector],
  words: WordCount,
): Vector {
  const out = backend.zeros(size(shape), words);
  const [outer, inner] = [axisLength(prompts.shape, 0), axisLength(texts.shape, 0)];
  const block = size(shape.slice(1));
  const [text, prompt] = [size(texts.shape.slice(1)), size(prompts.shape.slice(1))];
  const to = { outer: inner * block, inner: block };
  addBehind(backend, out, ofTexts, { outer, inner, before: 0, count: text, from: { outer: 0, inner: text }, to });
  const before = by === 'rows' ? text : 0;
  addBehind(backend, out, ofPrompts, { outer, inner, before, count: prompt, from: { outer: prompt, inner: 0 }, to });
  return out;
}

/** Of both operands all bits that the pairs have. */
const READS: Pick<NodeOperation<'pair' | 'openPair'>, 'inputs' | 'operandBits'> = {
  inputs: ({ texts, prompts }) => [texts, prompts],
  operandBits({ texts, prompts, bits }, need) {
    need(texts, bits);
    need(prompts, bits);
  },
};

export const pair: NodeOperation<'pair'> = {
  talks: false,
  ...READS,
  compute(node, { backend, share }) {
    const shares = ofBoth((part) => share(node[part]));
    return paired(backend, node, shares, wordsFor(node.bits));
  },
};

export const lowerPair: Lower<'pair'> = ({ name, shape, operation: { texts, prompts, by } }, lowering) => {
  const shares = [lowering.share(texts), lowering.share(prompts)] as const;
  const scale = Math.min(...shares.map((share) => share.scale));
  const [x, y] = [lowering.at(shares[0], scale), lowering.at(shares[1], scale)];
  return lowering.push('pair', { name, shape, scale: x.scale, texts: x, prompts: y, by });
};

const partOf = (node: NodeOf<'openPair'>, part: Part) => ({
  n: size(node[part].shape),
  bits: node.bits,
});

export const openPair: NodeOperation<'openPair'> = {
  talks: true,
  opens: true,
  ...READS,
  traffic(node) {
    const parts = ofBoth((part) => partOf(node, part));
    return { toModelOwner: parts, toDataOwner: parts };
  },
  draw(node, party) {
    ofBoth((part, slot) => {
      const { n, bits } = partOf(node, part);
      party.store(`mask of ${part}`, party.draw(slot, n, bits));
    });
  },
  say(node, party) {
    const words = wordsFor(node.bits);
    return ofBoth((part) =>
      party.backend.subtract(party.share(node[part]), party.stored(node, `mask of ${part}`), words),
    );
  },
  hear(node, party, [ofTexts, ofPrompts]) {
    const words = wordsFor(node.bits);
    const masks = ofBoth((part) => party.stored(node, `mask of ${part}`));
    party.store('opened', paired(party.backend, node, [ofTexts!, ofPrompts!], words));
    party.store('mask', paired(party.backend, node, masks, words));
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const words = wordsFor(node.bits);
    const masks = ofBoth((part, slot) => {
      const { n, bits } = partOf(node, part);
      return backend.add(dealer.draw('data-owner', slot, n, bits), dealer.draw('model-owner', slot, n, bits), words);
    });
    dealer.store('mask', paired(backend, node, masks, words));
  },
};
