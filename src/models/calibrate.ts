/**
 * Measures a model's value ranges on public text and fits its gates to them.
 *
 * Outside its range a gate is wrong (though bounded), so it is fitted on more than was seen, but for the rarest small divisors. Harmonics are bytes: of all periods
 * and counts that reach the tolerance, the fewest harmonics win.
 */
import { fitTrigonometric } from '../program/fourier';
import { univariate } from '../program/functions';
import type { Network, Tensor, UnivariateName } from '../program/network';
import { runTwin, type TwinInputs } from '../program/twin';
import type { ModelConfig, TrigonometricPolynomial } from './config';

/** A gate's range is this much wider on either side (a factor for positive ranges) than what was seen. */
const GATE_MARGIN = 1.3;
/**
 * Largest error of a gate: relative for 1/x and 1/√x, against the largest value for an exponential. A thousandth of an attention's mean is
 * lost in its rounding; a LayerNorm scales everything after it.
 */
const TOLERANCE: Record<UnivariateName, number> = {
  cosine: 0,
  sine: 0,
  activation: 4e-4,
  exponential: 4e-4,
  reciprocal: 1e-3,
  'inverse root': 4e-4,
};
const COUNTS = [3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56];

export type Ranges = Record<string, [number, number]>;

/**
 * One divisor in so many may lie below its gate's range: a sum of random features comes near zero now and then, and to follow its
 * reciprocal that far costs harmonics for every one of them.
 */
const RAREST = 1e-4;
const DIVIDES: UnivariateName[] = ['reciprocal', 'inverse root'];

/** What a network's tensors reached. */
export class Measured {
  readonly ranges: Ranges = {};
  /** All values of what a reciprocal or an inverse root was taken of. */
  private readonly divisors = new Map<string, number[]>();

  add(network: Network, batch: Omit<TwinInputs, 'observe'>): void {
    const divisors = new Set(
      network.tensors.flatMap(({ operation }) =>
        operation.kind === 'gate' && DIVIDES.includes(operation.functions[0]!) ? [operation.x.name] : [],
      ),
    );
    const observe = ({ name }: Tensor, values: Float64Array) => {
      this.ranges[name] ??= [Infinity, -Infinity];
      const range = this.ranges[name];
      for (const x of values) {
        if (x < range[0]) range[0] = x;
        if (x > range[1]) range[1] = x;
      }
      if (!divisors.has(name)) return;
      const all = this.divisors.get(name) ?? [];
      this.divisors.set(name, all);
      for (const x of values) all.push(x);
    };
    runTwin(network, { ...batch, observe });
  }

  /** What a gate of this tensor is fitted on, before its margin. */
  gateRange(name: string): [number, number] {
    const [low, high] = this.ranges[name]!;
    const values = this.divisors.get(name)?.sort((a, b) => a - b);
    return [values ? values[Math.floor(RAREST * values.length)]! : low, high];
  }
}

/**
 * The config with the ranges that planning needs and the gates fitted on them. `networks` are all forms that the encoder may take
 * (attention associates differently for long sequences). Throws for a gate that cannot be fitted.
 */
export function withCalibration(config: ModelConfig, networks: Network[], measured: Measured): ModelConfig {
  const ranges: Ranges = {};
  const gates: Record<string, TrigonometricPolynomial> = {};
  const round = (x: number) => Number(x.toPrecision(4));
  for (const tensor of networks.flatMap((network) => network.tensors)) {
    for (const { name } of rangedTensors(tensor)) ranges[name] = measured.ranges[name]!.map(round) as [number, number];
    const { operation } = tensor;
    if (operation.kind !== 'gate' || tensor.name in gates) continue;
    const name = operation.functions[0]!;
    if (name === 'cosine' || name === 'sine' || (name === 'activation' && config.hidden_act === 'trigonometric'))
      continue;
    const f = univariate(name, operation.constants, config);
    gates[tensor.name] = fitGate(tensor.name, f, name, measured.gateRange(operation.x.name));
  }
  return { ...config, ranges, gates };
}

/** Whose ranges the planner asks for. */
function rangedTensors(tensor: Tensor): Tensor[] {
  const { operation } = tensor;
  switch (operation.kind) {
    case 'contract':
      return [operation.left, operation.right];
    case 'multiply':
      return [operation.x, operation.y];
    case 'lift':
    case 'squares':
      return [operation.x];
    case 'gate':
    case 'readout':
      return [tensor];
    default:
      return [];
  }
}

function fitGate(name: string, f: (x: number) => number, kind: UnivariateName, [low, high]: [number, number]) {
  const positive = DIVIDES.includes(kind);
  if (positive && low <= 0) throw new Error(`${name}: its argument reaches ${low}, where it has no value`);
  const more = (GATE_MARGIN - 1) * Math.max(Math.abs(low), Math.abs(high));
  const [from, to] = positive ? [low / GATE_MARGIN, high * GATE_MARGIN] : [low - more, high + more];
  // What counts is 1/x's relative error, an exponential's against the largest, an activation's as it is.
  const weight = (x: number) => (positive ? 1 / f(x) : kind === 'exponential' ? 1 / f(to) : 1);
  const least = 2 ** Math.ceil(Math.log2(positive ? to : to - from));
  for (const harmonics of COUNTS) {
    const fits = [least, 2 * least, 4 * least].map((period) =>
      fitTrigonometric(f, from, to, { period, harmonics, weight }),
    );
    const best = fits.reduce((a, b) => (b.error < a.error ? b : a));
    if (best.error < TOLERANCE[kind]) return best.polynomial;
  }
  throw new Error(`${name} on [${from}, ${to}] needs more than ${COUNTS.at(-1)} harmonics: its range is too wide`);
}
