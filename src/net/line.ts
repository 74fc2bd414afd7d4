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

/**
 * As long as a line's rate is looked at, in milliseconds, at least. On a far line what is sent waits for what was received of it before, and comes in bursts with
 * pauses between them that a run's larger flights do not have; what comes of a page that was busy comes in one piece, however long it took.
 */
const MOMENT = 50;

/**
 * Bits a second in the fastest moment of the later half of what came: a connection is slow at first, and far ones have pauses. Of all of that half where it is shorter. 0 where too
 * little came.
 */
export function rateOf(arrivals: readonly Arrival[]): number {
  const later = arrivals.slice(Math.floor((arrivals.length - 1) / 2));
  const [first, last] = [later[0], later.at(-1)];
  if (!first || !last || later.length < 2) return 0;
  // Browsers blur their clocks to a millisecond.
  const rate = (bytes: number, ms: number) => (8 * bytes) / (Math.max(1, ms) / 1000);
  if (last.at - first.at <= MOMENT)
    return rate(
      later.slice(1).reduce((sum, { bytes }) => sum + bytes, 0),
      last.at - first.at,
    );
  let most = 0;
  /** The first of a moment, and what came in it. */
  const moment: Arrival[] = [];
  let bytes = -first.bytes;
  for (const arrival of later) {
    moment.push(arrival);
    bytes += arrival.bytes;
    for (let [start, next] = moment; start && next; [start, next] = moment) {
      if (arrival.at - start.at < MOMENT) break;
      most = Math.max(most, rate(bytes, arrival.at - start.at));
      moment.shift();
      bytes -= next.bytes;
    }
  }
  return most;
}
