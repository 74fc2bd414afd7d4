/**
 * Exponentials from one opened phase, by what makes them special: e^(a − r) = e^a · e^−r.
 *
 * x + r is opened as a phase of a period P that is wider than all of x's range, so x is known from it and r without doubt. Everybody
 * knows a, the dealer knows r, and one dealt number would be enough if it had the bits for all of e^−P to 1. Instead the period is divided into windows of `WINDOW`
 * units, and the dealer deals a number for each, in fixed point, as it would be if a were the window's beginning b: e^(b − r), or what is left of
 * it for values below the result's last bit. The opened phase says which of them counts, and by which public factor e^(a − b):
 *
 *   e^x = e^(a − b) · e^(b − r mod P), the latter between e^(cut − P) and e^cut, where e^cut is beyond the range of results
 *
 * A trigonometric gate of the same range needs 20 harmonics, hence 40 numbers, and large coefficients that cost bits. Multiplicative masks of exponentials are
 * folklore; the windows keep them in fixed point. Masked (see gate.ts) it deals twice the numbers.
 *
 * Rounds: 1. Bytes: those of the phase; dealt: windows·bits an element. The dealt numbers are shared like all others, so that whoever knows a learns
 * nothing of r. Rounding a phase is a relative error of half its unit; factors and numbers are integers, computed by
 * integer arithmetic alone, so that both parties have the same ones.
 */
import type { Backend, Vector, WordCount } from '../../compute/backend';
import type { TensorOf } from '../../graph/graph';
import { size } from '../../graph/shape';
import type { PhaseBits } from '../../ring/cosine';
import { exponentialOf } from '../../ring/exponential';
import { wordsFor } from '../../ring/ring';
import { scale } from '../../ring/units';
import type { Lowering, NodeOperation } from '../operation';
import type { NodeOf, ShareNode } from '../plan';
import { PlanError } from '../plan-error';
import { dealMasked, lowerPhase, made, maskedDealt, maskedParts } from './gate';

type ExponentialNode = NodeOf<'exponential'>;

const PHASE_BITS: PhaseBits = 16;
/** A window is e^8 wide: 12 bits that its numbers have more, and 4 of them in a period of 32. */
const LOG_WINDOW = 3;
const WINDOW = 2 ** LOG_WINDOW;
/** log₂ e^WINDOW, and up. */
const WINDOW_BITS = Math.ceil(WINDOW / Math.LN2);

/** How far below e^cut results are looked for: what is beyond e^bits. */
const cutOf = (magnitude: number) => Math.max(0, Math.ceil(magnitude * Math.LN2));

/** The period for exponentials of x ≥ low, below 2^magnitude. */
export const exponentialPeriod = (low: number, magnitude: number): number =>
  2 ** Math.ceil(Math.log2(Math.max(2 * WINDOW, cutOf(magnitude) + WINDOW - low)));

/** Windows in a period. */
const windowsOf = ({ period, window }: ExponentialNode) => 2 ** (period - window);
/** Bits of a phase within its window. */
const innerBits = ({ period, window }: ExponentialNode) => PHASE_BITS - (period - window);

/** Bits of factors while they are multiplied. */
const FACTOR = 16;
const QUOTIENT = 24;
/** A factor that would be shifted further makes zeros of all products. */
const MOST_SHIFT = 60;
/** More bits that a number has while it is multiplied by quotients. */
const GUARD = 4;

/** ⌊x · factor / 2^by⌉ of what has no sign. */
function rounded(backend: Backend, x: Vector, by: number, factor = 1n): Vector {
  const product = backend.affine(x, factor, 1n << BigInt(by - 1), 2);
  return made(backend, [product], backend.extract(product, by, 64, 2));
}

/** a where a bit of `by` is 0, b where it is 1. */
function either(backend: Backend, [a, b]: readonly [Vector, Vector], by: Vector, at: number, words: WordCount): Vector {
  const bit = backend.extract(by, at, at + 1, 1);
  const difference = backend.subtract(b, a, words);
  const more = backend.multiply(difference, bit, words);
  return made(backend, [bit, difference, more], backend.add(a, more, words));
}

/**
 * `start` · Π e^(2^i · unit) over the bits of `steps` below `count`, in integers. Factors have `fraction` bits behind the point, or as many significant
 * ones. A product before it is rounded is below 2^63.
 */
function powers(
  backend: Backend,
  start: Vector,
  steps: Vector,
  { count, unit, fraction }: { count: number; unit: number; fraction: number },
): Vector {
  let product = start;
  for (let i = 0; i < count; i++) {
    const exponent = unit * 2 ** i;
    const shift = Math.min(MOST_SHIFT, fraction + Math.max(0, Math.floor(-exponent / Math.LN2)));
    const factor = BigInt(Math.round(exponentialOf(exponent) * 2 ** shift));
    const times = rounded(backend, product, shift, factor);
    const next = either(backend, [product, times], steps, i, 2);
    product = made(backend, product === start ? [times] : [times, product], next);
  }
  return product;
}

/** Of several vectors the one that each element's bits from `from` on say. */
function chosen(backend: Backend, of: readonly Vector[], by: Vector, from: number, words: WordCount): Vector {
  let level = of;
  for (let at = from; level.length > 1; at++) {
    const pairs = Array.from({ length: level.length / 2 }, (_, i) => [level[2 * i]!, level[2 * i + 1]!] as const);
    level = pairs.map((pair) => made(backend, pair, either(backend, pair, by, at, words)));
  }
  return level[0]!;
}

export const exponential: NodeOperation<'exponential'> = {
  talks: false,
  inputs: ({ x, mask }) => (mask ? [x, mask] : [x]),
  operandBits: () => {},
  traffic(node) {
    const part = { n: size(node.x.shape), bits: node.bits };
    return { dealt: maskedParts(node, new Array(windowsOf(node)).fill(part)) };
  },
  operations: (node) => size(node.x.shape) * (windowsOf(node) + innerBits(node)),
  compute(node, party) {
    const { backend } = party;
    const words = wordsFor(node.bits);
    const phase = backend.extract(party.stored(node.x, 'delta'), 0, PHASE_BITS, 1);
    const ones = backend.affine(backend.zeros(phase.n, 2), 0n, 1n << BigInt(FACTOR), 2);
    const unit = 2 ** (node.period - PHASE_BITS);
    const factor = powers(backend, ones, phase, { count: innerBits(node), unit, fraction: FACTOR });
    const numbers = Array.from({ length: windowsOf(node) }, () => maskedDealt(node, party));
    const number = chosen(backend, numbers, phase, innerBits(node), words);
    return backend.multiply(number, rounded(backend, factor, FACTOR - (node.scale - node.fraction)), words);
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const windows = windowsOf(node);
    const inner = innerBits(node);
    const unit = 2 ** (node.period - PHASE_BITS);
    // How far below the cut a window's number is, in phases: cut − (b − r).
    const r = dealer.stored(node.x, 't');
    const below = backend.extract(backend.affine(r, 1n, BigInt(Math.round(node.cut / unit)), 1), 0, PHASE_BITS, 1);
    const largest = BigInt(Math.round(exponentialOf(node.cut) * 2 ** (node.fraction + GUARD)));
    const start = backend.affine(backend.zeros(r.n, 2), 0n, largest, 2);
    const within = powers(backend, start, below, { count: inner, unit: -unit, fraction: QUOTIENT });
    for (let window = 0; window < windows; window++) {
      const steps = backend.extract(
        backend.affine(below, 1n, BigInt(-window) << BigInt(inner), 1),
        inner,
        PHASE_BITS,
        1,
      );
      const whole = { count: node.period - node.window, unit: -(2 ** node.window), fraction: QUOTIENT };
      dealMasked(node, dealer, rounded(backend, powers(backend, within, steps, whole), GUARD));
    }
  },
};

export function lowerExponential(tensor: TensorOf<'gate'>, lowering: Lowering): ShareNode {
  const { name, shape, operation } = tensor;
  if (operation.functions.length > 1)
    throw new PlanError(`${name}: an exponential shares its phase with no other function`);
  const period = Math.log2(lowering.polynomial(tensor, 0).period);
  if (!Number.isInteger(period) || period <= LOG_WINDOW)
    throw new PlanError(`${name}: an exponential's period must be a power of two above ${WINDOW}, not ${2 ** period}`);
  const { coefficient, table } = lowering.precision.exponential;
  const magnitude = lowering.magnitude(tensor);
  const fraction = table - magnitude + WINDOW_BITS;
  const result = scale(fraction + coefficient);
  const computed = lowering.push('exponential', {
    name,
    shape,
    scale: result,
    x: lowerPhase(tensor, lowering, period, PHASE_BITS),
    period,
    window: LOG_WINDOW,
    cut: cutOf(magnitude),
    fraction,
    mask: operation.mask && lowering.mask(operation.mask),
    maskAxis: operation.maskAxis,
  });
  const { causal } = operation;
  return causal ? lowering.push('causal', { name, shape, scale: result, x: computed, causal }) : computed;
}
