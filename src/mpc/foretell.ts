/**
 * How long passes take on a network, foretold from what every round carries (timeline.ts): what pages and commands show, and what `npm run bench`
 * compares with measured passes.
 */
import { type Seconds, seconds } from '../ring/units';
import type { PlannedRound } from './timeline';

export interface NetworkConditions {
  /** Bits a second, each way, of every connection. */
  bandwidth: number;
  /** One way. */
  latency: Seconds;
}

export interface Conditions {
  between: NetworkConditions;
  /** From the dealer to the model owner; the same as between the parties where it is not said. */
  fromDealer?: NetworkConditions;
  /** From the dealer to the data owner; the same as to the model owner where it is not said. */
  fromDealerToDataOwner?: NetworkConditions;
}

/** Rounds as they matter here. */
export type TimedRound = Omit<PlannedRound, 'byKind'>;

/** Latencies before a pass's first round: the data owner asks for it, and the model owner accepts. */
const ASKED = 2;

/** Of one pass, as a session has it: asked for, accepted, and computed. */
export const foretold = (rounds: readonly TimedRound[], conditions: Conditions, computing = 0): Seconds =>
  seconds(ASKED * conditions.between.latency + foretoldWalk(rounds, conditions, computing));

/**
 * Of its rounds alone. A flight each way at once; in a round that has two turns the model owner hears the data owner's before it says the rest of its
 * own. What is computed behind it waits for what the dealer, who streams ahead in the plan's order, sent for it. Of several strands each goes its own
 * way: they share the lines, and who computes. `computing`: seconds of it, spread evenly over the rounds.
 */
export function foretoldWalk(
  rounds: readonly TimedRound[],
  { between, fromDealer = between, fromDealerToDataOwner = fromDealer }: Conditions,
  computing = 0,
): Seconds {
  const [there, back] = [lineOf(between), lineOf(between)];
  const [dealer, other] = [lineOf(fromDealer), lineOf(fromDealerToDataOwner)];
  /** When each strand is through with the rounds before. */
  const through: number[] = [];
  let computed = 0;
  for (const { toModelOwner, toDataOwner, answered, dealt, dealtToDataOwner, strands } of rounds)
    for (let strand = 0; strand < strands; strand++) {
      const begins = through[strand] ?? 0;
      const asked = there(begins, toModelOwner / strands);
      const said = back(begins, (toDataOwner - answered) / strands);
      const answer = back(asked, answered / strands);
      const arrival = Math.max(dealer(0, (dealt - dealtToDataOwner) / strands), other(0, dealtToDataOwner / strands));
      computed = Math.max(computed, begins, asked, said, answer, arrival) + computing / (rounds.length * strands);
      through[strand] = computed;
    }
  return seconds(computed);
}

/** When what is sent is there: one thing behind the other. Nothing takes no time. */
function lineOf({ bandwidth, latency }: NetworkConditions): (at: number, bytes: number) => number {
  let free = 0;
  return (at, bytes) => {
    if (bytes === 0) return at;
    free = Math.max(free, at) + (8 * bytes) / bandwidth;
    return free + latency;
  };
}

/** The computing, of both sides and the dealer, by which a pass would take as long as was measured. At least 0. */
export function computingIn(measured: number, rounds: readonly TimedRound[], conditions: Conditions): Seconds {
  let [least, most] = [0, measured];
  if (foretoldWalk(rounds, conditions) >= measured) return seconds(0);
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (least + most) / 2;
    if (foretoldWalk(rounds, conditions, middle) < measured) least = middle;
    else most = middle;
  }
  return seconds(most);
}

/** To a billionth of what was measured. */
const HALVINGS = 30;
