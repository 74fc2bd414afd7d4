/**
 * What stands between a party and whatever supplies correlated randomness.
 *
 * How to think of it. Beaver's and all the other operations use up correlations that do not depend on data: masks of this party's own that
 * the supplier knows, and shares of what the supplier computes from both parties' masks. A party asks for them by position and in the
 * plan's order, and does not know how they came about. Today a dealer deals them (dealer-preprocessing.ts); two parties could make them
 * themselves.
 */
import type { Vector } from '../compute/backend';
import type { Bits } from '../ring/units';
import type { Position } from './mask-stream';
import type { Plan, PlanNode } from './plan';

export interface Preprocessing {
  /** A pass over a plan begins. Passes are numbered from 1, alike on all sides, and never come back. */
  begin(pass: number, plan: Plan): Promise<void>;
  /** A mask of this party's own, n uniform elements modulo 2^bits: known to the supplier, to nobody else. Each position once. */
  mask(position: Position, n: number, bits: Bits): Vector;
  /**
   * This party's shares of what a node is dealt, in the order of its traffic. Each node of the pass once, of every strand in the plan's order, but that
   * nodes of which nothing is dealt to this party (`dealtTo`) may come before others of their round.
   * Rejects by the signal, with its reason.
   */
  dealt(node: PlanNode, signal: AbortSignal): Promise<Vector[]>;
  /** For suppliers that are not trusted: rejects when the correlations of the running pass are not what they should be. */
  verify?(): Promise<void>;
}
