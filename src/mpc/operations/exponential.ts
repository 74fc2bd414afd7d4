/**
 * Exponentials from one opened phase, by what makes them special: e^(a − r) = e^a · e^−r.
 *
 * x + r is opened as a phase of a period P that is wider than all of x's range, so x is known from it and r without doubt. Everybody
 * knows a, the dealer knows r, and one dealt number would be enough if it had the bits for all of e^−P to 1. Instead the period is divided into windows of 8
 * units or 16, and the dealer deals a number for each, in fixed point, as it would be if a were the window's beginning b: e^(b − r), or what is left of
 * it for values below the result's last bit. The opened phase says which of them counts, and by which public factor e^(a − b):
 *
 *   e^x = e^(a − b) · e^(b − r mod P), the latter between e^(cut − P) and e^cut, where e^cut is beyond the range of results
 *
 * A trigonometric gate of the same range needs 20 harmonics, hence 40 numbers, and large coefficients that cost bits. Multiplicative masks of exponentials are
 * folklore; the windows keep them in fixed point.
 *
 * What comes of one opening. The phase of x in a period P is that of 2^k·x in 2^k·P: exponentials of x, doubled or halved, take numbers of their own and no
 * opening. x + c for a number c of a whole row is a + c's phase, masked as well and opened once a row, less the sum of both masks.
 *
 * Elements that the data owner's private zeros hide have an x near 0, or in a range that is known. On its own share it moves them 3/8 of a period down, where an exponential is
 * next to nothing (e^-12 or less; e^-11 where such a range reaches up farthest): at no byte, and nobody hears of it, since a phase is opened under a mask of the whole period.
 *
 * Rounds: 1. Bytes: those of the phases; dealt: windows·bits an element, the latter with as many more as a window is wide. The dealt numbers are shared like all others, so that whoever knows a learns
 * nothing of r. Rounding a phase is a relative error of half its unit; factors and numbers are integers, computed by
 * integer arithmetic alone, so that both parties have the same ones.
 */
import type { Backend, Vector, WordCount } from '../../compute/backend';
import { isOf, type Tensor, type TensorOf } from '../../graph/graph';
import { size } from '../../graph/shape';
import type { PhaseBits } from '../../ring/cosine';
import { exponentialOf } from '../../ring/exponential';
import { wordsFor } from '../../ring/ring';
import { bits, scale } from '../../ring/units';
import type { Lowering, NodeOperation } from '../operation';
import type { NodeOf, PhaseNode, ShareNode } from '../plan';
import { PlanError, TooWideError } from '../plan-error';
import { HIDDEN_EIGHTHS, lowerPhase, made } from './gate';

type ExponentialNode = NodeOf<'exponential'>;

const PHASE_BITS: PhaseBits = 16;
/** A window is 8 units wide or 16. Twice as wide, half as many numbers have 12 bits more each, where 64 have room for them. */
const NARROW = 3;
const WIDE = 4;
/** log₂ of e^(a window's width), and up: bits that its numbers have beyond results', since they are multiplied by so much. */
const beyond = (window: number) => Math.ceil(2 ** window / Math.LN2);

/** How far below e^cut results are looked for: what is beyond e^bits. */
const cutOf = (magnitude: number) => Math.max(0, Math.ceil(magnitude * Math.LN2));

/** How far below 0 an element may be that is hidden: less the logarithm of a thousand tokens. */
const HIDDEN = 7;

/** How far hidden elements are moved below 0 at least, and below what is next to nothing even in the row that is farthest out. */
const MOVED = 12;
const NOTHING = 11;

/** What exponentials are of. */
export interface Reach {
  /** The least x. */
  low: number;
  /** Results are below 2^this. */
  magnitude: number;
  /** What x is where an element is hidden, but for the logarithm of how many tokens there are. */
  hidden: readonly [low: number, high: number];
}

/** What a period has to be, so that nothing of it is read as something else. */
function leastPeriod({ low, magnitude, hidden }: Reach, window: number): number {
  const above = cutOf(magnitude) + 2 ** window;
  const moved = HIDDEN_EIGHTHS / 8;
  return Math.max(
    above - low,
    (above + HIDDEN - hidden[0]) / (1 - moved),
    Math.max(MOVED, NOTHING + hidden[1]) / moved,
  );
}

export const exponentialPeriod = (reach: Reach): number => 2 ** Math.ceil(Math.log2(leastPeriod(reach, NARROW)));

/** How wide windows may be in such a period. */
export const exponentialWindow = (reach: Reach, period: number): number =>
  2 ** (leastPeriod(reach, WIDE) <= period ? WIDE : NARROW);

/** log₂ of windows' width: as wide as their numbers have room. */
const windowOf = ({ bits: wanted, widest }: ExponentialNode): number =>
  wanted + beyond(widest) <= 64 ? widest : NARROW;
/** Windows in a period. */
const windowsOf = (node: ExponentialNode) => 2 ** (node.period - windowOf(node));
/** Bits of a phase within its window. */
const innerBits = (node: ExponentialNode) => PHASE_BITS - (node.period - windowOf(node));
/** What a window's number is dealt modulo. */
const numberBits = (node: ExponentialNode) => bits(node.bits + beyond(windowOf(node)));

/** Bits of factors while they are multiplied. */
const FACTOR = 16;
/** At most; so many that a number's product with one is below 2^62. */
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

/** x's phases, or masks of them, and its rows', added up. */
const shifted = ({ x, shifts }: ExponentialNode, backend: Backend, of: (phase: PhaseNode) => Vector): Vector =>
  shifts.reduce((sum, shift) => backend.add(sum, of(shift), 1, size(x.shape) / size(shift.shape)), of(x));

export const exponential: NodeOperation<'exponential'> = {
  talks: false,
  inputs: ({ x, shifts }) => [x, ...shifts],
  operandBits(node) {
    if (numberBits(node) > 64)
      throw new TooWideError(
        `${node.name} would need ${numberBits(node)} bits: lower its precision or narrow its range`,
      );
  },
  traffic(node) {
    const part = { n: size(node.x.shape), bits: numberBits(node) };
    return { dealt: new Array(windowsOf(node)).fill(part) };
  },
  operations: (node) => size(node.x.shape) * (windowsOf(node) + innerBits(node)),
  compute(node, party) {
    const { backend, isDataOwner } = party;
    const words = wordsFor(numberBits(node));
    const phase = backend.extract(
      shifted(node, backend, (phase) => party.stored(phase, 'delta')),
      0,
      PHASE_BITS,
      1,
    );
    const ones = backend.affine(backend.zeros(phase.n, 2), 0n, 1n << BigInt(FACTOR), 2);
    const unit = 2 ** (node.period - PHASE_BITS);
    const factor = powers(backend, ones, phase, { count: innerBits(node), unit, fraction: FACTOR });
    const numbers = Array.from({ length: windowsOf(node) }, () => party.dealt());
    const number = chosen(backend, numbers, phase, innerBits(node), words);
    const product = backend.multiply(number, rounded(backend, factor, FACTOR - (node.scale - node.fraction)), words);
    const window = beyond(windowOf(node));
    return backend.extract(product, window, window + node.bits, wordsFor(node.bits), !isDataOwner);
  },
  deal(node, dealer) {
    const { backend } = dealer;
    const windows = windowsOf(node);
    const inner = innerBits(node);
    const unit = 2 ** (node.period - PHASE_BITS);
    // How far below the cut a window's number is, in phases: cut − (b − r).
    const r = shifted(node, backend, (phase) => dealer.stored(phase, 't'));
    const below = backend.extract(backend.affine(r, 1n, BigInt(Math.round(node.cut / unit)), 1), 0, PHASE_BITS, 1);
    const window = windowOf(node);
    const largest = exponentialOf(node.cut) * 2 ** (node.fraction + beyond(window) + GUARD);
    const fraction = Math.min(QUOTIENT, 62 - Math.ceil(Math.log2(largest)));
    const start = backend.affine(backend.zeros(r.n, 2), 0n, BigInt(Math.round(largest)), 2);
    const within = powers(backend, start, below, { count: inner, unit: -unit, fraction });
    for (let at = 0; at < windows; at++) {
      const steps = backend.extract(backend.affine(below, 1n, BigInt(-at) << BigInt(inner), 1), inner, PHASE_BITS, 1);
      const whole = { count: node.period - window, unit: -(2 ** window), fraction };
      dealer.deal(rounded(backend, powers(backend, within, steps, whole), GUARD));
    }
  },
};

/** 2^times · of, as part of an exponential's argument. */
export interface Summand {
  of: Tensor;
  times: number;
}

/** What an argument is made of: a tensor, and what is added to its rows, each doubled some times. */
function summandsOf(x: Tensor, times = 0): [Summand, ...Summand[]] {
  if (isOf(x, 'doubled')) return summandsOf(x.operation.x, times + x.operation.times);
  if (isOf(x, 'add') && x.operation.axis === 0 && x.operation.y.shape.length < x.shape.length)
    return [...summandsOf(x.operation.x, times), { of: x.operation.y, times }];
  return [{ of: x, times }];
}

/** The tensor whose phase an exponential of x is computed from, doubled some times. */
export const exponentRoot = (x: Tensor): Summand => summandsOf(x)[0];

export function lowerExponential(tensor: TensorOf<'gate'>, lowering: Lowering): ShareNode {
  const { name, shape, operation } = tensor;
  if (operation.functions.length > 1)
    throw new PlanError(`${name}: an exponential shares its phase with no other function`);
  const known = lowering.polynomial(tensor, 0);
  const [period, widest] = [Math.log2(known.period), Math.log2(known.window ?? 2 ** NARROW)];
  if (!Number.isInteger(period) || period < NARROW)
    throw new PlanError(
      `${name}: an exponential's period must be a power of two from ${2 ** NARROW} on, not ${known.period}`,
    );
  if ((widest !== NARROW && widest !== WIDE) || widest > period)
    throw new PlanError(`${name}: an exponential's windows are 8 or 16 wide, within a period, not ${known.window}`);
  const { coefficient, table } = lowering.precision[operation.rough ? 'rough' : 'exponential'];
  const magnitude = lowering.magnitude(tensor);
  const fraction = table - magnitude;
  const result = scale(fraction + coefficient);
  const options = { resolution: PHASE_BITS, opened: PHASE_BITS } as const;
  const { mask, maskAxis } = operation;
  const hidden = mask && { of: lowering.mask(mask).of, shape: mask.shape, axis: maskAxis };
  const [x, ...shifts] = summandsOf(operation.x).map(({ of, times }, i) =>
    lowerPhase(name, of, lowering, period - times, { ...options, hidden: i === 0 ? hidden : undefined }),
  );
  const computed = lowering.push('exponential', {
    name,
    shape,
    scale: result,
    x: x!,
    shifts,
    period,
    widest,
    cut: cutOf(magnitude),
    fraction,
  });
  const { causal } = operation;
  return causal ? lowering.push('causal', { name, shape, scale: result, x: computed, causal }) : computed;
}
