/**
 * The cost model: exact rounds, bytes and ring multiplications of a plan, from shapes alone.
 *
 * It adds up what the operations say of themselves, which is also what parties cut their messages by, so it equals what a run counts.
 */

import type { Part } from '../protocol/operation';
import { protocolOf, trafficOf } from '../protocol/operations';
import { packedBytes } from '../ring/ring';
import { type Plan, type PlanNode, setupBytes, talks } from './plan';

export interface Cost {
  rounds: number;
  toModelOwner: number;
  toDataOwner: number;
  dealt: number;
  /** Multiplications in the ring, for one party. */
  operations: number;
}

export interface PlanCost extends Cost {
  /** By kind of node. Rounds: those in which the kind has something to say; rounds are shared, so these do not add up. */
  byOperation: Record<string, Cost>;
  /** Once a session. */
  setup: { toModelOwner: number; toDataOwner: number };
}

const none = (): Cost => ({ rounds: 0, toModelOwner: 0, toDataOwner: 0, dealt: 0, operations: 0 });

export const partBytes = (parts: Part[]): number => parts.reduce((sum, { n, bits }) => sum + packedBytes(n, bits), 0);

/** Local bookkeeping is no operation of its own in a table for people. */
const label = (node: PlanNode): string => (node.kind === 'keep' ? 'mask' : node.kind);

export function costOf(plan: Plan): PlanCost {
  const total: PlanCost = {
    ...none(),
    rounds: plan.rounds,
    byOperation: {},
    setup: { toModelOwner: 0, toDataOwner: 0 },
  };
  const rounds = new Map<string, Set<number>>();
  for (const node of plan.nodes) {
    const traffic = trafficOf(node);
    const cost = {
      toModelOwner: partBytes(traffic.toModelOwner),
      toDataOwner: partBytes(traffic.toDataOwner),
      dealt: partBytes(traffic.dealt),
      operations: protocolOf(node).operations?.(node) ?? 0,
    };
    if (!Object.values(cost).some(Boolean)) continue;
    total.byOperation[label(node)] ??= none();
    const entry = total.byOperation[label(node)]!;
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt', 'operations'] as const) {
      entry[key] += cost[key];
      total[key] += cost[key];
    }
    if (talks(node)) {
      const seen = rounds.get(label(node)) ?? new Set();
      rounds.set(label(node), seen.add(node.round));
      entry.rounds = seen.size;
    }
  }
  for (const weight of plan.weights) {
    total.setup[weight.owner === 'model-owner' ? 'toDataOwner' : 'toModelOwner'] += setupBytes(weight);
  }
  return total;
}

export interface NetworkConditions {
  /** Bits a second, each way, of every connection. */
  bandwidth: number;
  /** Seconds one way. */
  latency: number;
}

/** Seconds on the wire: every flight waits for the latency; the dealer streams ahead beside it. */
export function networkSeconds(cost: Cost, { bandwidth, latency }: NetworkConditions): number {
  const online = (8 * Math.max(cost.toModelOwner, cost.toDataOwner)) / bandwidth + cost.rounds * latency;
  return Math.max(online, (8 * cost.dealt) / bandwidth + latency);
}
