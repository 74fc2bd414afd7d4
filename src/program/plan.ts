/**
 * A planned network: what the parties, the dealer and the cost model execute.
 *
 * How to think of it. The network's formula has become a list of nodes on shares. Every node knows its type (scale, bits), and the round
 * after which it can be computed. Nodes that talk are few: `disclose`, `open`, `phase`, `readout`, `keep`. A round is one flight: each party sends at
 * most one message, made of what all talking nodes of that round have to say, in the order of their ids.
 */
import type { Gate } from '../compute/backend';
import { packedBytes } from '../ring/ring';

interface Base {
  readonly id: number;
  /** The tensor of the network that it belongs to. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Fractional bits of the value that the node stands for. */
  readonly scale: number;
  /** The modulus that consumers need. Set by the planner. */
  bits: number;
  /** 0: before anything is sent. A node that talks does so in this round; others are computed after it. Set by the planner. */
  round: number;
}

/** Nodes whose result is a share. */
export type ShareNode = Base &
  (
    | { kind: 'input' }
    | { kind: 'truncate'; x: ShareNode; by: number }
    | { kind: 'add'; left: ShareNode; right: ShareNode }
    /** Adds a public constant, given in units of 2^-scale. */
    | { kind: 'offset'; x: ShareNode; value: bigint }
    | { kind: 'sum'; x: ShareNode; axis: number }
    /** x·2^k − Σ_row x · round(2^k/width), with k = shift. */
    | { kind: 'centre'; x: ShareNode; shift: number }
    | { kind: 'select'; x: ShareNode; axis: number; index: number }
    | { kind: 'reshape'; x: ShareNode }
    | { kind: 'linear'; x: DiscloseNode; weight: string; inputs: number; outputs: number; weightScale: number }
    | { kind: 'contract'; formula: string; left: OpenNode; right: OpenNode }
    | { kind: 'multiply'; x: LiftNode; y: LiftNode }
    | { kind: 'squares'; x: LiftNode }
    | { kind: 'lifted'; x: LiftNode }
    | { kind: 'gate'; x: PhaseNode; gate: Omit<Gate, 'words'>; fraction: number; keep?: KeepNode }
  );

/** x under the data owner's mask, to the model owner: what `linear` multiplies. */
export type DiscloseNode = Base & { kind: 'disclose'; x: ShareNode };
/** x under a mask that neither knows, to both, modulo 2^bits. */
export type OpenNode = Base & { kind: 'open'; x: ShareNode };
/** The same modulo the few bits of x's range; `extended` is the modulus that x has afterwards (exactly). */
export type LiftNode = Base & { kind: 'lift'; x: ShareNode; extended: number };
/** The phase of x in 1/65536 of a period 2^period, under a mask that neither knows. width = scale of x + period. */
export type PhaseNode = Base & { kind: 'phase'; x: ShareNode; width: number };
/** The data owner's private bits under its own mask, to the model owner. */
export type KeepNode = Base & { kind: 'keep' };
/** x · W for the data owner's W, opened to the data owner. */
export type ReadoutNode = Base & {
  kind: 'readout';
  x: ShareNode;
  inputs: number;
  columns: number;
  weightScale: number;
};

export type PlanNode = ShareNode | DiscloseNode | OpenNode | LiftNode | PhaseNode | KeepNode | ReadoutNode;

/** A private matrix as the session's set-up masks it. */
export interface WeightPlan {
  name: string;
  owner: 'data-owner' | 'model-owner';
  inputs: number;
  outputs: number;
  scale: number;
  bits: number;
}

export interface Plan {
  /** In order of execution within a round. */
  nodes: PlanNode[];
  rounds: number;
  weights: WeightPlan[];
  readout: ReadoutNode;
  /** Ids of the nodes not needed any more after a node was computed. */
  releases: Map<number, number[]>;
}

/** Bytes that the set-up sends: every masked matrix once, to the other party. */
export const setupBytes = (weight: WeightPlan): number => packedBytes(weight.inputs * weight.outputs, weight.bits);

export function inputsOf(node: PlanNode): PlanNode[] {
  switch (node.kind) {
    case 'input':
    case 'keep':
      return [];
    case 'add':
    case 'contract':
      return [node.left, node.right];
    case 'multiply':
      return [node.x, node.y];
    case 'gate':
      return node.keep ? [node.x, node.keep] : [node.x];
    default:
      return [node.x];
  }
}

export const talks = (node: PlanNode): boolean =>
  ['disclose', 'open', 'lift', 'phase', 'keep', 'readout'].includes(node.kind);

/** Throws unless a plan uses exactly the masked matrices that were set up. */
export function checkWeights(plan: Plan, setUp: WeightPlan[] | undefined): void {
  if (JSON.stringify(plan.weights) !== JSON.stringify(setUp)) {
    throw new Error('this plan needs other masked matrices than the session set up');
  }
}
