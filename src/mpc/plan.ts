/**
 * A planned graph: what the parties, the dealer and the cost model execute.
 *
 * How to think of it. The formula has become a list of nodes on shares. Every node knows its type (scale, bits) and the round after which
 * it can be computed. Nodes that talk are few: masked openings (`disclose`, `open`, `openPair`, `lift`, `phase`), the data owner's `mask` and the
 * `readout`. A round is one flight: each party says at most one thing, made of what all talking nodes of that round have to say, in
 * the order of their ids. What a kind of node does is a row in operations/. A batch may be in two strands (strands.ts): then a round has a flight of each.
 */
import type { Gate } from '../compute/backend';
import type { Firsts } from '../graph/formula';
import type { Beside, Causal, Eighths, Pairing, Shape } from '../graph/shape';
import type { PartyRole } from '../net/code';
import type { PhaseBits } from '../ring/cosine';
import { largest, packedBytes } from '../ring/ring';
import type { Bits, Bytes, Scale } from '../ring/units';

/**
 * `first`: said before anything of the round is heard. `ahead`: the data owner says or computes it all the same, for it needs nothing from the model
 * owner; that has to hear what is said first. `last`: computed when both have heard everything.
 */
export type Stage = 'first' | 'ahead' | 'last';

/** The data owner's private zeros and ones of a pass by their name, or what a slice (compute/backend.ts) takes of them. */
export interface PrivateBits {
  name: string;
  part?: { length: number; inner: number; start: number; count: number };
}

/** Elements that the data owner moves down by 3/8 of a period on its own share: where its zeros are, whose axes are x's from `axis` on. */
export interface Hidden {
  of: PrivateBits;
  shape: Shape;
  axis: number;
}

interface Base {
  readonly id: number;
  /** The tensor of the graph that it belongs to. */
  readonly name: string;
  readonly shape: Shape;
  /** Fractional bits of the value that the node stands for. */
  readonly scale: Scale;
  /** The modulus that consumers need. Set by the planner. */
  bits: Bits;
  /** 0: before anything is sent. A node that talks does so in this round; others are computed in it or after it. Set by the planner. */
  round: number;
  /** When in its round. Set by the planner. */
  stage: Stage;
  /** Who gets the correction of each part that is dealt for it; the other one's share of it comes from a seed. Set by the planner. */
  dealtTo: readonly PartyRole[];
  /** Which part of the batch it is of (strands.ts). */
  readonly strand: number;
}

/** What each kind of node is made of. */
export interface NodeKinds {
  // Kinds whose result is a share.
  /** The data owner's private values: its share; the model owner's is zero. */
  input: unknown;
  truncate: { x: ShareNode; by: Bits };
  /** 8·x less its rows' `eighths` of their own columns and those beside them. */
  near: { x: ShareNode; eighths: readonly Eighths[]; beside: Beside };
  /** x + y, where y's axes are x's from `axis` on. */
  add: { x: ShareNode; y: ShareNode; axis: number };
  /** Adds a public constant, given in units of 2^-scale. */
  offset: { x: ShareNode; value: bigint };
  sum: { x: ShareNode; axis: number };
  /** x·2^k − Σ_row x · round(2^k/width), with k = shift. */
  centre: { x: ShareNode; shift: Bits };
  /** `count` neighbours of an axis; where it is one of them, the axis may be gone. */
  slice: { x: ShareNode; axis: number; start: number; count: number };
  join: { parts: readonly ShareNode[]; axis: number };
  /** x, but zero where a key is not seen. */
  causal: { x: ShareNode; causal: Causal };
  reshape: { x: ShareNode };
  /** Every candidate's with every text's, candidate by candidate. */
  pair: { texts: ShareNode; prompts: ShareNode; by: Pairing };
  /** Its three axes in reverse order. */
  reversed: { x: ShareNode };
  linear: { x: DiscloseNode; weight: string; inputs: number; outputs: number; weightScale: Scale; gathered?: true };
  /** x ∘ w along the last axis. */
  scale: { x: DiscloseNode; weight: string; weightScale: Scale; gathered?: true };
  /** The sum of these, which are `gathered`: dealt once for all of them. */
  products: { parts: readonly ProductNode[] };
  contract: { formula: string; left: OpenNode; right: OpenNode; firsts?: Firsts };
  multiply: { x: LiftNode; y: LiftNode };
  square: { x: LiftNode };
  squares: { x: LiftNode };
  lifted: { x: LiftNode };
  /** `fraction`: of the first harmonic's tables; the last one's have `taper` bits fewer, in front of the point as behind it. */
  gate: {
    x: PhaseNode;
    gate: Omit<Gate, 'words'>;
    fraction: number;
    taper: number;
    mask?: MaskNode;
    maskAxis: number;
  };
  /**
   * e to what x and its rows' `shifts` add up to, all of them phases of 2^period: windows of 2^widest units at most, results below e^cut, numbers dealt
   * at scale `fraction` and as many bits more as a window is wide, factors at what the result's lacks of it.
   */
  exponential: {
    x: PhaseNode;
    shifts: readonly PhaseNode[];
    period: number;
    widest: number;
    cut: number;
    fraction: number;
  };

  // Kinds that talk.
  /** x under the data owner's mask, to the model owner: what `linear` and `scale` multiply. */
  disclose: { x: ShareNode };
  /** x under a mask that neither knows, to both, modulo 2^bits. */
  open: { x: ShareNode };
  /** The same of what is paired: texts' and prompts' once each. */
  openPair: { texts: ShareNode; prompts: ShareNode; by: Pairing };
  /** The same modulo the few bits of x's range; `extended` is the modulus that x has afterwards (exactly). */
  lift: { x: ShareNode; extended: Bits };
  /**
   * The phase of x in 2^-bits of a period 2^period, under a mask that neither knows. width = scale of x + period. What is known of it after that is in
   * units of 2^-resolution, its gates'.
   */
  phase: { x: ShareNode; width: Bits; resolution: PhaseBits; hidden?: Hidden };
  /** The data owner's private bits under a mask of its own, to the model owner. */
  mask: { of: PrivateBits };
  /** x · W for the data owner's W, opened to the data owner. */
  readout: { x: ShareNode; weight: string; inputs: number; columns: number; weightScale: Scale };
  /** x itself, opened to the data owner. */
  reveal: { x: ShareNode };
}

export type NodeKind = keyof NodeKinds;

/** The node of a kind; of several kinds, any of theirs. */
export type NodeOf<K extends NodeKind> = { [P in K]: Base & { readonly kind: P } & NodeKinds[P] }[K];
export type PlanNode = NodeOf<NodeKind>;

export type DiscloseNode = NodeOf<'disclose'>;
export type OpenNode = NodeOf<'open' | 'openPair'>;
export type LiftNode = NodeOf<'lift'>;
export type PhaseNode = NodeOf<'phase'>;
export type MaskNode = NodeOf<'mask'>;
export type ReadoutNode = NodeOf<'readout'>;
/** What the data owner gets. */
export type OutputNode = NodeOf<'readout' | 'reveal'>;
/** Nodes whose result is a share. */
export type ShareNode = NodeOf<Exclude<NodeKind, TalkingKind>>;
/** A product with something private of the model owner's. */
export type ProductNode = NodeOf<'linear' | 'scale'>;
export type TalkingKind = 'disclose' | 'open' | 'openPair' | 'lift' | 'phase' | 'mask' | 'readout' | 'reveal';

/** Kinds with a private matrix or vector that the set-up masks. */
export type WeightedKind = {
  [K in NodeKind]: NodeKinds[K] extends { weightScale: Scale } ? K : never;
}[NodeKind];

/** A private matrix as the session's set-up masks it; a vector is a matrix of one row. */
export interface WeightPlan {
  name: string;
  owner: PartyRole;
  inputs: number;
  outputs: number;
  scale: Scale;
  bits: Bits;
}

export interface Plan {
  /** In order of execution within a round. */
  nodes: PlanNode[];
  rounds: number;
  /** In the order in which their owners send them. */
  weights: WeightPlan[];
  /** Parts of the batch that are walked side by side. */
  strands: number;
  /** Of the first strand; the others' differ in their numbers of sequences only. */
  output: OutputNode;
  /** Ids of the nodes not needed any more after a node was computed. */
  releases: Map<number, number[]>;
}

/** Bytes that the set-up sends: every masked matrix once, to the other party. */
export const setupBytes = (weight: WeightPlan): Bytes => packedBytes(weight.inputs * weight.outputs, weight.bits);

/** The largest value that an input of the data owner's and its own matrix carry without wrapping around. */
export const largestOwned = ({ nodes, weights }: Plan, input: string): number =>
  Math.min(
    ...nodes.filter(({ kind, name }) => kind === 'input' && name === input).map(largest),
    ...weights.filter(({ owner }) => owner === 'data-owner').map(largest),
  );

/** Throws unless a plan uses exactly the masked matrices that were set up. */
export function checkWeights(plan: Plan, setUp: WeightPlan[] | undefined): void {
  if (JSON.stringify(plan.weights) !== JSON.stringify(setUp)) {
    throw new Error('this plan needs other masked matrices than the session set up');
  }
}
