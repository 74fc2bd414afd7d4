/**
 * Signs of life. A vanished browser does not hang up, and a data channel takes half a minute to notice.
 *
 * Heartbeats belong where the pipe ends, on the page, and not in the worker that uses it: a worker in the middle of a long
 * computation is busy, not dead. They are empty chunks, so they cost the counters nothing and every reader skips them.
 */

import type { Link } from './channel';
import { BaseLink } from './link';

export interface KeepAliveOptions {
  /** After so many milliseconds without sending, send a heartbeat. */
  beatMs?: number;
  /** After so many milliseconds without hearing anything, close. */
  silenceMs?: number;
}

/** Wraps a link: beats for this side, and closes it when the other side falls silent. Both sides must be wrapped. */
export function keepAlive(link: Link, { beatMs = 1000, silenceMs = 4500 }: KeepAliveOptions = {}): BaseLink {
  return new KeptAlive(link, beatMs, silenceMs);
}

class KeptAlive extends BaseLink {
  readonly #link: Link;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #beatMs: number;
  readonly #silenceMs: number;
  #lastSent = performance.now();
  #lastTick = performance.now();
  #silentMs = 0;

  constructor(link: Link, beatMs: number, silenceMs: number) {
    super(link.maxChunk);
    this.#link = link;
    this.#beatMs = beatMs;
    this.#silenceMs = silenceMs;
    this.#timer = setInterval(() => this.#tick(), beatMs / 2);
    link.onchunk = (chunk) => {
      this.#silentMs = 0;
      // Answering what comes keeps a hidden page alive when the browser lets its timers run once a minute only.
      this.#beatIfDue();
      if (chunk.length > 0) this.deliver(chunk);
    };
    link.onclose = (reason) => {
      clearInterval(this.#timer);
      this.end(reason);
    };
  }

  send(chunk: Uint8Array): Promise<void> {
    this.#lastSent = performance.now();
    return this.#link.send(chunk);
  }

  close(reason: string): void {
    clearInterval(this.#timer);
    this.#link.close(reason);
  }

  #tick(): void {
    const now = performance.now();
    // A tick that comes very late means that this side slept; what the other side sent meanwhile may be waiting behind it.
    this.#silentMs += Math.min(now - this.#lastTick, 2 * this.#beatMs);
    this.#lastTick = now;
    if (this.#silentMs > this.#silenceMs)
      this.close(`the other side has been silent for ${Number((this.#silenceMs / 1000).toFixed(3))} s`);
    else this.#beatIfDue();
  }

  #beatIfDue(): void {
    // Ticks come a little early or late; without the slack every second beat would wait for the tick after.
    if (performance.now() - this.#lastSent >= 0.9 * this.#beatMs) this.send(new Uint8Array(0)).catch(() => {});
  }
}
