/** What all links have in common: keeping what comes early, and knowing how full the pipe is. */
import { ChannelClosed, type Link } from './channel';

/**
 * The longest chunk a link takes, in bytes. A chunk is also the time between two signs of life on a slow line: 64 KiB pass within the 4.5 s of
 * `keepAlive` down to 120 kbit/s, and cost no speed on a fast one.
 */
export const MAX_CHUNK = 64 * 1024;

/**
 * Of a data channel, in bytes. Chromium's SCTP sends four packets at most when it is given a chunk, whatever its window allows, and four more for
 * whatever it hears of them: in chunks of four packets a flight takes one way, in longer ones three or four there and back.
 */
export const DATA_CHUNK = 4608;

/** What a chunk that waits takes besides its bytes, about, so that many short ones count as well. */
export const CHUNK_BYTES = 64;

/** Bytes that a link usually keeps for a listener who is not there yet: a greeting at most is said before. */
export const MOST_EARLY = 1 << 20;

/** Keeps chunks, up to a limit, and the end, until somebody listens. Subclasses call `deliver` and `end`. */
export abstract class BaseLink implements Link {
  #onchunk: Link['onchunk'];
  #onclose: Link['onclose'];
  /** How many bytes to keep for a listener who is not there yet; above that the link closes. */
  maxEarlyBytes = MOST_EARLY;
  #early: Uint8Array[] = [];
  #earlyBytes = 0;
  #reason: string | undefined;
  #announced = false;

  constructor(readonly maxChunk = MAX_CHUNK) {}

  abstract send(chunk: Uint8Array): Promise<void>;
  abstract close(reason: string): void;

  get onchunk() {
    return this.#onchunk;
  }

  set onchunk(listener: Link['onchunk']) {
    this.#onchunk = listener;
    // A listener may be there for one chunk only: the others wait for the next one.
    while (this.#onchunk) {
      const chunk = this.#early.shift();
      if (!chunk) break;
      this.#earlyBytes -= CHUNK_BYTES + chunk.length;
      this.#onchunk(chunk);
    }
    this.#announce();
  }

  get onclose() {
    return this.#onclose;
  }

  set onclose(listener: Link['onclose']) {
    this.#onclose = listener;
    this.#announce();
  }

  /** Why the link is gone, once it is. */
  protected get reason(): string | undefined {
    return this.#reason;
  }

  protected deliver(chunk: Uint8Array): void {
    if (this.#reason !== undefined) return;
    if (this.#onchunk) {
      this.#onchunk(chunk);
      return;
    }
    this.#early.push(chunk);
    this.#earlyBytes += CHUNK_BYTES + chunk.length;
    if (this.#earlyBytes > this.maxEarlyBytes)
      this.close(`more than ${this.maxEarlyBytes} bytes came before anybody was there to read them`);
  }

  /** The link is gone, whoever ended it. Only the first reason counts. */
  protected end(reason: string): void {
    this.#reason ??= reason;
    this.#announce();
  }

  #announce(): void {
    if (this.#reason === undefined || this.#announced || !this.#onclose || this.#early.length > 0) return;
    this.#announced = true;
    this.#onclose(this.#reason);
  }
}

/** Counts the bytes handed over and not gone yet, and makes the sender wait above `high` until they are down to `low`. */
export class Gauge {
  #pending = 0;
  #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #shut: string | undefined;

  constructor(
    readonly high = 4 << 20,
    readonly low = 1 << 20,
  ) {}

  get pending(): number {
    return this.#pending;
  }

  /** Resolves when there is room for more; rejects with ChannelClosed when there never will be. */
  take(bytes: number): Promise<void> {
    if (this.#shut !== undefined) return Promise.reject(new ChannelClosed(this.#shut));
    this.#pending += bytes;
    if (this.#pending < this.high) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  give(bytes: number): void {
    this.#pending -= bytes;
    if (this.#pending <= this.low) for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  shut(reason: string): void {
    this.#shut ??= reason;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new ChannelClosed(reason));
  }
}

/** The next chunk alone; those behind it wait for whoever listens then. Rejects with ChannelClosed when the link ends before it comes. */
export function nextChunk(link: Link): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      link.onchunk = undefined;
      link.onclose = undefined;
    };
    link.onclose = (reason) => {
      stop();
      reject(new ChannelClosed(reason));
    };
    link.onchunk = (chunk) => {
      stop();
      resolve(chunk);
    };
  });
}
