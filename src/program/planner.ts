/**
 * From formula to plan: scales forwards, bits backwards, rounds forwards.
 *
 * Scales. Every operand gets as many significant bits as its use needs (`Precision`), so its scale follows from its calibrated range. A
 * result carries the sum of its operands' scales and is truncated only when an operand needs less. Bits. Each node's modulus is the largest
 * that a consumer needs: a truncation by k asks for k more, a gate for its period's width, a lift for the range of its value
 * and two bits. What comes out of a gate or a lift is dealt fresh, with any number of bits, so chains end there. Rounds.
 * A node that talks does so one round after what it needs.
 *
 * A tensor that would need more than 64 bits, or a phase with fewer than 16, is refused by name: an error before the run instead of
 * a wrong number in it.
 */
import type { Gate } from '../compute/backend';
import type { TrigonometricPolynomial } from '../models/config';
import { type Network, type Operation, size, type Tensor, type UnivariateName } from './network';
import {
  type DiscloseNode,
  inputsOf,
  type KeepNode,
  type LiftNode,
  type OpenNode,
  type PhaseNode,
  type Plan,
  type PlanNode,
  type ReadoutNode,
  type ShareNode,
  talks,
  type WeightPlan,
} from './plan';

/** Significant bits by use; scales of matrices. */
export interface Precision {
  /** Scale of a linear map's operand and of its matrix. */
  activation: number;
  weight: number;
  /** Significant bits of the operands of shared products in attention. */
  contraction: number;
  /** Significant bits of the wide operand of an elementwise product, and of its narrow one. */
  wide: number;
  narrow: number;
  /** Scale of the readout's operand and of the label words' embeddings. */
  readout: number;
  /**
   * Of gates: significant bits of the public coefficients, fractional bits of the dealt cosines. Errors of the cosines are multiplied
   * by coefficients, which are large where a steep function is fitted.
   */
  gates: Record<UnivariateName, GateBits>;
}

interface GateBits {
  coefficient: number;
  /** At most 14: the cosine table has no more. */
  table: number;
}

const gates = (feature: GateBits, smooth: GateBits, steep: GateBits): Precision['gates'] => ({
  cosine: feature,
  sine: feature,
  activation: smooth,
  exponential: smooth,
  reciprocal: steep,
  'inverse root': steep,
});

const FINEST = { coefficient: 17, table: 14 };

/** What a model of a few layers and short sequences has room for in 64 bits: logits are right to three digits. */
export const FINE: Precision = {
  activation: 14,
  weight: 14,
  contraction: 12,
  wide: 18,
  narrow: 17,
  readout: 12,
  gates: gates({ coefficient: 15, table: 14 }, FINEST, FINEST),
};

/** For wide and long ones, whose sums need the room. */
export const COARSE: Precision = {
  activation: 12,
  weight: 12,
  contraction: 10,
  wide: 16,
  narrow: 15,
  readout: 10,
  gates: gates({ coefficient: 12, table: 11 }, { coefficient: 15, table: 12 }, { coefficient: 15, table: 14 }),
};

export class PlanError extends Error {
  override name = 'PlanError';
}

/** More than 64 bits: a lower precision may do. */
class TooWideError extends PlanError {}

/** What the planner knows of the values that will flow. Two planners with equal knowledge make equal plans, to the bit. */
export interface Calibration {
  /** [least, greatest] value of a tensor, margins included. */
  range(name: string): readonly [number, number];
  /** The polynomial of a gate's function on its range. Its period is a power of two. */
  polynomial(gate: Tensor & { operation: { kind: 'gate' } }, index: number): TrigonometricPolynomial;
}

/** Bits in front of the point of a value's magnitude: |value| < 2^this. */
const magnitude = ([low, high]: readonly [number, number]): number => {
  const bound = Math.max(Math.abs(low), Math.abs(high), 2 ** -20);
  return Math.floor(Math.log2(bound)) + 1;
};

/** The plan at the first of these precisions that fits 64 bits. Throws PlanError with what the last one lacks. */
export function planNetwork(network: Network, calibration: Calibration, precisions = [FINE, COARSE]): Plan {
  for (const precision of precisions.slice(0, -1)) {
    try {
      return new Planner(network, calibration, precision).plan();
    } catch (error) {
      if (!(error instanceof TooWideError)) throw error;
    }
  }
  return new Planner(network, calibration, precisions.at(-1)!).plan();
}

class Planner {
  private readonly nodes: PlanNode[] = [];
  private readonly raw = new Map<number, ShareNode>();
  private readonly made = new Map<string, PlanNode>();
  private readonly kept = new Map<number, KeepNode>();
  private readout: ReadoutNode | undefined;

  constructor(
    private readonly network: Network,
    private readonly calibration: Calibration,
    private readonly precision: Precision,
  ) {}

  plan(): Plan {
    for (const tensor of this.network.tensors) this.lower(tensor);
    const { readout, nodes } = this;
    if (!readout) throw new PlanError('the network has no readout: nothing would be opened');
    this.assignBits();
    const rounds = this.assignRounds();
    const order = nodes.toSorted((a, b) => a.round - b.round || Number(talks(b)) - Number(talks(a)) || a.id - b.id);
    return { nodes: order, rounds, weights: this.weights(), readout, releases: releases(order) };
  }

  private push<N extends PlanNode>(node: Omit<N, 'id' | 'bits' | 'round'>): N {
    const full = { ...node, id: this.nodes.length, bits: 0, round: 0 } as N;
    this.nodes.push(full);
    return full;
  }

  /** One node for one use of a tensor: several matrices on one x share one message, several products one opening. */
  private once<N extends PlanNode>(key: string, make: () => N): N {
    const node = (this.made.get(key) as N | undefined) ?? make();
    this.made.set(key, node);
    return node;
  }

  /** x truncated to `scale` if it has more. */
  private at(x: ShareNode, scale: number): ShareNode {
    const by = x.scale - scale;
    if (by <= 0) return x;
    return this.once(`${x.id} at ${scale}`, () =>
      this.push<ShareNode & { kind: 'truncate' }>({ kind: 'truncate', name: x.name, shape: x.shape, scale, x, by }),
    );
  }

  private share(tensor: Tensor): ShareNode {
    return this.raw.get(tensor.id)!;
  }

  private magnitude(tensor: Tensor): number {
    return magnitude(this.calibration.range(tensor.name));
  }

  private disclose(tensor: Tensor): DiscloseNode {
    const x = this.at(this.share(tensor), this.precision.activation);
    return this.once(`disclose ${x.id}`, () =>
      this.push<DiscloseNode>({ kind: 'disclose', name: tensor.name, shape: x.shape, scale: x.scale, x }),
    );
  }

  private open(tensor: Tensor, significant: number): OpenNode {
    const x = this.at(this.share(tensor), significant - this.magnitude(tensor));
    return this.once(`open ${x.id}`, () =>
      this.push<OpenNode>({ kind: 'open', name: tensor.name, shape: x.shape, scale: x.scale, x }),
    );
  }

  private lift(tensor: Tensor, significant = this.precision.wide): LiftNode {
    const x = this.at(this.share(tensor), significant - this.magnitude(tensor));
    return this.once(`lift ${x.id}`, () => {
      const node = this.push<LiftNode>({
        kind: 'lift',
        name: tensor.name,
        shape: x.shape,
        scale: x.scale,
        x,
        extended: 0,
      });
      // Exact for |x| < 2^(bits−2).
      node.bits = x.scale + this.magnitude(tensor) + 2;
      return node;
    });
  }

  private lower(tensor: Tensor): void {
    const { operation, name, shape } = tensor;
    const base = { name, shape };
    const result = (node: ShareNode) => this.raw.set(tensor.id, node);
    switch (operation.kind) {
      case 'input':
        result(this.push<ShareNode & { kind: 'input' }>({ ...base, kind: 'input', scale: this.precision.activation }));
        break;
      case 'mask':
        this.kept.set(tensor.id, this.push<KeepNode>({ ...base, kind: 'keep', scale: 0 }));
        break;
      case 'linear': {
        const x = this.disclose(operation.x);
        const outputs = size(operation.features);
        const inputs = (size(x.shape) * outputs) / size(shape);
        const weightScale = this.precision.weight;
        result(
          this.push<ShareNode & { kind: 'linear' }>({
            ...base,
            kind: 'linear',
            scale: x.scale + weightScale,
            x,
            weight: operation.weight,
            inputs,
            outputs,
            weightScale,
          }),
        );
        break;
      }
      case 'readout': {
        const weightScale = this.precision.readout;
        const x = this.at(this.share(operation.x), weightScale);
        this.readout = this.push<ReadoutNode>({
          ...base,
          kind: 'readout',
          scale: x.scale + weightScale,
          x,
          inputs: x.shape.at(-1)!,
          columns: operation.columns,
          weightScale,
        });
        this.readout.bits = this.readout.scale + this.magnitude(tensor) + 1;
        break;
      }
      case 'gate':
        result(this.lowerGate(tensor as Tensor & { operation: { kind: 'gate' } }));
        break;
      case 'contract': {
        const left = this.open(operation.left, this.precision.contraction);
        const right = this.open(operation.right, this.precision.contraction);
        const scale = left.scale + right.scale;
        result(
          this.push<ShareNode & { kind: 'contract' }>({
            ...base,
            kind: 'contract',
            scale,
            formula: operation.formula,
            left,
            right,
          }),
        );
        break;
      }
      case 'multiply': {
        const x = this.lift(operation.x);
        const y = this.lift(operation.y, this.precision.narrow);
        result(
          this.push<ShareNode & { kind: 'multiply' }>({ ...base, kind: 'multiply', scale: x.scale + y.scale, x, y }),
        );
        break;
      }
      case 'lift': {
        const x = this.lift(operation.x);
        result(this.push<ShareNode & { kind: 'lifted' }>({ ...base, kind: 'lifted', scale: x.scale, x }));
        break;
      }
      case 'squares': {
        const x = this.lift(operation.x);
        result(
          this.push<ShareNode & { kind: 'squares' }>({
            ...base,
            kind: 'squares',
            scale: 2 * x.scale + operation.halvings,
            x,
          }),
        );
        break;
      }
      case 'sum': {
        const x = this.share(operation.x);
        result(
          this.push<ShareNode & { kind: 'sum' }>({ ...base, kind: 'sum', scale: x.scale, x, axis: operation.axis }),
        );
        break;
      }
      case 'centre': {
        const x = this.share(operation.x);
        const width = shape.at(-1)!;
        const shift = Number.isInteger(Math.log2(width)) ? Math.log2(width) : Math.ceil(Math.log2(width)) + 12;
        result(
          this.push<ShareNode & { kind: 'centre' }>({ ...base, kind: 'centre', scale: x.scale + shift, x, shift }),
        );
        break;
      }
      case 'add': {
        const [a, b] = [this.share(operation.left), this.share(operation.right)];
        const scale = Math.min(a.scale, b.scale);
        result(
          this.push<ShareNode & { kind: 'add' }>({
            ...base,
            kind: 'add',
            scale,
            left: this.at(a, scale),
            right: this.at(b, scale),
          }),
        );
        break;
      }
      case 'offset': {
        const x = this.share(operation.x);
        const value = BigInt(Math.round(operation.value * 2 ** x.scale));
        result(this.push<ShareNode & { kind: 'offset' }>({ ...base, kind: 'offset', scale: x.scale, x, value }));
        break;
      }
      case 'select': {
        const x = this.share(operation.x);
        const { axis, index } = operation;
        result(this.push<ShareNode & { kind: 'select' }>({ ...base, kind: 'select', scale: x.scale, x, axis, index }));
        break;
      }
      case 'reshape': {
        const x = this.share(operation.x);
        result(this.push<ShareNode & { kind: 'reshape' }>({ ...base, kind: 'reshape', scale: x.scale, x }));
        break;
      }
    }
  }

  private lowerGate(tensor: Tensor & { operation: Operation & { kind: 'gate' } }): ShareNode {
    const { operation, name, shape } = tensor;
    const polynomials = operation.functions.map((_, index) => this.calibration.polynomial(tensor, index));
    const period = Math.log2(polynomials[0]!.period);
    if (!Number.isInteger(period) || polynomials.some((p) => p.period !== polynomials[0]!.period)) {
      throw new PlanError(`${name}: a gate's period must be a power of two, not ${polynomials.map((p) => p.period)}`);
    }
    const x = this.share(operation.x);
    const width = x.scale + period;
    if (width < 16 || width > 64) {
      throw new PlanError(
        `${name}: ${operation.x.name} at scale ${x.scale} has ${width} bits in a period of 2^${period}; a phase needs 16 to 64`,
      );
    }
    const phase = this.once(`phase ${x.id} ${width}`, () =>
      this.push<PhaseNode>({ kind: 'phase', name: operation.x.name, shape: x.shape, scale: 0, x, width }),
    );
    if (operation.keep && polynomials.length > 1 && polynomials.some((p) => p.constant !== 0)) {
      throw new PlanError(`${name}: a masked gate of several functions cannot have constants`);
    }
    const { coefficient, table } = this.precision.gates[operation.functions[0]!];
    const fraction = coefficient - this.magnitude(tensor);
    return this.push<ShareNode & { kind: 'gate' }>({
      kind: 'gate',
      name,
      shape,
      scale: fraction + table,
      x: phase,
      gate: integerGate(name, polynomials, fraction, fraction + table),
      fraction: table,
      keep: operation.keep && this.kept.get(operation.keep.id)!,
    });
  }

  private assignBits(): void {
    const need = (node: PlanNode, bits: number) => {
      node.bits = Math.max(node.bits, bits);
    };
    for (const node of this.nodes.toReversed()) {
      const { bits } = node;
      if (bits > 64) {
        throw new TooWideError(
          `${node.name} would need ${bits} bits at scale ${node.scale}: lower its precision or narrow its range`,
        );
      }
      switch (node.kind) {
        case 'truncate':
          need(node.x, bits + node.by);
          break;
        case 'add':
          need(node.left, bits);
          need(node.right, bits);
          break;
        case 'offset':
        case 'sum':
        case 'centre':
        case 'select':
        case 'reshape':
        case 'linear':
        case 'disclose':
        case 'open':
        case 'lift':
          need(node.x, bits);
          break;
        case 'contract':
          need(node.left, bits);
          need(node.right, bits);
          break;
        case 'multiply':
          for (const operand of [node.x, node.y]) operand.extended = Math.max(operand.extended, bits, operand.bits + 1);
          break;
        case 'lifted':
        case 'squares':
          node.x.extended = Math.max(node.x.extended, bits, node.x.bits + 2);
          break;
        case 'phase':
          node.bits = 16;
          need(node.x, node.width);
          break;
        case 'keep':
          node.bits = 1;
          break;
        case 'readout':
          need(node.x, bits);
          break;
        case 'gate':
        case 'input':
          break;
      }
    }
  }

  /** Returns how many there are. */
  private assignRounds(): number {
    for (const node of this.nodes) {
      node.round = Math.max(0, ...inputsOf(node).map((input) => input.round)) + (talks(node) ? 1 : 0);
    }
    return Math.max(...this.nodes.map((node) => node.round));
  }

  private weights(): WeightPlan[] {
    const weights = new Map<string, WeightPlan>();
    for (const node of this.nodes) {
      if (node.kind === 'linear') {
        const bits = Math.max(node.bits, weights.get(node.weight)?.bits ?? 0);
        weights.set(node.weight, {
          name: node.weight,
          owner: 'model-owner',
          inputs: node.inputs,
          outputs: node.outputs,
          scale: node.weightScale,
          bits,
        });
      } else if (node.kind === 'readout') {
        weights.set('readout', {
          name: 'readout',
          owner: 'data-owner',
          inputs: node.inputs,
          outputs: node.columns,
          scale: node.weightScale,
          bits: node.bits,
        });
      }
    }
    return [...weights.values()];
  }
}

/** A polynomial's coefficients as the integers that both parties use. */
function integerGate(
  name: string,
  polynomials: TrigonometricPolynomial[],
  coefficientFraction: number,
  scale: number,
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
  // As fine as |amplitude| < 2^16 (once rounded) and a shift of at most 30 allow.
  let amplitudeFraction = Math.min(16 + coefficientFraction, 15 - Math.floor(Math.log2(largest)));
  if (Math.round(largest * 2 ** amplitudeFraction) >= 2 ** 16) amplitudeFraction--;
  const shift = amplitudeFraction + 14 - coefficientFraction;
  if (shift < 0) throw new PlanError(`${name}: a coefficient of ${largest} is too large for a gate`);
  const functions = polynomials.map((p) => {
    const terms = frequencies.flatMap((k, frequency) =>
      [p.cos[k - 1] ?? 0, p.sin[k - 1] ?? 0].flatMap((a, quarter) => {
        const amplitude = Math.round(a * 2 ** amplitudeFraction);
        return amplitude === 0 ? [] : [{ frequency, amplitude, phase: quarter * 16384 }];
      }),
    );
    return { terms, constant: BigInt(Math.round(p.constant * 2 ** scale)) };
  });
  return { frequencies, functions, shift };
}

function releases(order: PlanNode[]): Map<number, number[]> {
  const last = new Map<number, number>();
  for (const node of order) for (const input of inputsOf(node)) last.set(input.id, node.id);
  const result = new Map<number, number[]>();
  for (const [input, node] of last) result.set(node, [...(result.get(node) ?? []), input]);
  return result;
}
