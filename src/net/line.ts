/** What a line carries, by what came over it. */

export interface Line {
  /** There and back, in milliseconds. */
  roundTripMs: number;
  /** Bits a second. */
  bandwidth: number;
}

/** A piece of a measurement's padding. */
export interface Arrival {
  /** In milliseconds, of any clock. */
  at: number;
  bytes: number;
}

/** Bits a second by the later half of what came: a connection is slow at first. 0 where too little came. */
export function rateOf(arrivals: readonly Arrival[]): number {
  const [first, ...later] = arrivals.slice(Math.floor((arrivals.length - 1) / 2));
  const last = later.at(-1);
  if (!first || !last) return 0;
  // Browsers blur their clocks to a millisecond.
  const ms = Math.max(1, last.at - first.at);
  return (8 * later.reduce((sum, { bytes }) => sum + bytes, 0)) / (ms / 1000);
}
