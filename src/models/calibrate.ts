/**
 * Measures a model's value ranges on public text and fits its gates to them.
 *
 * Outside its range a gate is wrong (though bounded), so it is fitted on more than was seen, but for the rarest small divisors. Harmonics are bytes: of all periods
 * and counts that reach the tolerance, the fewest harmonics win.
 */
import { fitTrigonometric, type TrigonometricPolynomial } from '../graph/fourier';
import { type Univariate, type UnivariateName, univariate } from '../graph/functions';
import { type Graph, isOf, type OperationKind, type Tensor, type TensorOf } from '../graph/graph';
import { type ReferenceInputs, runReference } from '../graph/reference';
import type { ModelConfig } from './config';

/** A gate's range is this much wider on either side (a factor for positive ranges) than what was seen. */
const GATE_MARGIN = 1.3;
/** What is no trigonometric polynomial by itself. */
type Fitted = Exclude<UnivariateName, 'cosine' | 'sine' | 'trigonometric'>;

interface Fit {
  /**
   * Largest error: relative for 1/x and 1/√x, against the largest value for an exponential. A thousandth of an attention's mean is lost in
   * its rounding; a LayerNorm scales everything after it.
   */
  tolerance: number;
  /** How much an error at x counts, for a range that ends at `to`. */
  weight(f: Univariate, x: number, to: number): number;
  /** Whether it divides by its argument, which is then positive. */
  divides: boolean;
}

const relative: Pick<Fit, 'weight' | 'divides'> = { weight: (f, x) => 1 / f(x), divides: true };

const FITS: { readonly [K in UnivariateName]: K extends Fitted ? Fit : undefined } = {
  cosine: undefined,
  sine: undefined,
  trigonometric: undefined,
  gelu: { tolerance: 4e-4, weight: () => 1, divides: false },
  exponential: { tolerance: 4e-4, weight: (f, _, to) => 1 / f(to), divides: false },
  reciprocal: { tolerance: 1e-3, ...relative },
  'inverse root': { tolerance: 4e-4, ...relative },
};

/** The one function of a gate that has to be fitted; undefined for a gate that is exact. */
function fitOf({ operation, name }: TensorOf<'gate'>): (Fit & { f: Univariate }) | undefined {
  const [first, ...more] = operation.functions.flatMap((function_) => {
    const fit = FITS[function_];
    return fit ? [{ ...fit, f: univariate(function_, operation.constants) }] : [];
  });
  if (more.length > 0) throw new Error(`${name}: a gate of several functions that need a fit`);
  return first;
}

const COUNTS = [3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56];

export type Ranges = Record<string, [number, number]>;

/**
 * One divisor in so many may lie below its gate's range: a sum of random features comes near zero now and then, and to follow its
 * reciprocal that far costs harmonics for every one of them.
 */
const RAREST = 1e-4;

/** What a graph's tensors reached. */
export class Measured {
  readonly ranges: Ranges = {};
  /** All values of what a reciprocal or an inverse root was taken of. */
  private readonly divisors = new Map<string, number[]>();

  add(graph: Graph, batch: Omit<ReferenceInputs, 'observe'>): void {
    const divisors = new Set(
      graph.tensors.flatMap((tensor) =>
        isOf(tensor, 'gate') && fitOf(tensor)?.divides ? [tensor.operation.x.name] : [],
      ),
    );
    const observe = ({ name }: Tensor, values: Float64Array) => {
      const range = this.ranges[name] ?? [Infinity, -Infinity];
      this.ranges[name] = range;
      for (const x of values) {
        if (x < range[0]) range[0] = x;
        if (x > range[1]) range[1] = x;
      }
      if (!divisors.has(name)) return;
      const all = this.divisors.get(name) ?? [];
      this.divisors.set(name, all);
      for (const x of values) all.push(x);
    };
    runReference(graph, { ...batch, observe });
  }

  /** Throws for a tensor that was in no graph. */
  range(name: string): [number, number] {
    const range = this.ranges[name];
    if (!range) throw new Error(`${name} was not measured`);
    return range;
  }

  /** What a gate of this tensor is fitted on, before its margin. */
  gateRange(name: string): [number, number] {
    const [low, high] = this.range(name);
    const values = this.divisors.get(name)?.sort((a, b) => a - b);
    return [values?.[Math.floor(RAREST * values.length)] ?? low, high];
  }
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
  add: () => [],
  offset: () => [],
  lift: ({ operation: { x } }) => [x],
  select: () => [],
  reshape: () => [],
  readout: (tensor) => [tensor],
  reveal: (tensor) => [tensor],
};

function rangedTensors<K extends OperationKind>(tensor: TensorOf<K>): readonly Tensor[] {
  return RANGED[tensor.operation.kind](tensor);
}

/**
 * The config with the ranges that planning needs and the gates fitted on them. `graphs` are all forms that the graph may take
 * (attention associates differently for long sequences). Throws, naming the tensor, for a gate that cannot be fitted.
 */
export function withCalibration(config: ModelConfig, graphs: readonly Graph[], measured: Measured): ModelConfig {
  const ranges: Ranges = {};
  const gates: Record<string, TrigonometricPolynomial> = {};
  const round = (x: number) => Number(x.toPrecision(4));
  for (const tensor of graphs.flatMap((graph) => graph.tensors)) {
    for (const { name } of rangedTensors(tensor)) {
      const [low, high] = measured.range(name);
      ranges[name] = [round(low), round(high)];
    }
    if (!isOf(tensor, 'gate') || tensor.name in gates) continue;
    const fit = fitOf(tensor);
    if (fit) gates[tensor.name] = fitGate(tensor.name, fit, measured.gateRange(tensor.operation.x.name));
  }
  return { ...config, ranges, gates };
}

function fitGate(
  name: string,
  { f, tolerance, weight, divides }: Fit & { f: Univariate },
  [low, high]: [number, number],
): TrigonometricPolynomial {
  if (divides && low <= 0) throw new Error(`${name}: its argument reaches ${low}, where it has no value`);
  const more = (GATE_MARGIN - 1) * Math.max(Math.abs(low), Math.abs(high));
  const [from, to] = divides ? [low / GATE_MARGIN, high * GATE_MARGIN] : [low - more, high + more];
  const least = 2 ** Math.ceil(Math.log2(divides ? to : to - from));
  for (const harmonics of COUNTS) {
    const fits = [least, 2 * least, 4 * least].map((period) =>
      fitTrigonometric(f, from, to, { period, harmonics, weight: (x) => weight(f, x, to) }),
    );
    const best = fits.reduce((a, b) => (b.error < a.error ? b : a));
    if (best.error < tolerance) return best.polynomial;
  }
  throw new Error(`${name} on [${from}, ${to}] needs more than ${COUNTS.at(-1)} harmonics: its range is too wide`);
}
