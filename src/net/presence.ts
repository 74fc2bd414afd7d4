/**
 * What the person at the other end is at, so that nobody wonders why nothing comes: a word on a data channel of its own, beside the protocol's.
 *
 * Nothing depends on it. A word that is not one of these, or comes too soon after the last, is not heard; each is said again every few seconds,
 * since what is said before the other side's channel is there is lost.
 */

/** The same number on both sides, beyond what a connection gives by itself; the probe has the one before. */
const STREAM = 101;
const AGAIN_MS = 5000;
/** Words that come faster are not heard. */
const LEAST_MS = 250;

export const DOINGS = ['choosing', 'reading', 'calibrating', 'settled'] as const;

/** choosing: data or a model; reading: a file; calibrating: a model; settled: nothing more to choose it by. */
export type Doing = (typeof DOINGS)[number];

export interface Presence {
  doing: Doing;
  /** The page has been in the background for a while. */
  away: boolean;
}

export class PresenceChannel {
  readonly #channel: RTCDataChannel;
  readonly #again: ReturnType<typeof setInterval>;
  #own: Presence | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  /** Hears what the other side says of itself. */
  onheard: ((presence: Presence) => void) | undefined;

  /** To be made on both sides once the connection is open. */
  constructor(connection: Pick<RTCPeerConnection, 'createDataChannel'>) {
    this.#channel = connection.createDataChannel('presence', { negotiated: true, id: STREAM });
    this.#channel.addEventListener('open', () => this.#send());
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data));
    this.#channel.addEventListener('close', () => clearInterval(this.#again));
    this.#again = setInterval(() => this.#send(), AGAIN_MS);
  }

  say(presence: Presence): void {
    this.#own = presence;
    this.#send();
  }

  #hear(data: unknown): void {
    const now = performance.now();
    const presence = readPresence(data);
    if (!presence || now - this.#heardAt < LEAST_MS) return;
    this.#heardAt = now;
    this.onheard?.(presence);
  }

  #send(): void {
    if (this.#own && this.#channel.readyState === 'open') this.#channel.send(JSON.stringify(this.#own));
  }
}

/** What the other side said, as far as it is a presence. */
export function readPresence(data: unknown): Presence | undefined {
  if (typeof data !== 'string' || data.length > 100) return undefined;
  try {
    const { doing, away } = JSON.parse(data);
    return DOINGS.includes(doing) && typeof away === 'boolean' ? { doing, away } : undefined;
  } catch {
    return undefined;
  }
}
