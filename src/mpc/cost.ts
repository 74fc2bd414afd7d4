/**
 * The cost model: exact rounds, bytes and ring multiplications of a plan, from shapes alone.
 *
 * It adds up what the operations say of themselves, which is also what parties cut their messages by, so it equals what a run counts.
 */

import { size } from '../graph/shape';
import { wordsFor } from '../ring/ring';
import { type Bytes, bytes } from '../ring/units';
import { isSaid, runTraffic, turnsOf } from './ahead';
import { correctionsOf } from './corrections';
import { partBytes } from './operation';
import { isKnownAhead, operationsOf, trafficOf } from './operations';
import { type Plan, setupBytes } from './plan';

export interface Cost {
  rounds: number;
  toModelOwner: Bytes;
  /** Of these, what the data owner can say before it has its input (ahead.ts); nothing of a pass of which it was. */
  knownAhead: Bytes;
  toDataOwner: Bytes;
  dealt: Bytes;
  /** Multiplications in the ring, for one party. */
  operations: number;
}

export interface PlanCost extends Cost {
  /** Of what is dealt, what goes to the data owner. */
  dealtToDataOwner: Bytes;
  /** Messages that wait for one another (plan.ts). */
  turns: number;
  /** By kind of node. Rounds: those in which the kind has something to say; rounds are shared, so these do not add up. */
  byOperation: Record<string, Cost>;
  /** Once a session. */
  setup: { toModelOwner: Bytes; toDataOwner: Bytes };
}

const none = (): Cost => ({
  rounds: 0,
  toModelOwner: bytes(0),
  knownAhead: bytes(0),
  toDataOwner: bytes(0),
  dealt: bytes(0),
  operations: 0,
});

const add = (sum: Cost, cost: Omit<Cost, 'rounds'>): void => {
  for (const key of ['toModelOwner', 'knownAhead', 'toDataOwner', 'dealt'] as const)
    sum[key] = bytes(sum[key] + cost[key]);
  sum.operations += cost.operations;
};

/** Of a pass; `isAhead`: one that was prepared ahead, in the run that it is used in. */
export function costOf(plan: Plan, { isAhead = false } = {}): PlanCost {
  const total: PlanCost = {
    ...none(),
    rounds: plan.rounds,
    turns: turnsOf(plan, isAhead),
    dealtToDataOwner: bytes(0),
    byOperation: {},
    setup: { toModelOwner: bytes(0), toDataOwner: bytes(0) },
  };
  const rounds = new Map<string, Set<number>>();
  for (const node of plan.nodes) {
    const { kind } = node;
    const traffic = runTraffic(node, isAhead);
    const { toModelOwner, toDataOwner, dealt } = traffic;
    const cost = {
      toModelOwner: partBytes(toModelOwner),
      knownAhead: isKnownAhead(node) ? partBytes(toModelOwner) : bytes(0),
      toDataOwner: partBytes(toDataOwner),
      dealt: partBytes(dealt),
      operations: operationsOf(node),
    };
    if (!Object.values(cost).some(Boolean)) continue;
    total.byOperation[kind] ??= none();
    const line = total.byOperation[kind];
    add(line, cost);
    add(total, cost);
    total.dealtToDataOwner = bytes(total.dealtToDataOwner + partBytes(correctionsOf(node, 'data-owner')));
    if (isSaid(traffic)) {
      const seen = rounds.get(kind) ?? new Set();
      rounds.set(kind, seen.add(node.round));
      line.rounds = seen.size;
    }
  }
  const { setup } = total;
  for (const weight of plan.weights) {
    const to = weight.owner === 'model-owner' ? 'toDataOwner' : 'toModelOwner';
    setup[to] = bytes(setup[to] + setupBytes(weight));
  }
  return total;
}

/** The bytes of the longest vector that any role holds while it walks a plan: what a device must be able to take. */
export function longestVector(plan: Plan): Bytes {
  let longest = 0;
  for (const node of plan.nodes) {
    const { toModelOwner, toDataOwner, dealt } = trafficOf(node);
    // Its own at two words: what is computed on the way may be wider than the result.
    longest = Math.max(longest, 8 * size(node.shape));
    for (const { n, bits } of [...toModelOwner, ...toDataOwner, ...dealt]) {
      longest = Math.max(longest, 4 * n * wordsFor(bits));
    }
  }
  return bytes(longest);
}
