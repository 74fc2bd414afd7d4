/** Estimates of network time, on what was measured where something was. */
import { networkSeconds } from '../../src/mpc/cost';
import type { Line } from '../../src/net/line';
import type { Distance } from '../../src/net/probe';
import { bytes, seconds } from '../../src/ring/units';
import { ASSUMED_NETWORK } from '../../src/session/defaults';

/** What goes over the wires, and how long that takes on the assumed network. */
interface Estimated {
  turns: number;
  toModelOwner: number;
  toDataOwner: number;
  dealt: number;
  networkSeconds: number;
}

interface Estimation {
  seconds: number;
  /** What it goes by. */
  basis: string;
}

/** What was measured. */
interface Measured {
  distance?: Distance;
  fromDealer?: Line;
}

/** Of a line that was not measured, the assumption stays. */
export function networkTime(estimate: Estimated, { distance, fromDealer }: Measured): Estimation {
  const ahead = estimate.dealt > 0 ? undefined : 'what the dealer sends is prepared ahead';
  if (!distance)
    return { seconds: estimate.networkSeconds, basis: [ASSUMED_NETWORK.text, ...(ahead ? [ahead] : [])].join('; ') };
  const between = conditions(distance);
  return {
    seconds: networkSeconds(costOf(estimate), between, fromDealer ? conditions(fromDealer) : ASSUMED_NETWORK),
    basis: `measured just now: ${describe(distance)}; ${ahead ?? dealerBasis(fromDealer)}`,
  };
}

const dealerBasis = (line: Line | undefined): string =>
  `from the dealer ${line ? describe(line) : `${ASSUMED_NETWORK.text} are assumed`}`;

const conditions = ({ roundTripMs, bandwidth }: Line) => ({ bandwidth, latency: seconds(roundTripMs / 2000) });

const costOf = ({ turns, toModelOwner, toDataOwner, dealt }: Estimated) => ({
  turns,
  toModelOwner: bytes(toModelOwner),
  toDataOwner: bytes(toDataOwner),
  dealt: bytes(dealt),
});

/** How long it takes to send before a run so much of what the dealer sends. */
export const dealtSeconds = (dealt: number, { bandwidth }: Pick<Line, 'bandwidth'> = ASSUMED_NETWORK): number =>
  (8 * dealt) / bandwidth;

/** “24 ms there and back, 38 Mbit/s, direct” */
export function describe({ roundTripMs, bandwidth, way }: Line & Partial<Distance>): string {
  const round = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 2 });
  const parts = [`${round(Math.max(1, roundTripMs))} ms there and back`, `${round(bandwidth / 1e6)} Mbit/s`];
  return [...parts, ...(way ? [way] : [])].join(', ');
}
