/**
 * Any function of one variable that is a short trigonometric sum on a range, in one exchange of 16-bit phases.
 *
 * The period is a power of two in fixed point, so x modulo the period is the low bits of each share, exactly; the top 16 of those are the
 * phase. The parties open d = phase + t for a uniform 16-bit t whose halves come from their own seeds, and hold dealt shares of
 * C_k = cos kt, S_k = sin kt. Then cos(k·phase − ψ) = cos(kd − ψ)·C_k + sin(kd − ψ)·S_k is a local linear combination with public
 * coefficients. One term with a full ring element opened is the cosine protocol of SecFwT (arXiv 2506.15307); the shared 16-bit phase, the
 * many functions of one phase and the fit on a range (fourier.ts) are protocol.md's.
 *
 * Rounds: 1. Bytes: 2 an element in each direction; dealt: 2·frequencies·bits an element. Rounding a phase adds at most 2^-16 of a period.
 *
 * With `keep` (private zeros and ones of the data owner, under its own mask β: `keep` sends μ ⊕ β once for all gates) the dealer deals the tables
 * times β and times 1 − β, and the opened bit selects: rows with μ = 0 become exact zeros. Bytes: one bit a row; dealt: twice the tables.
 */
import { size } from '../../program/network';
import type { KeepNode, PhaseNode, ShareNode } from '../../program/plan';
import { wordsFor } from '../../ring/ring';
import type { OperationProtocol } from '../operation';

const PHASE_BITS = 16;

export const phase: OperationProtocol<PhaseNode> = {
  traffic(node) {
    const part = { n: size(node.shape), bits: PHASE_BITS };
    return { toModelOwner: [part], toDataOwner: [part] };
  },
  say(node, party) {
    const { backend } = party;
    const mask = party.draw(0, size(node.shape), PHASE_BITS);
    const top = backend.extract(party.share(node.x), node.width - PHASE_BITS, node.width, 1);
    // Cutting both shares down loses one unit on average: the data owner gives it back.
    const masked = backend.add(party.isDataOwner ? backend.affine(top, 1n, 1n, 1) : top, mask, 1);
    party.keep('own', masked);
    return [masked];
  },
  hear(node, party, [other]) {
    party.keep('delta', party.backend.add(party.kept(node, 'own'), other!, 1));
  },
  deal(node, dealer) {
    const halves = (['data-owner', 'model-owner'] as const).map((who) =>
      dealer.draw(who, 0, size(node.shape), PHASE_BITS),
    );
    dealer.keep('t', dealer.backend.add(halves[0]!, halves[1]!, 1));
  },
};

export const keep: OperationProtocol<KeepNode> = {
  traffic: (node) => ({ toModelOwner: [{ n: size(node.shape), bits: 1 }] }),
  say(node, party) {
    const masked = party.backend.add(party.bits(node.name), party.draw(0, size(node.shape), 1), 1);
    const opened = party.backend.extract(masked, 0, 1, 1);
    party.keep('opened', opened);
    return [opened];
  },
  hear(_node, party, [opened]) {
    if (!party.isDataOwner) party.keep('opened', opened!);
  },
  deal(node, dealer) {
    dealer.keep('mask', dealer.draw('data-owner', 0, size(node.shape), 1));
  },
};

type GateNode = ShareNode & { kind: 'gate' };

const runOf = (node: GateNode) => size(node.x.shape) / size(node.keep!.shape);

export const gate: OperationProtocol<GateNode> = {
  traffic(node) {
    const part = { n: 2 * node.gate.frequencies.length * size(node.x.shape), bits: node.bits };
    return { dealt: node.keep ? [part, part] : [part] };
  },
  operations(node) {
    const terms = node.gate.functions.reduce((count, f) => count + f.terms.length, 0);
    return 2 * terms * size(node.x.shape);
  },
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    let tables = party.dealt();
    if (node.keep) {
      const others = backend.subtract(party.dealt(), tables, words);
      tables = backend.add(
        tables,
        backend.multiply(others, party.kept(node.keep, 'opened'), words, runOf(node)),
        words,
      );
    }
    // The data owner adds the constants; where rows are masked, to those rows only that it keeps.
    const { functions } = node.gate;
    const everywhere = party.isDataOwner && !node.keep;
    const sums = functions.map((f) => (everywhere ? f : { ...f, constant: 0n }));
    const out = backend.gate(party.kept(node.x, 'delta'), tables, { ...node.gate, functions: sums, words });
    const constant = functions[0]!.constant;
    if (!node.keep || !party.isDataOwner || constant === 0n) return out;
    return backend.add(out, backend.affine(party.bits(node.keep.name), constant, 0n, words), words, runOf(node));
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const words = wordsFor(node.bits);
    const tables = backend.trigonometricTables(dealer.kept(node.x, 't'), node.gate.frequencies, node.fraction, words);
    if (!node.keep) return dealer.deal(tables);
    const kept = backend.multiply(tables, dealer.kept(node.keep, 'mask'), words, runOf(node));
    dealer.deal(kept);
    dealer.deal(backend.subtract(tables, kept, words));
  },
};
