/**
 * What an operation of the protocol is: its readings, side by side.
 *
 * How to think of it. A kind of node is a row: what it reads, what its operands have to be right modulo, what crosses which wire, and what
 * each role does. `traffic` says exactly what is sent; the cost model adds it up, the parties cut and check messages with it, the dealer is
 * held to it. `say` and `hear` are a party's two halves of a round, `compute` its local arithmetic, `deal` what the dealer computes for
 * it. A kind of the graph has a row of its own, its lowering. One file in operations/ has all of them for one operation, and the
 * tables in operations/index.ts do not compile while a row or a reading is missing.
 *
 * Every secret dealt has one party's share subtracted from it, which comes from that one's seed; the other gets the correction, secret − that share.
 */
import type { Backend, Vector } from '../compute/backend';
import type { GateFit } from '../graph/functions';
import type { OperationKind, Rest, Tensor, TensorOf } from '../graph/graph';
import type { Shape } from '../graph/shape';
import type { PartyRole } from '../net/code';
import { packedBytes } from '../ring/ring';
import { type Bits, type Bytes, bytes, type Scale } from '../ring/units';
import type {
  DiscloseNode,
  LiftNode,
  MaskNode,
  NodeKind,
  NodeKinds,
  NodeOf,
  OpenNode,
  PlanNode,
  ShareNode,
  TalkingKind,
  WeightedKind,
  WeightPlan,
} from './plan';
import type { Precision } from './precision';

/** n ring elements of `bits` each, one after the other in a tight bit string. */
export interface Part {
  n: number;
  bits: Bits;
}

export interface NodeTraffic {
  toModelOwner?: Part[];
  toDataOwner?: Part[];
  /** To either party, as the plan says. */
  dealt?: Part[];
}

/**
 * A matrix on the device: `elements` − `offset`. Owners hold wide moduli's matrices as unsigned single words, half the memory of two:
 * a matrix's own numbers are small, and x·(E − o) = x·E − o·Σx.
 */
export interface HeldMatrix {
  elements: Vector;
  offset: bigint;
}

/** What party code sees while it works on a node. */
export interface PartyContext {
  readonly backend: Backend;
  readonly isDataOwner: boolean;
  /** This party's share of a node that was computed. */
  share(node: PlanNode): Vector;
  /** Remembers a vector of the running node by name, until the plan says that nobody needs the node. */
  store(name: string, v: Vector): void;
  /** What `say`, `hear` or `compute` of a node stored. */
  stored(node: PlanNode, name: string): Vector;
  /** A fresh mask of this party's own: `slot` numbers the uses within a node. */
  draw(slot: number, n: number, bits: Bits): Vector;
  /** This party's share of the node's next dealt secret, in the order of `traffic().dealt`. */
  dealt(): Vector;
  /** The matrix that this party holds for a weight: the matrix itself if it is its own, else its masked form F = W − A. */
  matrix(weight: string): HeldMatrix;
  /** The owner's bias at a scale, one element a column. */
  bias(weight: string, type: { scale: Scale; bits: Bits }): Vector;
  /** Planar words of the data owner's input. */
  input(name: string, type: { scale: Scale; bits: Bits }): Vector;
  /** The data owner's bits of a mask. */
  bits(name: string): Vector;
  /** The data owner's readout result. */
  output(v: Vector): void;
}

export interface DealerContext {
  readonly backend: Backend;
  /** What a party draws with the same arguments. */
  draw(party: PartyRole, slot: number, n: number, bits: Bits): Vector;
  store(name: string, v: Vector): void;
  stored(node: PlanNode, name: string): Vector;
  /** Shares a secret between the parties, in the order of `traffic().dealt`. */
  deal(secret: Vector): void;
  /** The mask A of a weight. */
  mask(weight: string): Vector;
}

interface Common<K extends NodeKind> {
  inputs(node: NodeOf<K>): PlanNode[];
  /** What each operand has to be right modulo, once the node's own bits are known. */
  operandBits(node: NodeOf<K>, need: (operand: PlanNode, bits: number) => void): void;
  /** The data owner's share is made of seeds and masked matrices alone, so it has that before anything of a pass is said. */
  fromSeeds?: true;
  /** Whether the data owner reads its private input besides its shares of `inputs`. */
  readsInput?(node: NodeOf<K>): boolean;
  /** Multiplications in the ring, for one party. */
  operations?(node: NodeOf<K>): number;
}

/** Local arithmetic on shares: no byte, no round. */
interface Local<K extends NodeKind> {
  talks: false;
  traffic?: undefined;
  deal?: undefined;
  /** This party's share of the result. */
  compute(node: NodeOf<K>, party: PartyContext): Vector;
}

/** Local arithmetic that uses up something dealt. */
interface Dealt<K extends NodeKind> {
  talks: false;
  traffic(node: NodeOf<K>): { dealt: Part[] };
  deal(node: NodeOf<K>, dealer: DealerContext): void;
  compute(node: NodeOf<K>, party: PartyContext): Vector;
}

/** Has a part in a round's flight. */
interface Talking<K extends NodeKind> {
  talks: true;
  /** What is said is made of what was dealt, which must therefore be there before the flight; else it may arrive meanwhile. */
  saysDealt?: true;
  /** What is said are halves of sums, part by part as many in each direction, and what is heard are those sums. */
  opens?: true;
  traffic(node: NodeOf<K>): NodeTraffic;
  /** Stores the masks that this party still needs when its part was said. Not asked of a party without one. */
  draw?(node: NodeOf<K>, party: PartyContext): void;
  /** This party's part of the flight, after `draw`: one vector for each Part of its direction. Not asked of a party without one. */
  say(node: NodeOf<K>, party: PartyContext): Vector[];
  /** What the other party said, or what both did together where the kind `opens`: one vector for each Part. */
  hear(node: NodeOf<K>, party: PartyContext, heard: Vector[]): void;
  deal(node: NodeOf<K>, dealer: DealerContext): void;
}

interface Weighted<K extends NodeKind> {
  /** The private matrix that the set-up has to mask for it. */
  weight(node: NodeOf<K>): WeightPlan;
}

/** A kind's row, as whoever walks a plan reads it. */
export interface NodeRow<K extends NodeKind> extends Common<K> {
  talks: boolean;
  saysDealt?: true;
  opens?: true;
  traffic?(node: NodeOf<K>): NodeTraffic;
  draw?(node: NodeOf<K>, party: PartyContext): void;
  say?(node: NodeOf<K>, party: PartyContext): Vector[];
  hear?(node: NodeOf<K>, party: PartyContext, heard: Vector[]): void;
  compute?(node: NodeOf<K>, party: PartyContext): Vector;
  deal?(node: NodeOf<K>, dealer: DealerContext): void;
  weight?(node: NodeOf<K>): WeightPlan;
}

/** A kind's row, with every reading that a kind of its sort must have. */
export type NodeOperation<K extends NodeKind> = Common<K> &
  (K extends TalkingKind ? Talking<K> : Local<K> | Dealt<K>) &
  (K extends WeightedKind ? Weighted<K> : { weight?: undefined });

/** What a lowering works with: the nodes made so far, and what is known of values. */
export interface Lowering {
  readonly precision: Precision;
  /** A new node. `bits` where the node itself decides them. */
  push<K extends NodeKind>(
    kind: K,
    fields: NodeKinds[K] & { name: string; shape: Shape; scale: Scale; bits?: Bits },
  ): NodeOf<K>;
  /** One node for one use of a tensor: several matrices on one x share one message, several products one opening. */
  once<N extends PlanNode>(key: string, make: () => N): N;
  share(tensor: Tensor): ShareNode;
  /** Whether only one operation of the graph reads it. */
  isReadOnce(tensor: Tensor): boolean;
  mask(tensor: Tensor): MaskNode;
  /** x truncated to a scale if it has more. */
  at(x: ShareNode, scale: number): ShareNode;
  /** |value| < 2^this, margins included. */
  magnitude(tensor: Tensor): number;
  polynomial(gate: TensorOf<'gate'>, index: number): GateFit;
  disclose(tensor: Tensor): DiscloseNode;
  open(tensor: Tensor, significant: number): OpenNode;
  lift(tensor: Tensor, significant?: number, rest?: Rest): LiftNode;
}

/** From a kind of the graph to nodes: the node that stands for the tensor. Throws PlanError, naming the tensor, for what cannot be. */
export type Lower<K extends OperationKind> = (tensor: TensorOf<K>, lowering: Lowering) => PlanNode;

/** Dealt shares are drawn from slots of their own, behind those of a node's masks. */
export const DEALT_SLOT = 16;

/** What parts take on the wire: each a tight bit string in whole words. */
export const partBytes = (parts: Part[]): Bytes =>
  bytes(parts.reduce((sum, { n, bits }) => sum + packedBytes(n, bits), 0));
