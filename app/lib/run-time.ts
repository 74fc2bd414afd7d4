/** Estimates of time, on what was measured where something was. */
import { type Conditions, computingIn, foretold, type TimedRound } from '../../src/mpc/foretell';
import type { PartyRole } from '../../src/net/code';
import type { Line } from '../../src/net/line';
import type { Distance } from '../../src/net/probe';
import { seconds } from '../../src/ring/units';
import { ASSUMED_NETWORK } from '../../src/session/defaults';
import type { PlannedPasses } from '../../src/session/messages';
import { counted, formatSeconds } from './format';

export interface Estimation {
  seconds: number;
  /** What it goes by. */
  basis: string;
}

/** What was measured. */
interface Measured {
  distance?: Distance;
  fromDealer?: FromDealer;
}

/** The dealer's lines to the parties. */
export type FromDealer = Partial<Record<PartyRole, Line>>;

/** A data owner that the dealer reaches less than half as fast is not dealt to: the other line alone is faster. */
export function dealtTo({ fromDealer = {} }: Measured): 'model-owner' | undefined {
  const { 'data-owner': own, 'model-owner': other } = fromDealer;
  return own && other && 2 * own.bandwidth < other.bandwidth ? 'model-owner' : undefined;
}

/** A pass that was computed. */
export interface MeasuredPass {
  rounds: readonly TimedRound[];
  sequences: number;
  seconds: number;
}

/** Of the network alone, or with computing at the rate of a pass that was. Of a line that was not measured, the assumption stays. */
export function runTime(passes: readonly PlannedPasses[], measured: Measured, before?: MeasuredPass): Estimation {
  const conditions = conditionsOf(measured);
  const computing = before && computingIn(before.seconds, before.rounds, conditions) / before.sequences;
  const all = passes.reduce(
    (sum, { rounds, sequences, count }) => sum + count * foretold(rounds, conditions, sequences * (computing ?? 0)),
    0,
  );
  const network = basisOf(
    measured,
    passes.some(({ rounds }) => isDealt(rounds)),
  );
  if (!before) return { seconds: all, basis: network };
  const took = `${counted(before.sequences, 'text')} took ${formatSeconds(before.seconds)}`;
  return { seconds: all, basis: `${took}; ${network}` };
}

/** A pass, if it had so many texts as this run's have, of `least`: a smaller one computes less of the time than it does other things. */
export const fitting = (pass: MeasuredPass | undefined, sequences: number, least: number): MeasuredPass | undefined =>
  pass && pass.sequences >= Math.min(least, sequences) ? pass : undefined;

const isDealt = (rounds: readonly TimedRound[]): boolean => rounds.some(({ dealt }) => dealt > 0);

/** Of a line that was not measured, what is assumed of every one. */
export function conditionsOf({ distance, fromDealer = {} }: Measured): Conditions {
  const of = ({ roundTripMs, bandwidth }: Line) => ({ bandwidth, latency: seconds(roundTripMs / 2000) });
  const dealer = (role: PartyRole) => (fromDealer[role] ? of(fromDealer[role]) : ASSUMED_NETWORK);
  return {
    between: distance ? of(distance) : ASSUMED_NETWORK,
    fromDealer: dealer('model-owner'),
    fromDealerToDataOwner: dealer('data-owner'),
  };
}

function basisOf({ distance, fromDealer = {} }: Measured, isAwaited: boolean): string {
  const lines = Object.values(fromDealer);
  // Where it deals to both, the slower one is waited for.
  const slower = dealtTo({ fromDealer })
    ? fromDealer['model-owner']
    : lines.toSorted((a, b) => a.bandwidth - b.bandwidth)[0];
  const dealer = `from the dealer ${slower ? describe(slower) : `${ASSUMED_NETWORK.text} are assumed`}`;
  if (!distance && !slower)
    return [ASSUMED_NETWORK.text, ...(isAwaited ? [] : ['what the dealer sends is prepared ahead'])].join('; ');
  const between = distance ? `measured just now: ${describe(distance)}` : `${ASSUMED_NETWORK.text} are assumed`;
  return `${between}; ${isAwaited ? dealer : 'what the dealer sends is prepared ahead'}`;
}

/** How long it takes to send before a run so much of what the dealer sends. */
export const dealtSeconds = (dealt: number, { bandwidth }: Pick<Line, 'bandwidth'> = ASSUMED_NETWORK): number =>
  (8 * dealt) / bandwidth;

/** “24 ms there and back, 38 Mbit/s, direct” */
export function describe({ roundTripMs, bandwidth, way }: Line & Partial<Distance>): string {
  const round = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
  const parts = [`${round(Math.max(1, roundTripMs))} ms there and back`, `${round(bandwidth / 1e6)} Mbit/s`];
  return [...parts, ...(way ? [way] : [])].join(', ');
}
