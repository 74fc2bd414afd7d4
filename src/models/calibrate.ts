/**
 * Measures a model's value ranges on public text and fits its gates to them.
 *
 * Outside its range a gate is wrong (though bounded), so it is fitted on more than was seen, but for the rarest small divisors. Harmonics are bytes: of all periods
 * and counts that reach the tolerance, the fewest harmonics win.
 */
import { type FitOptions, GrowingFit, type TrigonometricPolynomial } from '../graph/fourier';
import {
  type GateFit,
  type PolynomialName,
  type Univariate,
  type UnivariateName,
  univariate,
} from '../graph/functions';
import { type Graph, isOf, type OperationKind, type Tensor, type TensorOf } from '../graph/graph';
import { type ReferenceInputs, runReference } from '../graph/reference';
import { axisLength, isSeen, runOf } from '../graph/shape';
import {
  exponentialPeriod,
  exponentialWindow,
  exponentRoot,
  type Reach,
  type Summand,
} from '../mpc/operations/exponential';
import { magnitude } from '../mpc/planner';
import { EXACT, type GateBits, largestCoefficient } from '../mpc/precision';
import { normOf } from './bounds';
import type { ModelConfig } from './config';

/** A gate's range is this much wider on either side (a factor for positive ranges) than what was seen. */
const GATE_MARGIN = 1.3;

type Range = [low: number, high: number];

/** What is no trigonometric polynomial by itself. */
type Fitted = Exclude<PolynomialName, 'cosine' | 'sine' | 'trigonometric'>;

/** How a function is fitted. */
interface Fit {
  /**
   * Largest error: relative for 1/x and 1/√x. A thousandth of an attention's mean is lost
   * in its rounding; a LayerNorm scales everything after it.
   */
  tolerance: number;
  /** Where it has to be right, of what was seen but for the rarest. */
  range(low: number, high: number): Range;
  /** Where it must not run far, of the same, and wherever anything was seen: its error there may be `astray` times as large, by default `ASTRAY`. */
  reach?(low: number, high: number): Range;
  astray?: number;
  rare: Rare;
  /** How far off it may be in the rest of the period, as a multiple of the function. Default: it may run away. */
  bounded?: number;
  regularisation?: number;
  /** Of a gate whose rounding is felt. */
  bits?: GateBits;
  /** Of an even function around zero: of a period that is short, the odd harmonics alone. */
  isEven?: boolean;
}

/** What both of its fits have in common. */
interface Kind {
  /** Whether its argument is positive, over orders of magnitude. */
  positive: boolean;
  /** Whether an error counts relative to the function's own value. */
  relative: boolean;
  /** Of models with random features, whose gates have few bits. */
  coarse: Fit;
  /** Of models with exact attention (`EXACT` of mpc/precision.ts). */
  fine: Fit;
}

/** How many of the divisors seen, of all, may lie outside a gate's range. */
interface Rare {
  below: number;
  above: number;
}

const NONE: Rare = { below: 0, above: 0 };
/** A sum of random features comes near zero now and then, and to follow its reciprocal that far costs harmonics for every one of them. */
const RARE_FEATURES: Rare = { below: 1e-4, above: 0 };
/** A row's sum of exponentials that the fit of its logarithm misses by far, either way, is one of hundreds in a text. */
const RARE_SUMS: Rare = { below: 1e-3, above: 1e-3 };

const ASTRAY = 25;
/** From here on of what is left of a period above a fit, which ends at zero again, it has to come back to where it begins. */
const BACK = 3 / 4;
/** Where coefficients have 24 bits they may be large. */
const FINE_REGULARISATION = 1e-16;

const within =
  (factor: number) =>
  (low: number, high: number): Range => [low / factor, high * factor];
const around =
  (factor: number) =>
  (low: number, high: number): Range => {
    const more = (factor - 1) * Math.max(Math.abs(low), Math.abs(high));
    return [low - more, high + more];
  };

const GELU: Kind = {
  positive: false,
  relative: false,
  coarse: { tolerance: 4e-4, range: around(GATE_MARGIN), rare: NONE },
  fine: { tolerance: 1e-3, range: around(1), reach: around(1.3), rare: NONE },
};

/** Half of a GELU is a product and exact. What the rest of it is off by is felt less than that it takes harmonics. */
const even = (fit: Fit): Fit => ({ ...fit, isEven: true, tolerance: 3.5 * fit.tolerance });
const EVEN_GELU: Kind = { positive: false, relative: false, coarse: even(GELU.coarse), fine: even(GELU.fine) };

/** Of a shift that a whole row has: what it is off by cancels. */
const SHIFT: Fit = {
  tolerance: 0.15,
  range: within(1.1),
  reach: (low, high) => [low / 2.5, 4 * high],
  astray: 3,
  rare: RARE_SUMS,
  bounded: 0.3,
};

const KINDS: { readonly [K in UnivariateName]: K extends Fitted ? Kind : undefined } = {
  cosine: undefined,
  sine: undefined,
  trigonometric: undefined,
  gelu: GELU,
  'gelu tanh': GELU,
  'gelu even': EVEN_GELU,
  'gelu tanh even': EVEN_GELU,
  exponential: undefined,
  logarithm: { positive: true, relative: false, coarse: SHIFT, fine: SHIFT },
  reciprocal: {
    positive: true,
    relative: true,
    coarse: { tolerance: 1e-3, range: within(GATE_MARGIN), rare: RARE_FEATURES },
    fine: {
      tolerance: 8e-3,
      range: within(1.1),
      // A token that takes more of the attention than was foreseen is what happens.
      reach: (low, high) => [low / 1.5, 16 * high],
      rare: RARE_SUMS,
      bounded: 8,
      regularisation: FINE_REGULARISATION,
      bits: EXACT.gates.reciprocal,
    },
  },
  'inverse root': {
    positive: true,
    relative: true,
    coarse: { tolerance: 4e-4, range: within(GATE_MARGIN), rare: RARE_FEATURES },
    fine: {
      tolerance: 2e-3,
      range: within(1.1),
      reach: within(2),
      rare: NONE,
      bounded: 8,
      regularisation: FINE_REGULARISATION,
      bits: EXACT.gates['inverse root'],
    },
  },
};

/** The one function of a gate that has to be fitted; undefined for a gate that is exact. */
function kindOf({ operation, name }: TensorOf<'gate'>): (Kind & { f: Univariate }) | undefined {
  const [first, ...more] = operation.functions.flatMap((function_) => {
    const kind = KINDS[function_];
    return kind ? [{ ...kind, f: univariate(function_, operation.constants) }] : [];
  });
  if (more.length > 0) throw new Error(`${name}: a gate of several functions that need a fit`);
  return first;
}

const isExponential = ({ operation }: TensorOf<'gate'>): boolean => operation.functions.includes('exponential');

/** Harmonics with which all periods are tried: what is best with few is hardly ever worse with many, which take long to fit. */
const FEW = 20;
const MOST = 128;

export type Ranges = Record<string, [number, number]>;

/** What a language model's graph calls its state where that is revealed. */
const STATE = 'state';

/** What a graph's tensors reached. */
export class Measured {
  readonly ranges: Ranges = {};
  /** What the arguments of gates reached, where they count. */
  private readonly arguments: Ranges = {};
  /** All usual values of what a reciprocal, an inverse root or a logarithm was taken of, by gate. */
  private readonly divisors = new Map<string, number[]>();
  /** What is taken off rows for what is nearest in them, by tensor. */
  private readonly near: Ranges = {};

  /** `isUsual`: whether it is seen here what the arguments of gates usually are, or only how far they stray. */
  add(graph: Graph, batch: Omit<ReferenceInputs, 'observe'>, { isUsual = true }: { isUsual?: boolean } = {}): void {
    const gates = graph.tensors
      .filter((tensor) => isOf(tensor, 'gate'))
      .filter((tensor) => isExponential(tensor) || kindOf(tensor));
    const readOut = new Set(graph.tensors.filter((tensor) => isOf(tensor, 'readout')).map(stateOf));
    /** Values that are looked at again beside those of another tensor: gates' masks, and what rows were before what is nearest was taken off. */
    const seen = new Map<Tensor, Float64Array>();
    const again = new Set([
      ...gates.map(({ operation }) => operation.mask),
      ...graph.tensors.filter((tensor) => isOf(tensor, 'near')).map(({ operation }) => operation.x),
    ]);
    const observe = (tensor: Tensor, values: Float64Array) => {
      if (again.has(tensor)) seen.set(tensor, values);
      if (isOf(tensor, 'near')) {
        const { x } = tensor.operation;
        const taken = seen.get(x)!.map((v, i) => v - values[i]!);
        this.near[tensor.name] = spanned(taken, this.near[tensor.name]);
        seen.delete(x);
      }
      this.ranges[tensor.name] = spanned(values, this.ranges[tensor.name]);
      const opened = isOf(tensor, 'reveal') ? tensor.name : readOut.has(tensor) ? STATE : undefined;
      if (opened) {
        const name = normOf(opened);
        this.ranges[name] = spanned(rowNorms(values, axisLength(tensor.shape, -1)), this.ranges[name]);
      }
      for (const gate of gates) {
        const { x, mask, maskAxis, causal } = gate.operation;
        if (x !== tensor) continue;
        const keep = mask && seen.get(mask);
        const run = mask ? runOf(mask.shape, x.shape, maskAxis) : 1;
        const isCounted = (i: number) =>
          keep?.[Math.floor(i / run) % keep.length] !== 0 && (causal === undefined || isSeen(tensor.shape, i, causal));
        const counted = keep || causal !== undefined ? values.filter((_, i) => isCounted(i)) : values;
        this.arguments[gate.name] = spanned(counted, this.arguments[gate.name]);
        if (!isUsual || !kindOf(gate)?.positive) continue;
        const all = this.divisors.get(gate.name) ?? [];
        this.divisors.set(gate.name, all);
        for (const v of counted) all.push(v);
      }
    };
    runReference(graph, { ...batch, observe });
  }

  /** Throws for a tensor that was in no graph. */
  range(name: string): [number, number] {
    const range = this.ranges[name];
    if (!range) throw new Error(`${name} was not measured`);
    return range;
  }

  /** What was taken off rows for what is nearest in them. Throws for a tensor that was in no graph. */
  taken({ name }: TensorOf<'near'>): [number, number] {
    const range = this.near[name];
    if (!range) throw new Error(`${name} was not measured`);
    return range;
  }

  /** What a gate's argument reached, but for the rarest divisors. Throws for one of whose argument nothing counted. */
  argument({ name }: TensorOf<'gate'>, { below, above } = NONE): Range {
    const [low, high] = this.arguments[name] ?? [Infinity, -Infinity];
    if (low > high) throw new Error(`${name} was not measured`);
    const values = this.divisors.get(name)?.sort((a, b) => a - b);
    if (!values) return [low, high];
    const n = values.length;
    return [values[Math.floor(below * n)] ?? low, values[n - 1 - Math.floor(above * n)] ?? high];
  }
}

const stateOf = ({ operation }: TensorOf<'readout'>): Tensor => operation.x;

const rowNorms = (values: Float64Array, width: number): Float64Array =>
  Float64Array.from({ length: values.length / width }, (_, i) =>
    Math.hypot(...values.subarray(i * width, (i + 1) * width)),
  );

/** The range of these values and of those before. */
function spanned(values: Float64Array, before: readonly [number, number] = [Infinity, -Infinity]): [number, number] {
  let [low, high] = before;
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

/** Whose ranges the planner asks for when it lowers a kind of operation (mpc/operations). */
const RANGED: { readonly [K in OperationKind]: (tensor: TensorOf<K>) => readonly Tensor[] } = {
  input: () => [],
  mask: () => [],
  linear: () => [],
  scale: () => [],
  gate: (tensor) => [tensor],
  contract: ({ operation: { left, right } }) => [left, right],
  multiply: ({ operation: { x, y } }) => [x, y],
  square: ({ operation: { x } }) => [x],
  squares: ({ operation: { x } }) => [x],
  sum: () => [],
  centre: () => [],
  near: () => [],
  add: () => [],
  offset: () => [],
  doubled: () => [],
  reversed: () => [],
  lift: ({ operation: { x, rest } }) => (rest ? [x, rest.values] : [x]),
  select: () => [],
  slice: () => [],
  join: () => [],
  reshape: () => [],
  pair: () => [],
  readout: (tensor) => [tensor],
  reveal: (tensor) => [tensor],
};

function rangedTensors<K extends OperationKind>(tensor: TensorOf<K>): readonly Tensor[] {
  return RANGED[tensor.operation.kind](tensor);
}

/**
 * The config with the ranges that planning needs and the gates fitted on them. `graphs` are all forms that the graph may take
 * (attention associates differently for long sequences). `onFit` hears of every gate that has to be fitted, before it is. Throws, naming
 * the tensor, for one that cannot be.
 */
export async function withCalibration(
  config: ModelConfig,
  graphs: readonly Graph[],
  measured: Measured,
  onFit?: (done: number, of: number) => void | Promise<void>,
): Promise<ModelConfig> {
  const ranges: Ranges = {};
  const round = (x: number) => Number(x.toPrecision(4));
  const tensors = graphs.flatMap((graph) => graph.tensors);
  const revealed = tensors.filter((tensor) => isOf(tensor, 'reveal')).map(({ name }) => name);
  // Who reads a language model's state sees what its logits are products of.
  const opened = tensors.some((tensor) => isOf(tensor, 'readout')) ? [...revealed, STATE] : revealed;
  const ranged = tensors.flatMap((tensor) => rangedTensors(tensor)).map(({ name }) => name);
  for (const name of [...ranged, ...opened.map(normOf)]) {
    const [low, high] = measured.range(name);
    ranges[name] = [round(low), round(high)];
  }
  const wanted = new Map(
    tensors
      .filter((tensor) => isOf(tensor, 'gate'))
      .filter((gate) => isExponential(gate) || kindOf(gate))
      .map((gate) => [gate.name, gate]),
  );
  const gates: Record<string, GateFit> = exponentials([...wanted.values()].filter(isExponential), measured);
  for (const [done, [name, gate]] of [...wanted].entries()) {
    await onFit?.(done, wanted.size);
    const kind = kindOf(gate);
    if (!kind) continue;
    const fit = config.attention === 'softmax' ? kind.fine : kind.coarse;
    const usual = measured.argument(gate, fit.rare);
    if (kind.positive && usual[0] <= 0)
      throw new Error(`${name}: its argument reaches ${usual[0]}, where it has no value`);
    const range = fit.range(...usual);
    const farthest = fit.reach ? spanOf(fit.reach(...usual), measured.argument(gate)) : range;
    const reaches = fit.reach
      ? LESS_AND_LESS.map((share) => partOfTheWay(range, farthest, share, kind.positive))
      : [range];
    const polynomial = firstOf(reaches, (reach) => fitGate(kind, fit, { range, reach }));
    if (!polynomial) throw new Error(`${name} on [${range}] needs more than ${MOST} harmonics: its range is too wide`);
    gates[name] = polynomial;
  }
  return {
    ...config,
    ranges,
    gates,
  };
}

/** Of an exponential whose argument comes of a tensor that is doubled some times. */
function reachOf(measured: Measured, gate: TensorOf<'gate'>, { of, times }: Summand): Reach {
  const [low, high] = around(GATE_MARGIN)(...measured.argument(gate));
  const near = nearOf(of);
  const [least, most] = near ? around(GATE_MARGIN)(...measured.taken(near)) : [0, 0];
  // A padded key's score is zero, and what is taken off its row is not.
  const hidden = [-most * 2 ** times, -least * 2 ** times] as const;
  return { low, magnitude: magnitude([0, Math.exp(high)]), hidden };
}

/** The scores in a sum less what is nearest in their rows, if they are. */
const nearOf = (x: Tensor): TensorOf<'near'> | undefined =>
  isOf(x, 'near') ? x : isOf(x, 'add') ? nearOf(x.operation.x) : undefined;

/**
 * Their periods, and how wide windows may be, are all that has to be known of exponentials. Those of one tensor, doubled or not, share its phase: of the
 * longest of their periods.
 */
function exponentials(gates: readonly TensorOf<'gate'>[], measured: Measured): Record<string, GateFit> {
  const roots = gates.map((gate) => {
    const root = exponentRoot(gate.operation.x);
    return { name: gate.name, reach: reachOf(measured, gate, root), of: root.of.name, times: root.times };
  });
  const longest = new Map<string, number>();
  for (const { reach, of, times } of roots)
    longest.set(of, Math.max(longest.get(of) ?? 0, exponentialPeriod(reach) / 2 ** times));
  return Object.fromEntries(
    roots.map(({ name, reach, of, times }) => {
      const period = longest.get(of)! * 2 ** times;
      return [name, { period, constant: 0, cos: [], sin: [], window: exponentialWindow(reach, period) }];
    }),
  );
}

/** How far of the way a gate reaches if there are not harmonics enough for all of it. */
const LESS_AND_LESS = [1, 2 / 3, 1 / 3, 0];

const partOfTheWay = (from: Range, to: Range, share: number, byFactors: boolean): Range => {
  const part = (a: number, b: number) => (byFactors ? a * (b / a) ** share : a + share * (b - a));
  return [part(from[0], to[0]), part(from[1], to[1])];
};

function firstOf<T, R>(things: readonly T[], use: (thing: T) => R | undefined): R | undefined {
  for (const thing of things) {
    const result = use(thing);
    if (result !== undefined) return result;
  }
  return undefined;
}

const spanOf = (a: Range, b: Range): Range => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

/** Undefined where there are not harmonics enough. */
function fitGate(
  { f, positive, relative }: Kind & { f: Univariate },
  { tolerance, astray = ASTRAY, bits, bounded, regularisation, isEven }: Fit,
  { range, reach }: { range: Range; reach: Range },
): TrigonometricPolynomial | undefined {
  const [from, to] = reach;
  const least = 2 ** Math.ceil(Math.log2(positive ? to : to - from));
  // Far from zero an even GELU is as large as its argument, and seldom.
  const nearZero = isEven ? (x: number) => Math.min(1, 2 / Math.abs(x)) : () => 1;
  const one = relative ? (x: number) => 1 / f(x) : nearZero;
  const weight = (x: number) => (x < range[0] || x > range[1] ? one(x) / astray : one(x));
  /** An error of `bounded` times the function counts as much there as the largest where it is fitted. */
  const outside = (period: number) => {
    if (bounded === undefined) return undefined;
    const back = to + BACK * (period - to);
    const size = (x: number) => Math.max(Math.abs(f(x)), relative ? 0 : 1);
    const most = Math.max(1, bounded) * Math.max(size(from), size(to));
    return {
      value: (x: number) => (x < back ? f(x) : 0),
      weight: (x: number) => tolerance / (x < back ? bounded * size(x) : most),
    };
  };
  /** What rounding the tables adds, where it counts most. */
  const rounding = ({ cos, sin }: TrigonometricPolynomial) =>
    bits ? (Math.hypot(...cos, ...sin) / 2 ** (bits.table + 1)) * Math.max(one(range[0]), one(range[1])) : 0;
  const largest = (bits ? largestCoefficient(bits) : Infinity) * Math.max(Math.abs(f(range[0])), Math.abs(f(range[1])));
  const representable = ({ cos, sin }: TrigonometricPolynomial) => [...cos, ...sin].every((c) => Math.abs(c) < largest);
  /** The first of these numbers of harmonics that is enough with one of these grids, else what comes closest with the most. */
  const search = (grids: readonly Grid[], fewest: number, most: number) => {
    const fits = grids.map(
      (grid) => new GrowingFit(f, from, to, { ...grid, regularisation, weight, outside: outside(grid.period), most }),
    );
    for (let harmonics = 1; ; harmonics++) {
      for (const fit of fits) fit.grow();
      if (harmonics < fewest) continue;
      const closest = fits
        .map((fit, i) => {
          const { polynomial, error } = fit.best();
          const grid = grids[i]!;
          return { grid, polynomial, error: representable(polynomial) ? error + rounding(polynomial) : Infinity };
        })
        .reduce((a, b) => (b.error < a.error ? b : a));
      if (closest.error < tolerance || harmonics === most) return closest;
    }
  };
  const few = search(isEven ? oddGrids(least) : [least, 2 * least, 4 * least].map((period) => ({ period })), 1, FEW);
  const found = few.error < tolerance || isEven ? few : search([few.grid], FEW + 1, MOST);
  return found.error < tolerance ? found.polynomial : undefined;
}

/** Which harmonics of which period. */
type Grid = Pick<FitOptions, 'period' | 'turns'>;

/** A period is a power of two; odd harmonics of a part of it have another period, by which half an octave is divided. */
const PARTS = 4;

/** Odd harmonics of periods from half of `least` to four times as long. */
const oddGrids = (least: number): Grid[] =>
  Array.from({ length: 2 * PARTS }, (_, i) => ({ period: PARTS * least, turns: (k) => (2 * k - 1) * (i + 1) }));
