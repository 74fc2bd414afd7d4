/**
 * A batch in strands: parts of it that are walked side by side, round by round, so that one computes while what the other says is on its way.
 *
 * How to think of it. A pass is a conversation in which both sides wait: for the line, and for each other's computing. Two halves of a batch
 * hold the same conversation, half as loud, and each fills the other's pauses. Nothing else changes: every node is of one strand, nodes of
 * all strands have masks of their own, and a round has a flight of each strand, in their order. Both sides and the dealer keep to it,
 * so that every message is foreseen as before. Rounds do not add up: no flight waits for one of a later place.
 */
import type { Plan, PlanNode } from './plan';

/** Which flight of a pass, of those that go one way. */
export interface FlightPlace {
  round: number;
  strand: number;
}

/** All of a pass, in their order. */
export function* flightsOf({ rounds, strands }: Plan): Generator<FlightPlace> {
  for (let round = 0; round <= rounds; round++)
    for (let strand = 0; strand < strands; strand++) yield { round, strand };
}

/** What is said and computed then. */
export const nodesOf = ({ nodes }: Plan, { round, strand }: FlightPlace): PlanNode[] =>
  nodes.filter((node) => node.round === round && node.strand === strand);

/** Lets flights of several strands be written, or read, in their order and one at a time. */
export class InOrder {
  /** How many flights are through, of those before which all are. */
  private through = 0;
  private readonly done = new Set<number>();
  private readonly waiting = new Map<number, () => void>();

  constructor(private readonly strands: number) {}

  /** Resolves when all flights before this one are through. Rejects with the signal's reason. */
  async turn(place: FlightPlace, signal: AbortSignal): Promise<void> {
    const at = this.indexOf(place);
    while (this.through < at) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const refuse = () => reject(signal.reason);
        signal.addEventListener('abort', refuse, { once: true });
        this.waiting.set(at, () => {
          signal.removeEventListener('abort', refuse);
          resolve();
        });
      });
    }
  }

  /** This one is, or there is none. */
  pass(place: FlightPlace): void {
    this.done.add(this.indexOf(place));
    while (this.done.delete(this.through)) this.through++;
    const next = this.waiting.get(this.through);
    this.waiting.delete(this.through);
    next?.();
  }

  private indexOf({ round, strand }: FlightPlace): number {
    return round * this.strands + strand;
  }
}

/** How long a party waits, that is how long all of its strands do: where one computes, it does not. */
export class Waiting {
  readonly seconds = { peer: 0, dealer: 0 };
  /** What each strand waits for: to say something and to hear something, maybe. */
  private readonly pending: number[];
  private since = 0;

  constructor(strands: number) {
    this.pending = new Array<number>(strands).fill(0);
  }

  /** One strand waits for this, which says what for. A time in which all wait is that of who is through first. */
  async during<T>(strand: number, what: 'peer' | 'dealer', work: Promise<T>): Promise<T> {
    this.add(strand, 1);
    try {
      return await work;
    } finally {
      const before = this.isIdle;
      this.add(strand, -1);
      if (before && !this.isIdle) this.seconds[what] += (performance.now() - this.since) / 1000;
    }
  }

  private add(strand: number, one: 1 | -1): void {
    const before = this.isIdle;
    this.pending[strand]! += one;
    if (this.isIdle && !before) this.since = performance.now();
  }

  private get isIdle(): boolean {
    return this.pending.every((things) => things > 0);
  }
}
