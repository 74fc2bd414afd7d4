/**
 * What an operation of the protocol is: its readings, side by side.
 *
 * How to think of it. `traffic` says exactly what crosses which wire; the cost model adds it up, the parties cut and check messages with
 * it, the dealer is held to it. `say` and `hear` are a party's two halves of a round, `compute` its local arithmetic, `deal` what the dealer
 * computes for it. One file in operations/ has all of them for one operation.
 *
 * Shares of dealt secrets: the data owner's share always comes from its own seed, so nothing is ever dealt to it; the model owner gets
 * the correction, secret − the data owner's share.
 */
import type { Backend, Vector } from '../compute/backend';
import type { PlanNode } from '../program/plan';

/** n ring elements of `bits` each, one after the other in a tight bit string. */
export interface Part {
  n: number;
  bits: number;
}

export interface NodeTraffic {
  toModelOwner?: Part[];
  toDataOwner?: Part[];
  /** To the model owner. */
  dealt?: Part[];
}

/** What party code sees while it works on a node. */
export interface PartyContext {
  readonly backend: Backend;
  readonly isDataOwner: boolean;
  /** This party's share of a node that was computed. */
  share(node: PlanNode): Vector;
  /** Vectors that `hear` or `compute` of a node kept, by name. */
  kept(node: PlanNode, name: string): Vector;
  keep(name: string, v: Vector): void;
  /** Fresh words of this party's own seed: `slot` numbers the uses within a node. */
  draw(slot: number, n: number, bits: number): Vector;
  /** This party's share of the node's next dealt secret, in the order of `traffic().dealt`. */
  dealt(): Vector;
  /** The matrix that this party holds for a weight: the matrix itself if it is its own, else its masked form F = W − A. */
  matrix(weight: string): Vector;
  /** The owner's bias at a scale, one element a column. */
  bias(weight: string, scale: number, bits: number): Vector;
  /** Planar words of the data owner's input, or zeros. */
  input(name: string, scale: number, bits: number): Vector;
  /** The data owner's bits of a mask. */
  bits(name: string): Vector;
  /** The data owner's readout result. */
  output(v: Vector): void;
}

export interface DealerContext {
  readonly backend: Backend;
  /** What a party draws with the same arguments. */
  draw(party: 'data-owner' | 'model-owner', slot: number, n: number, bits: number): Vector;
  kept(node: PlanNode, name: string): Vector;
  keep(name: string, v: Vector): void;
  /** Shares a secret between the parties, in the order of `traffic().dealt`. */
  deal(secret: Vector): void;
  /** The mask A of a weight. */
  mask(weight: string): Vector;
}

export interface OperationProtocol<N extends PlanNode = PlanNode> {
  traffic?(node: N): NodeTraffic;
  /** Multiplications in the ring, for one party. */
  operations?(node: N): number;
  /** This party's part of the round's message: one vector for each Part of its direction. */
  say?(node: N, party: PartyContext): Vector[];
  /** What the other party said, one vector for each Part. */
  hear?(node: N, party: PartyContext, heard: Vector[]): void;
  /** This party's share of the result. */
  compute?(node: N, party: PartyContext): Vector;
  deal?(node: N, dealer: DealerContext): void;
}

/** Dealt shares are drawn from slots of their own, behind those of a node's masks. */
export const DEALT_SLOT = 16;
