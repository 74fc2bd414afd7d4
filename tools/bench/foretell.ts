/** What a pass takes on a network, round by round: finer than `networkSeconds` (src/mpc/cost.ts), which knows sums only. */
import type { NetworkConditions } from '../../src/mpc/cost';
import { partBytes } from '../../src/mpc/operation';
import { talks, trafficOf } from '../../src/mpc/operations';
import type { Plan } from '../../src/mpc/plan';

/**
 * Seconds. A round is a flight each way at once; in one that has two turns the model owner hears the data owner's before it says the rest of its own. What is
 * computed behind it waits for what the dealer, who streams ahead in the plan's order, sent for it. `compute`: seconds of computing, spread
 * evenly over the rounds.
 */
export function foretold(plan: Plan, { bandwidth, latency }: NetworkConditions, compute: number): number {
  const line = (bytes: number) => (8 * bytes) / bandwidth;
  const rounds = Array.from({ length: plan.rounds + 1 }, () => ({
    ...{ toModelOwner: 0, toDataOwner: 0, dealt: 0 },
    /** Of what goes to the data owner, said in the second turn. */
    answered: 0,
    turns: 1,
  }));
  for (const node of plan.nodes) {
    const round = rounds[node.round]!;
    const isAnswer = talks(node) && node.stage === 'ahead';
    for (const [to, parts] of Object.entries(trafficOf(node))) {
      const bytes = partBytes(parts);
      round[to as 'toModelOwner' | 'toDataOwner' | 'dealt'] += bytes;
      if (isAnswer && to === 'toDataOwner') round.answered += bytes;
    }
    if (isAnswer) round.turns = 2;
  }
  let dealt = 0;
  let now = 0;
  for (const [i, { toModelOwner, toDataOwner, answered, turns, dealt: more }] of rounds.entries()) {
    dealt += more;
    const flight = line(Math.max(toModelOwner, toDataOwner - answered) + answered) + (i > 0 ? turns * latency : 0);
    now = Math.max(now + flight, dealt > 0 ? line(dealt) + latency : 0) + compute / rounds.length;
  }
  return now;
}
