/**
 * From formula to plan: scales forwards, bits backwards, rounds forwards.
 *
 * Scales. Every operand gets as many significant bits as its use needs (`Precision`), so its scale follows from its calibrated range. A
 * result carries the sum of its operands' scales and is truncated only when an operand needs less. Bits. Each node's modulus is the largest
 * that a consumer needs: a truncation by k asks for k more, a gate for its period's width, a lift for the range of its value
 * and two bits. What comes out of a gate or a lift is dealt fresh, with any number of bits, so chains end there. Rounds.
 * A node that talks does so one round after what it needs, but for what the data owner
 * knows before.
 *
 * A tensor that would need more than 64 bits, or a phase with fewer than its resolution, is refused by name: an error before the run instead of
 * a wrong number in it. What each kind becomes and asks of its operands stands in its file in operations/.
 */
import type { GateFit } from '../graph/functions';
import type { Graph, Rest, Tensor, TensorOf } from '../graph/graph';
import { operandsOf } from '../graph/operations';
import { bits, scale } from '../ring/units';
import { type Lowering, partBytes } from './operation';
import {
  inputsOf,
  isDealtToEither,
  isShare,
  lowerTensor,
  needOperandBits,
  talks,
  trafficOf,
  weightOf,
} from './operations';
import type {
  DiscloseNode,
  LiftNode,
  MaskNode,
  NodeOf,
  OpenNode,
  Plan,
  PlanNode,
  ShareNode,
  Stage,
  WeightPlan,
} from './plan';
import { PlanError, TooWideError } from './plan-error';
import { COARSE, FINE, type Precision } from './precision';
import { releasesOf } from './releases';

/** What the planner knows of the values that will flow. Two planners with equal knowledge make equal plans, to the bit. */
export interface Calibration {
  /** [least, greatest] value of a tensor, margins included. */
  range(name: string): readonly [number, number];
  /** What stands for a gate's function on its range. Its period is a power of two. */
  polynomial(gate: TensorOf<'gate'>, index: number): GateFit;
}

/** Bits in front of the point of a value's magnitude: |value| < 2^this. */
export const magnitude = ([low, high]: readonly [number, number]): number => {
  const bound = Math.max(Math.abs(low), Math.abs(high), 2 ** -20);
  return Math.floor(Math.log2(bound)) + 1;
};

/** The plan at the first of these precisions that fits 64 bits. Throws PlanError with what the last one lacks. */
export const planGraph = (graph: Graph, calibration: Calibration, precisions?: Precision[]): Plan =>
  planStrands([graph], calibration, { precisions });

export interface PlanOptions {
  precisions?: Precision[];
  /** Whom corrections go to: by default to both parties, as evenly as can be. */
  dealtTo?: 'both' | 'model-owner';
}

/** The same of a batch in several strands: graphs of parts of one batch, which multiply with the same matrices. */
export function planStrands(
  graphs: readonly Graph[],
  calibration: Calibration,
  { precisions = [FINE, COARSE], dealtTo = 'both' }: PlanOptions = {},
): Plan {
  for (const [i, precision] of precisions.entries()) {
    try {
      const plans: Plan[] = [];
      for (const [strand, graph] of graphs.entries()) {
        const firstId = 1 + plans.flatMap(({ nodes }) => nodes).reduce((last, { id }) => Math.max(last, id), -1);
        plans.push(new Planner(graph, calibration, precision, strand, firstId).plan());
      }
      const plan = beside(plans);
      assignDealing(plan, dealtTo);
      return plan;
    } catch (error) {
      if (!(error instanceof TooWideError) || i === precisions.length - 1) throw error;
    }
  }
  throw new RangeError('planning needs a precision');
}

const STAGES: readonly Stage[] = ['first', 'ahead', 'last'];

class Planner implements Lowering {
  private nodes: PlanNode[] = [];
  private readonly readers: ReadonlyMap<Tensor, number>;
  private readonly lowered = new Map<Tensor, PlanNode>();
  private readonly made = new Map<string, PlanNode>();

  constructor(
    private readonly graph: Graph,
    private readonly calibration: Calibration,
    readonly precision: Precision,
    private readonly strand: number,
    /** Nodes of all strands have different ids. */
    private readonly firstId: number,
  ) {
    const readers = new Map<Tensor, number>();
    for (const x of graph.tensors.flatMap((tensor) => operandsOf(tensor))) readers.set(x, (readers.get(x) ?? 0) + 1);
    this.readers = readers;
  }

  plan(): Plan {
    for (const tensor of this.graph.tensors) this.lowered.set(tensor, lowerTensor(tensor, this));
    const [output, ...others] = this.nodes.filter((node) => node.kind === 'readout' || node.kind === 'reveal');
    if (!output) throw new PlanError('the graph has no readout: nothing would be opened');
    if (others.length > 0) throw new PlanError(`the graph opens ${others.length + 1} tensors; one is read`);
    this.nodes = reachable(this.nodes, output);
    this.assignBits();
    this.assignRounds();
    const order = this.nodes.toSorted(
      (a, b) => a.round - b.round || STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.id - b.id,
    );
    const rounds = Math.max(...order.map(({ round }) => round));
    return {
      nodes: order,
      rounds,
      weights: this.weights(),
      strands: 1,
      output,
      releases: releasesOf(order),
    };
  }

  push: Lowering['push'] = (kind, fields) => {
    const { strand, firstId } = this;
    const place = { id: firstId + this.nodes.length, round: 0, stage: 'last', dealtTo: [], strand };
    const node = { bits: bits(0), ...fields, kind, ...place } as NodeOf<typeof kind> & PlanNode;
    this.nodes.push(node);
    return node;
  };

  once<N extends PlanNode>(key: string, make: () => N): N {
    const node = (this.made.get(key) as N | undefined) ?? make();
    this.made.set(key, node);
    return node;
  }

  private nodeOf(tensor: Tensor): PlanNode {
    const node = this.lowered.get(tensor);
    if (!node) throw new PlanError(`${tensor.name} is used before it is made`);
    return node;
  }

  share(tensor: Tensor): ShareNode {
    const node = this.nodeOf(tensor);
    if (!isShare(node)) throw new PlanError(`${tensor.name} is no value that can be computed with`);
    return node;
  }

  isReadOnce(tensor: Tensor): boolean {
    return this.readers.get(tensor) === 1;
  }

  mask(tensor: Tensor): MaskNode {
    const node = this.nodeOf(tensor);
    if (node.kind !== 'mask') throw new PlanError(`${tensor.name} is no mask`);
    return node;
  }

  at(x: ShareNode, wanted: number): ShareNode {
    const by = x.scale - wanted;
    if (by <= 0) return x;
    const { name, shape } = x;
    if (x.kind === 'pair') {
      const [texts, prompts] = [this.at(x.texts, wanted), this.at(x.prompts, wanted)];
      return this.once(`${x.id} at ${wanted}`, () =>
        this.push('pair', { name, shape, scale: scale(wanted), texts, prompts, by: x.by }),
      );
    }
    return this.once(`${x.id} at ${wanted}`, () =>
      this.push('truncate', { name, shape, scale: scale(wanted), x, by: bits(by) }),
    );
  }

  magnitude(tensor: Tensor): number {
    return magnitude(this.calibration.range(tensor.whole));
  }

  polynomial(gate: TensorOf<'gate'>, index: number): GateFit {
    return this.calibration.polynomial(gate, index);
  }

  disclose(tensor: Tensor): DiscloseNode {
    const x = this.at(this.share(tensor), this.precision.activation);
    return this.once(`disclose ${x.id}`, () => this.push('disclose', { ...named(tensor, x), x }));
  }

  open(tensor: Tensor, significant: number): OpenNode {
    const x = this.at(this.share(tensor), significant - this.magnitude(tensor));
    return this.once<OpenNode>(`open ${x.id}`, () => {
      if (x.kind !== 'pair') return this.push('open', { ...named(tensor, x), x });
      const { texts, prompts, by } = x;
      return this.push('openPair', { ...named(tensor, x), texts, prompts, by });
    });
  }

  lift(tensor: Tensor, significant: number = this.precision.wide, rest?: Rest): LiftNode {
    const reach = this.reach(tensor, rest);
    const x = this.at(this.share(tensor), significant - reach);
    return this.once(`lift ${x.id}`, () => {
      // Exact for |x| < 2^(bits−2).
      const own = bits(x.scale + reach + 2);
      return this.push('lift', { ...named(tensor, x), x, bits: own, extended: bits(0) });
    });
  }

  /** |value| < 2^this, also of a part, which is the whole less the rest. */
  private reach(tensor: Tensor, rest?: Rest): number {
    const whole = this.magnitude(tensor);
    return rest ? 1 + Math.max(whole, this.magnitude(rest.values) + Math.ceil(Math.log2(rest.count))) : whole;
  }

  private assignBits(): void {
    const need = (node: PlanNode, wanted: number) => {
      node.bits = bits(Math.max(node.bits, wanted));
    };
    for (const node of this.nodes.toReversed()) {
      if (node.bits > 64) {
        throw new TooWideError(
          `${node.name} would need ${node.bits} bits at scale ${node.scale}: lower its precision or narrow its range`,
        );
      }
      needOperandBits(node, need);
    }
  }

  /**
   * The data owner has its share of a product with a private matrix before anything is said (operations/linear.ts): so it says what it has to say of
   * the product together with what the product is of, and the model owner answers when it has heard that.
   */
  private assignRounds(): void {
    /** The last rounds in which either party hears something that its share is made of. */
    const heard = new Map<PlanNode, { data: number; model: number }>();
    for (const node of this.nodes) {
      const inputs = inputsOf(node).map((input) => heard.get(input)!);
      const data = Math.max(0, ...inputs.map((input) => input.data));
      const model = Math.max(0, ...inputs.map((input) => input.model));
      if (!talks(node)) {
        node.round = Math.max(data, model);
        node.stage = data < node.round ? 'ahead' : 'last';
        heard.set(node, { data, model });
        continue;
      }
      node.round = Math.max(data + 1, model);
      node.stage = model === node.round ? 'ahead' : 'first';
      const { toModelOwner, toDataOwner } = trafficOf(node);
      heard.set(node, {
        data: toDataOwner.length > 0 ? node.round : data,
        model: toModelOwner.length > 0 ? node.round : model,
      });
    }
  }

  private weights(): WeightPlan[] {
    const weights = new Map<string, WeightPlan>();
    for (const node of this.nodes) {
      const weight = weightOf(node);
      if (!weight) continue;
      const known = weights.get(weight.name);
      weights.set(weight.name, { ...weight, bits: bits(Math.max(weight.bits, known?.bits ?? 0)) });
    }
    return [...weights.values()];
  }
}

/** An opening is called like the tensor, and has the type of what is opened. */
const named = ({ name }: Tensor, { shape, scale }: ShareNode) => ({ name, shape, scale });

/** Those of which the output is made: what was gathered into a larger sum is none of it any more. */
function reachable(nodes: readonly PlanNode[], output: PlanNode): PlanNode[] {
  const reached = new Set<PlanNode>([output]);
  for (const node of nodes.toReversed()) if (reached.has(node)) for (const input of inputsOf(node)) reached.add(input);
  return nodes.filter((node) => reached.has(node));
}

/**
 * Every part to whom less was dealt so far, so that both lines from the dealer carry as much of every stretch of a pass. What the data owner has to have of seeds alone
 * (operations/linear.ts) is dealt to the model owner.
 */
function assignDealing({ nodes }: Plan, dealtTo: NonNullable<PlanOptions['dealtTo']>): void {
  const sum = { 'data-owner': 0, 'model-owner': 0 };
  for (const node of nodes)
    node.dealtTo = trafficOf(node).dealt.map((part) => {
      const isFree = dealtTo === 'both' && isDealtToEither(node);
      const to = isFree && sum['data-owner'] < sum['model-owner'] ? 'data-owner' : 'model-owner';
      sum[to] += partBytes([part]);
      return to;
    });
}

/** Strands of one plan: the same rounds, the same matrices, each with nodes of its own. */
function beside(plans: readonly Plan[]): Plan {
  const [first, ...others] = plans;
  if (!first) throw new RangeError('a plan needs a strand');
  if (others.length === 0) return first;
  for (const { weights } of others)
    if (JSON.stringify(weights) !== JSON.stringify(first.weights))
      throw new PlanError('strands of one plan multiply with different matrices');
  return {
    nodes: plans.flatMap(({ nodes }) => nodes).toSorted((a, b) => a.round - b.round || a.strand - b.strand),
    rounds: Math.max(...plans.map(({ rounds }) => rounds)),
    weights: first.weights,
    strands: plans.length,
    output: first.output,
    releases: new Map(plans.flatMap(({ releases }) => [...releases])),
  };
}
