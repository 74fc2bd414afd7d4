/** What crosses which wire in every round of a pass, from the plan alone: for people who want to see it. */
import { runTraffic } from './ahead';
import { correctionsOf } from './corrections';
import { partBytes } from './operation';
import { talks } from './operations';
import type { Plan, TalkingKind } from './plan';
import type { Traffic } from './report';

/** Bytes of one round. `dealt`: what comes from the dealer for what is computed in it. */
export interface PlannedRound extends Traffic {
  /** What of that goes to the data owner. */
  dealtToDataOwner: number;
  /** Of what goes to the data owner, what the model owner can only say when it has heard what goes the other way. */
  answered: number;
  /** Parts that all of this comes in, which do not wait for one another (strands.ts). */
  strands: number;
  /** Between the parties, by what talks; in the order in which it does. */
  byKind: Partial<Record<TalkingKind, number>>;
}

/** Rounds 0, which needs no message, to plan.rounds. `isAhead`: of a pass that was prepared ahead. */
export function timelineOf(plan: Plan, isAhead = false): PlannedRound[] {
  const rounds = Array.from(
    { length: plan.rounds + 1 },
    (): PlannedRound => ({
      ...{ toModelOwner: 0, toDataOwner: 0, dealt: 0, dealtToDataOwner: 0 },
      ...{ answered: 0, strands: plan.strands, byKind: {} },
    }),
  );
  for (const node of plan.nodes) {
    const round = rounds[node.round]!;
    const { toModelOwner, toDataOwner, dealt } = runTraffic(node, isAhead);
    const [there, back] = [partBytes(toModelOwner), partBytes(toDataOwner)];
    round.toModelOwner += there;
    round.toDataOwner += back;
    round.dealt += partBytes(dealt);
    round.dealtToDataOwner += partBytes(correctionsOf(node, 'data-owner'));
    if (!talks(node)) continue;
    round.byKind[node.kind] = (round.byKind[node.kind] ?? 0) + there + back;
    if (node.stage === 'ahead') round.answered += back;
  }
  return rounds;
}

/** The same where all that is dealt is there before. */
export const dealtBefore = <R extends { dealt: number; dealtToDataOwner: number }>(rounds: readonly R[]): R[] =>
  rounds.map((round) => ({ ...round, dealt: 0, dealtToDataOwner: 0 }));
