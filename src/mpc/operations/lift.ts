/**
 * Lift, square and multiply: all from one opening of x at the width of its range.
 *
 * x + offset + r is opened modulo 2^M under an integer mask r = r0 + r1 − 2^M·carry, its halves from the parties' own seeds; m is r's top
 * bit. For |x| < 2^(M−2), with x^ what was opened, a = x^ − offset and w = 1 − (top bit of x^), exactly over the integers:
 *
 *   x = a − r + 2^M·w·m
 *
 * which is linear in the secrets r and m, so shares of the carry and of m modulo 2^(B−M) extend x to any modulus 2^B: the
 * modulus is restored and nothing can wrap around. Squares and products are the same formula multiplied out, y = a' − r' + 2^M'·w'·m':
 *
 *   Σ x² = Σ a² − 2a·r + 2^(M+1)·w·(a·m − r·m) + 2^(2M)·w·m + Σ r²            (r·m and Σ r² dealt)
 *   x·y  = a·y + a'·(x − a) + r·r' − 2^M'·w'·(r·m') − 2^M·w·(m·r') + 2^(M+M')·w·w'·(m·m')   (the four products dealt)
 *
 * The lift is that of protocol.md; carrying it into squares and products saves the round and the bytes of a second, wide
 * opening. Rounds: 1. Bytes: n·M bits in each direction; dealt: 2n(B−M) bits to lift, n(B−M−1) bits and B a row to square,
 * n(4B−2M−2M') bits to multiply.
 */
import type { Backend, Vector, WordCount } from '../../compute/backend';
import { axisLength, size } from '../../graph/shape';
import { wordsFor } from '../../ring/ring';
import { bits, scale } from '../../ring/units';
import type { DealerContext, Lower, NodeOperation, PartyContext } from '../operation';
import type { LiftNode, NodeOf } from '../plan';

const offsetOf = (node: LiftNode) => 1n << BigInt(node.bits - 2);

/** A consumer needs x right modulo 2^wanted, and the lift a spare bit or two above the range that it opens. */
const extend = (lifted: LiftNode, wanted: number, spare: number): void => {
  lifted.extended = bits(Math.max(lifted.extended, wanted, lifted.bits + spare));
};

export const lift: NodeOperation<'lift'> = {
  talks: true,
  opens: true,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }, need) => need(x, bits),
  traffic(node) {
    const n = size(node.shape);
    const part = { n, bits: node.bits };
    const extension = { n, bits: bits(node.extended - node.bits) };
    return { toModelOwner: [part], toDataOwner: [part], dealt: [extension, extension] };
  },
  operations: (node) => size(node.shape),
  draw({ shape, bits }, party) {
    party.store('mask', party.draw(0, size(shape), bits));
  },
  say(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    const masked = backend.add(party.share(node.x), party.stored(node, 'mask'), words);
    return [party.isDataOwner ? backend.affine(masked, 1n, offsetOf(node), words) : masked];
  },
  hear(node, party, [sum]) {
    const { backend } = party;
    const M = node.bits;
    const words = wordsFor(node.extended);
    const unit = 1n << BigInt(M);
    const carry = party.dealt();
    const top = party.dealt();
    const opened = backend.extract(sum!, 0, M, words);
    const a = backend.affine(opened, 1n, -offsetOf(node), words);
    const w = backend.affine(backend.extract(opened, M - 1, M, words), -1n, 1n, words);
    const wm = backend.multiply(w, top, words);
    const r = backend.subtract(party.stored(node, 'mask'), backend.affine(carry, unit, 0n, words), words);
    const share = backend.subtract(backend.affine(wm, unit, 0n, words), r, words);
    party.store('a', a);
    party.store('w', w);
    party.store('wm', wm);
    party.store('r', r);
    party.store('x', party.isDataOwner ? backend.add(share, a, words) : share);
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const M = node.bits;
    const n = size(node.shape);
    const sum = backend.add(
      dealer.draw('data-owner', 0, n, M),
      dealer.draw('model-owner', 0, n, M),
      wordsFor(bits(M + 1)),
    );
    const top = backend.extract(sum, M - 1, M, wordsFor(node.extended));
    dealer.store('r', backend.extract(sum, 0, M, wordsFor(node.extended)));
    dealer.store('m', top);
    dealer.deal(backend.extract(sum, M, M + 1, wordsFor(node.extended)));
    dealer.deal(top);
  },
};

export const lifted: NodeOperation<'lifted'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }) => extend(x, bits, 2),
  compute: (node, party) => party.stored(node.x, 'x'),
};

export const lowerLift: Lower<'lift'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.lift(operation.x, undefined, operation.rest);
  return lowering.push('lifted', { name, shape, scale: x.scale, x });
};

/** Shares of a² + 2^(M+1)·w·(a·m − r·m) − 2a·r + 2^(2M)·w·m: x² but for the dealt r². */
function squareTerms(x: LiftNode, rm: Vector, party: PartyContext, words: WordCount): Vector {
  const { backend } = party;
  const M = BigInt(x.bits);
  const stored = (name: string) => party.stored(x, name);
  const a = stored('a');
  let factor = backend.subtract(
    backend.affine(stored('wm'), 1n << (M + 1n), 0n, words),
    backend.affine(stored('r'), 2n, 0n, words),
    words,
  );
  if (party.isDataOwner) factor = backend.add(factor, a, words);
  let terms = backend.multiply(a, factor, words);
  terms = backend.add(terms, backend.affine(stored('wm'), 1n << (2n * M), 0n, words), words);
  const cross = backend.multiply(stored('w'), rm, words);
  return backend.subtract(terms, backend.affine(cross, 1n << (M + 1n), 0n, words), words);
}

type SquaringNode = NodeOf<'square' | 'squares'>;

/** What the result has of the elements' squares: each of them, or the sums of rows. */
type Gather = (backend: Backend, elements: Vector, words: WordCount) => Vector;

/** r·m, which is multiplied by 2^(M+1), and what is gathered of r². */
const squareTraffic = ({ x, shape, bits: wanted }: SquaringNode) => ({
  dealt: [
    { n: size(x.shape), bits: bits(Math.max(1, wanted - x.bits - 1)) },
    { n: size(shape), bits: wanted },
  ],
});

function computeSquares({ x, bits }: SquaringNode, party: PartyContext, gather: Gather): Vector {
  const words = wordsFor(bits);
  const [rm, rr] = [party.dealt(), party.dealt()];
  return party.backend.add(gather(party.backend, squareTerms(x, rm, party, words), words), rr, words);
}

function dealSquares({ x, bits }: SquaringNode, dealer: DealerContext, gather: Gather): void {
  const { backend } = dealer;
  const words = wordsFor(bits);
  const [r, m] = [dealer.stored(x, 'r'), dealer.stored(x, 'm')];
  dealer.deal(backend.multiply(r, m, words));
  dealer.deal(gather(backend, backend.multiply(r, r, words), words));
}

const sumsOfRows =
  ({ x }: SquaringNode): Gather =>
  (backend, elements, words) =>
    backend.sumRows(elements, axisLength(x.shape, -1), words);

export const squares: NodeOperation<'squares'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }) => extend(x, bits, 2),
  traffic: squareTraffic,
  operations: ({ x }) => 2 * size(x.shape),
  compute: (node, party) => computeSquares(node, party, sumsOfRows(node)),
  deal: (node, dealer) => dealSquares(node, dealer, sumsOfRows(node)),
};

const each: Gather = (_backend, elements) => elements;

export const square: NodeOperation<'square'> = {
  talks: false,
  inputs: ({ x }) => [x],
  operandBits: ({ x, bits }) => extend(x, bits, 2),
  traffic: squareTraffic,
  operations: ({ x }) => 2 * size(x.shape),
  compute: (node, party) => computeSquares(node, party, each),
  deal: (node, dealer) => dealSquares(node, dealer, each),
};

export const lowerSquare: Lower<'square'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.lift(operation.x);
  return lowering.push('square', { name, shape, scale: scale(2 * x.scale), x });
};

export const lowerSquares: Lower<'squares'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.lift(operation.x);
  return lowering.push('squares', { name, shape, scale: scale(2 * x.scale + operation.halvings), x });
};

/** How many neighbours of x share one element of y. */
const runOf = (node: NodeOf<'multiply'>) => size(node.x.shape) / size(node.y.shape);

export const multiply: NodeOperation<'multiply'> = {
  talks: false,
  inputs: ({ x, y }) => [x, y],
  operandBits({ x, y, bits }) {
    extend(x, bits, 1);
    extend(y, bits, 1);
  },
  traffic(node) {
    const n = size(node.shape);
    const [M, N] = [node.x.bits, node.y.bits];
    return { dealt: [0, N, M, M + N].map((known) => ({ n, bits: bits(Math.max(1, node.bits - known)) })) };
  },
  operations: (node) => 6 * size(node.shape),
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    const run = runOf(node);
    const x = (name: string) => party.stored(node.x, name);
    const y = (name: string) => party.stored(node.y, name);
    const by = (v: Vector, log: number) => backend.affine(v, 1n << BigInt(log), 0n, words);
    const times = (v: Vector, narrow: Vector) => backend.multiply(v, narrow, words, run);
    const [rr, rm, mr, mm] = [party.dealt(), party.dealt(), party.dealt(), party.dealt()] as const;
    const [M, N] = [node.x.bits, node.y.bits];
    // The data owner's share of x is x − a with a added.
    const rest = party.isDataOwner ? backend.subtract(x('x'), x('a'), words) : x('x');
    const opened = backend.add(times(x('a'), y('x')), times(rest, y('a')), words);
    const wrapped = times(backend.subtract(by(backend.multiply(x('w'), mm, words), M), rm, words), y('w'));
    const masks = backend.subtract(
      backend.add(rr, by(wrapped, N), words),
      by(backend.multiply(x('w'), mr, words), M),
      words,
    );
    return backend.add(opened, masks, words);
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const words = wordsFor(node.bits);
    for (const left of ['r', 'm']) {
      for (const right of ['r', 'm']) {
        dealer.deal(backend.multiply(dealer.stored(node.x, left), dealer.stored(node.y, right), words, runOf(node)));
      }
    }
  },
};

export const lowerMultiply: Lower<'multiply'> = ({ name, shape, operation }, lowering) => {
  const x = lowering.lift(operation.x);
  const y = lowering.lift(operation.y, lowering.precision.narrow);
  return lowering.push('multiply', { name, shape, scale: scale(x.scale + y.scale), x, y });
};
