/**
 * Any function of one variable that is a short trigonometric sum on a range, in one exchange of phases of 16 bits, or of 20.
 *
 * The period is a power of two in fixed point, so x modulo the period is the low bits of each share, exactly; the top 16 of those are the
 * phase, or the top 20 at the fine resolution (ring/cosine.ts). The parties open d = phase + t for a uniform t of as many bits whose halves come from their own seeds, and hold dealt shares of
 * C_k = cos kt, S_k = sin kt. Then cos(k·phase − ψ) = cos(kd − ψ)·C_k + sin(kd − ψ)·S_k is a local linear combination with public
 * coefficients. One term with a full ring element opened is the cosine protocol of SecFwT (arXiv 2506.15307); the shared phase, the
 * many functions of one phase and the fit on a range (fourier.ts) are protocol.md's.
 *
 * Rounds: 1. Bytes: 2 an element in each direction, or 2.5; dealt: 2·frequencies·bits an element, less where tables taper. Rounding a phase adds at most 2^-16 of a
 * period, or 2^-20.
 *
 * With `mask` (private zeros and ones μ of the data owner, under a mask β of its own: `mask` sends μ ⊕ β once for all gates) the dealer deals the tables
 * times β and times 1 − β, and the opened bit selects: rows with μ = 0 become exact zeros. Bytes: one bit a row; dealt: twice the tables.
 */
import type { Backend, Gate, Vector } from '../../compute/backend';
import type { TrigonometricPolynomial } from '../../graph/fourier';
import type { PolynomialName } from '../../graph/functions';
import type { Tensor } from '../../graph/graph';
import { runOf, size } from '../../graph/shape';
import { COEFFICIENT_BITS, type PhaseBits, RESOLUTIONS } from '../../ring/cosine';
import { wordsFor } from '../../ring/ring';
import { bits, scale, turns } from '../../ring/units';
import type { DealerContext, Lower, Lowering, NodeOperation, Part, PartyContext } from '../operation';
import type { Hidden, NodeOf, PhaseNode, PrivateBits } from '../plan';
import { PlanError } from '../plan-error';
import { lowerExponential } from './exponential';

export const phase: NodeOperation<'phase'> = {
  talks: true,
  opens: true,
  inputs: ({ x }) => [x],
  readsInput: ({ hidden }) => hidden !== undefined,
  operandBits: ({ x, width }, need) => need(x, width),
  traffic(node) {
    const part = { n: size(node.shape), bits: node.bits };
    return { toModelOwner: [part], toDataOwner: [part] };
  },
  say(node, party) {
    const { backend } = party;
    const mask = party.draw(0, size(node.shape), node.bits);
    const cut = node.width - node.bits;
    const x = party.share(node.x);
    const top = cut > 0 ? backend.extract(x, cut, node.width, 1) : backend.affine(x, 1n << BigInt(-cut), 0n, 1);
    // Cutting both shares down loses one unit on average: the data owner gives it back.
    let own = party.isDataOwner && cut > 0 ? backend.affine(top, 1n, 1n, 1) : top;
    if (party.isDataOwner && node.hidden) own = hide(node, party, node.hidden, own);
    return [backend.add(own, mask, 1)];
  },
  hear(node, party, [sum]) {
    party.store('delta', inUnits(node, party.backend, sum!));
  },
  deal(node, dealer) {
    const half = (of: 'data-owner' | 'model-owner') => dealer.draw(of, 0, size(node.shape), node.bits);
    const { backend } = dealer;
    dealer.store('t', inUnits(node, backend, backend.add(half('data-owner'), half('model-owner'), 1)));
  },
};

/** Eighths of a period that hidden elements are moved down. */
export const HIDDEN_EIGHTHS = 3;

function hide({ shape, bits: opened }: PhaseNode, party: PartyContext, hidden: Hidden, x: Vector): Vector {
  const by = BigInt(HIDDEN_EIGHTHS * 2 ** (opened - 3));
  const away = party.backend.affine(bitsOf(hidden.of, party), by, -by, 1);
  return party.backend.add(x, away, 1, runOf(hidden.shape, shape, hidden.axis));
}

/** The sum of two halves, in units of the resolution. */
function inUnits({ resolution, bits: opened }: PhaseNode, backend: Backend, sum: Vector): Vector {
  return opened === resolution ? sum : backend.affine(sum, 1n << BigInt(resolution - opened), 0n, 1);
}

function bitsOf({ name, part }: PrivateBits, { backend, bits }: PartyContext): Vector {
  const all = bits(name);
  return part ? backend.slice(all, part.length, part.inner, part.start, part.count) : all;
}

/** One bit an element. */
const ONE = bits(1);

export const mask: NodeOperation<'mask'> = {
  talks: true,
  inputs: () => [],
  operandBits: () => {},
  traffic: (node) => ({ toModelOwner: [{ n: size(node.shape), bits: ONE }] }),
  say(node, party) {
    const masked = party.backend.add(bitsOf(node.of, party), party.draw(0, size(node.shape), ONE), 1);
    const opened = party.backend.extract(masked, 0, 1, 1);
    party.store('opened', opened);
    return [opened];
  },
  hear(_node, party, [opened]) {
    if (opened) party.store('opened', opened);
  },
  deal(node, dealer) {
    dealer.store('mask', dealer.draw('data-owner', 0, size(node.shape), ONE));
  },
};

export const lowerMask: Lower<'mask'> = ({ name, shape }, lowering) =>
  lowering.push('mask', { name, shape, scale: scale(0), bits: ONE, of: { name } });

type GateNode = NodeOf<'gate'>;

/** How many neighbours of x one element of the mask is for. */
const maskRun = ({ x, mask, maskAxis }: GateNode) => (mask ? runOf(mask.shape, x.shape, maskAxis) : 1);

/** What dealing this much takes, of rows that may be zeroed. */
const maskedParts = ({ mask }: GateNode, parts: readonly Part[]): Part[] =>
  parts.flatMap((part) => (mask ? [part, part] : [part]));

/** This party's share of what `dealMasked` dealt, zero in rows that are. */
function maskedDealt(node: GateNode, party: PartyContext): Vector {
  const { backend } = party;
  const words = wordsFor(node.bits);
  const dealt = party.dealt();
  if (!node.mask) return dealt;
  const others = backend.subtract(party.dealt(), dealt, words);
  return backend.add(dealt, backend.multiply(others, party.stored(node.mask, 'opened'), words, maskRun(node)), words);
}

function dealMasked(node: GateNode, dealer: DealerContext, secret: Vector): void {
  const { backend } = dealer;
  const words = wordsFor(node.bits);
  if (!node.mask) {
    dealer.deal(secret);
    return;
  }
  const selected = backend.multiply(secret, dealer.stored(node.mask, 'mask'), words, maskRun(node));
  dealer.deal(selected);
  dealer.deal(backend.subtract(secret, selected, words));
}

/** What is made of temporaries, which are then given back: there would be too many of them for a node to keep. */
export function made(backend: Backend, of: readonly Vector[], result: Vector): Vector {
  for (const v of of) backend.release(v);
  return result;
}

/** Harmonics whose tables have the same bits. */
interface Band {
  /** Bits that they have fewer than the first harmonic's: in front of the point as behind it. */
  lacking: number;
  gate: Gate;
}

/**
 * Coefficients of a smooth function fall as fast as harmonics rise, and with them the bits that their tables need. Which lack how many is a
 * matter of their order alone, so that it tells the dealer no coefficient.
 */
function bandsOf({ gate, taper, bits: wanted }: NodeOf<'gate'>): Band[] {
  const { frequencies, functions } = gate;
  const lackingAt = (i: number) => Math.floor((taper * i) / Math.max(1, frequencies.length - 1));
  return [...new Set(frequencies.map((_, i) => lackingAt(i)))].map((lacking) => {
    const places = [...frequencies.keys()].filter((i) => lackingAt(i) === lacking);
    const ofBand = functions.map(({ terms, constant }) => ({
      terms: terms.flatMap((term) => {
        const frequency = places.indexOf(term.frequency);
        return frequency < 0 ? [] : [{ ...term, frequency }];
      }),
      constant: lacking === 0 ? constant : 0n,
    }));
    const words = wordsFor(bits(wanted - lacking));
    return {
      lacking,
      gate: { ...gate, frequencies: places.map((i) => frequencies[i]!), functions: ofBand, words },
    };
  });
}

export const gate: NodeOperation<'gate'> = {
  talks: false,
  inputs: ({ x, mask }) => (mask ? [x, mask] : [x]),
  operandBits: () => {},
  traffic(node) {
    const n = size(node.x.shape);
    const parts = bandsOf(node).map(({ lacking, gate }) => ({
      n: 2 * gate.frequencies.length * n,
      bits: bits(node.bits - lacking),
    }));
    return { dealt: maskedParts(node, parts) };
  },
  operations(node) {
    const terms = node.gate.functions.reduce((count, f) => count + f.terms.length, 0);
    return 2 * terms * size(node.x.shape);
  },
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    // The data owner adds the constants; where rows are masked, to those rows only that it keeps.
    const everywhere = party.isDataOwner && !node.mask;
    const phase = party.stored(node.x, 'delta');
    const out = bandsOf(node).reduce<Vector | undefined>((sum, { lacking, gate }) => {
      const functions = gate.functions.map((f) => (everywhere ? f : { ...f, constant: 0n }));
      const tables = maskedDealt(node, party);
      const part = made(backend, [tables], backend.gate(phase, tables, { ...gate, functions }));
      if (!sum) return part;
      const whole = made(backend, [part], backend.affine(part, 1n << BigInt(lacking), 0n, words));
      return made(backend, [sum, whole], backend.add(sum, whole, words));
    }, undefined)!;
    // Of several functions under a mask none has a constant.
    const constant = node.gate.functions[0]?.constant ?? 0n;
    if (!node.mask || !party.isDataOwner || constant === 0n) return out;
    return backend.add(out, backend.affine(bitsOf(node.mask.of, party), constant, 0n, words), words, maskRun(node));
  },
  deal(node, dealer) {
    const t = dealer.stored(node.x, 't');
    for (const { lacking, gate } of bandsOf(node)) {
      const { frequencies, phaseBits, words } = gate;
      const fraction = node.fraction - lacking;
      dealMasked(node, dealer, dealer.backend.trigonometricTables(t, frequencies, fraction, phaseBits, words));
    }
  },
};

const COARSEST = 16;

export interface PhaseOptions {
  resolution: PhaseBits;
  /** How many bits of it are. */
  opened: number;
  hidden?: Hidden;
}

/** The phase of an operand of the gate `name` in a period of 2^period, to be opened. */
export function lowerPhase(
  name: string,
  operand: Tensor,
  lowering: Lowering,
  period: number,
  { resolution, opened, hidden }: PhaseOptions,
): PhaseNode {
  const x = lowering.share(operand);
  const width = bits(x.scale + period);
  // A fine phase may be of an operand with fewer bits: they become its upper ones.
  if (width < COARSEST || width > 64) {
    throw new PlanError(
      `${name}: ${operand.name} at scale ${x.scale} has ${width} bits in a period of 2^${period}; a phase needs ${COARSEST} to 64`,
    );
  }
  return lowering.once(`phase ${x.id} ${width} ${resolution} ${opened} ${hidden?.of.name}`, () =>
    lowering.push('phase', {
      name: operand.name,
      shape: x.shape,
      scale: scale(0),
      bits: bits(opened),
      x,
      width,
      resolution,
      hidden,
    }),
  );
}

export const lowerGate: Lower<'gate'> = (tensor, lowering) => {
  const { name, shape, operation } = tensor;
  if (operation.functions.includes('exponential')) return lowerExponential(tensor, lowering);
  const polynomials = operation.functions.map((_, index) => lowering.polynomial(tensor, index));
  const [period, ...others] = new Set(polynomials.map((p) => Math.log2(p.period)));
  if (period === undefined || !Number.isInteger(period) || others.length > 0) {
    throw new PlanError(`${name}: a gate's period must be a power of two, not ${polynomials.map((p) => p.period)}`);
  }
  // Functions of one gate share its phase and its tables, so the finest of them decides.
  const { gates } = lowering.precision;
  const precisions = operation.functions.map((f) => gates[f as PolynomialName]);
  const phaseBits = precisions.some((p) => p.phase === 20) ? 20 : 16;
  const opened = Math.max(...precisions.map((p) => p.opened ?? p.phase));
  const table = Math.max(...precisions.map((p) => p.table));
  const fraction = Math.max(...precisions.map((p) => p.coefficient)) - lowering.magnitude(tensor);
  const phase = lowerPhase(name, operation.x, lowering, period, { resolution: phaseBits, opened });
  if (operation.mask && polynomials.length > 1 && polynomials.some((p) => p.constant !== 0)) {
    throw new PlanError(`${name}: a masked gate of several functions cannot have constants`);
  }
  const result = scale(fraction + table);
  const computed = lowering.push('gate', {
    name,
    shape,
    scale: result,
    x: phase,
    gate: integerGate(name, polynomials, phaseBits, { coefficients: fraction, result: fraction + table }),
    fraction: table,
    taper: Math.min(...precisions.map(({ taper }) => taper)),
    mask: operation.mask && lowering.mask(operation.mask),
    maskAxis: operation.maskAxis,
  });
  const { causal } = operation;
  return causal ? lowering.push('causal', { name, shape, scale: result, x: computed, causal }) : computed;
};

/** A polynomial's coefficients as the integers that both parties use, at scales of coefficients and result. */
function integerGate(
  name: string,
  polynomials: TrigonometricPolynomial[],
  phaseBits: PhaseBits,
  scales: { coefficients: number; result: number },
): Omit<Gate, 'words'> {
  const used = new Set<number>();
  let largest = 2 ** -30;
  for (const p of polynomials) {
    for (const [index, a] of [...p.cos.entries(), ...p.sin.entries()]) {
      if (a !== 0) used.add(index + 1);
      largest = Math.max(largest, Math.abs(a));
    }
  }
  const frequencies = [...used].sort((a, b) => a - b);
  if (frequencies.length === 0) throw new PlanError(`${name}: its function is constant`);
  // As fine as amplitudes (once rounded) and the shift may be.
  const { fraction, amplitudeBits } = RESOLUTIONS[phaseBits];
  let amplitudeScale = Math.min(
    amplitudeBits + scales.coefficients,
    amplitudeBits - 1 - Math.floor(Math.log2(largest)),
  );
  if (Math.round(largest * 2 ** amplitudeScale) >= 2 ** amplitudeBits) amplitudeScale--;
  const shift = amplitudeScale + fraction - scales.coefficients;
  if (amplitudeBits + fraction - shift > COEFFICIENT_BITS)
    throw new PlanError(`${name}: a coefficient of ${largest} is too large for a gate`);
  const functions = polynomials.map((p) => {
    const terms = frequencies.flatMap((k, frequency) =>
      [p.cos[k - 1] ?? 0, p.sin[k - 1] ?? 0].flatMap((a, quarter) => {
        const amplitude = Math.round(a * 2 ** amplitudeScale);
        return amplitude === 0 ? [] : [{ frequency, amplitude, phase: turns(quarter * 2 ** (phaseBits - 2)) }];
      }),
    );
    return { terms, constant: BigInt(Math.round(p.constant * 2 ** scales.result)) };
  });
  return { phaseBits, frequencies, functions, shift };
}
