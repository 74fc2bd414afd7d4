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
import type { Vector } from '../../compute/backend';
import { size } from '../../program/network';
import type { LiftNode, ShareNode } from '../../program/plan';
import { wordsFor } from '../../ring/ring';
import type { OperationProtocol } from '../operation';

const offsetOf = (node: LiftNode) => 1n << BigInt(node.bits - 2);

export const lift: OperationProtocol<LiftNode> = {
  traffic(node) {
    const n = size(node.shape);
    const part = { n, bits: node.bits };
    const extension = { n, bits: node.extended - node.bits };
    return { toModelOwner: [part], toDataOwner: [part], dealt: [extension, extension] };
  },
  operations: (node) => size(node.shape),
  say(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    const mask = party.draw(0, size(node.shape), node.bits);
    let masked = backend.add(party.share(node.x), mask, words);
    if (party.isDataOwner) masked = backend.affine(masked, 1n, offsetOf(node), words);
    party.keep('mask', mask);
    party.keep('own', masked);
    return [masked];
  },
  hear(node, party, [other]) {
    const { backend } = party;
    const M = node.bits;
    const words = wordsFor(node.extended);
    const unit = 1n << BigInt(M);
    const carry = party.dealt();
    const top = party.dealt();
    const opened = backend.extract(backend.add(party.kept(node, 'own'), other!, wordsFor(M)), 0, M, words);
    const a = backend.affine(opened, 1n, -offsetOf(node), words);
    const w = backend.affine(backend.extract(opened, M - 1, M, words), -1n, 1n, words);
    const wm = backend.multiply(w, top, words);
    const r = backend.subtract(party.kept(node, 'mask'), backend.affine(carry, unit, 0n, words), words);
    const share = backend.subtract(backend.affine(wm, unit, 0n, words), r, words);
    party.keep('a', a);
    party.keep('w', w);
    party.keep('wm', wm);
    party.keep('r', r);
    party.keep('x', party.isDataOwner ? backend.add(share, a, words) : share);
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const M = node.bits;
    const n = size(node.shape);
    const sum = backend.add(dealer.draw('data-owner', 0, n, M), dealer.draw('model-owner', 0, n, M), wordsFor(M + 1));
    const top = backend.extract(sum, M - 1, M, wordsFor(node.extended));
    dealer.keep('r', backend.extract(sum, 0, M, wordsFor(node.extended)));
    dealer.keep('m', top);
    dealer.deal(backend.extract(sum, M, M + 1, wordsFor(node.extended)));
    dealer.deal(top);
  },
};

export const lifted: OperationProtocol<ShareNode & { kind: 'lifted' }> = {
  compute: (node, party) => party.kept(node.x, 'x'),
};

type SquaresNode = ShareNode & { kind: 'squares' };

export const squares: OperationProtocol<SquaresNode> = {
  traffic: (node) => ({
    dealt: [
      { n: size(node.x.shape), bits: Math.max(1, node.bits - node.x.bits - 1) },
      { n: size(node.shape), bits: node.bits },
    ],
  }),
  operations: (node) => 2 * size(node.x.shape),
  compute(node, party) {
    const { backend } = party;
    const M = BigInt(node.x.bits);
    const words = wordsFor(node.bits);
    const kept = (name: string) => party.kept(node.x, name);
    const rm = party.dealt();
    const sumOfSquares = party.dealt();
    const a = kept('a');
    let factor = backend.subtract(
      backend.affine(kept('wm'), 1n << (M + 1n), 0n, words),
      backend.affine(kept('r'), 2n, 0n, words),
      words,
    );
    if (party.isDataOwner) factor = backend.add(factor, a, words);
    let terms = backend.multiply(a, factor, words);
    terms = backend.add(terms, backend.affine(kept('wm'), 1n << (2n * M), 0n, words), words);
    const cross = backend.multiply(kept('w'), rm, words);
    terms = backend.subtract(terms, backend.affine(cross, 1n << (M + 1n), 0n, words), words);
    return backend.add(backend.sumRows(terms, node.x.shape.at(-1)!, words), sumOfSquares, words);
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const words = wordsFor(node.bits);
    const [r, m] = [dealer.kept(node.x, 'r'), dealer.kept(node.x, 'm')];
    dealer.deal(backend.multiply(r, m, words));
    dealer.deal(backend.sumRows(backend.multiply(r, r, words), node.x.shape.at(-1)!, words));
  },
};

type MultiplyNode = ShareNode & { kind: 'multiply' };

/** How many neighbours of x share one element of y. */
const runOf = (node: MultiplyNode) => size(node.x.shape) / size(node.y.shape);

export const multiply: OperationProtocol<MultiplyNode> = {
  traffic(node) {
    const n = size(node.shape);
    const [M, N] = [node.x.bits, node.y.bits];
    return { dealt: [0, N, M, M + N].map((known) => ({ n, bits: Math.max(1, node.bits - known) })) };
  },
  operations: (node) => 6 * size(node.shape),
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    const run = runOf(node);
    const x = (name: string) => party.kept(node.x, name);
    const y = (name: string) => party.kept(node.y, name);
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
    for (const [left, right] of ['rr', 'rm', 'mr', 'mm']) {
      dealer.deal(backend.multiply(dealer.kept(node.x, left!), dealer.kept(node.y, right!), words, runOf(node)));
    }
  },
};
