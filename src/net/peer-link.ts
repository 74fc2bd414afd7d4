/**
 * The data channel of a PeerJS connection as a link. PeerJS only introduces the two: once its connection is open, the channel is used itself,
 * because PeerJS watches its send buffer with a timer, and timers crawl in hidden tabs, while `bufferedamountlow` does not.
 */
import type { DataConnection } from 'peerjs';
import { ChannelClosed } from './channel';
import type { Reached } from './door';
import { BaseLink, DATA_CHUNK } from './link';
import { PresenceChannel } from './presence';
import { Probe } from './probe';

const HIGH_WATER = 4 << 20;
const LOW_WATER = 1 << 20;
const LINGER_MS = 10_000;
/** What a stranger may send before it has proved anything, in bytes. */
const STRANGER_BYTES = 1024;
const HUNG_UP = 'the other side closed its page or lost its network';

/** The data channel of an open PeerJS connection. Must be made in its `open` event, before the first chunk can come. */
export class PeerLink extends BaseLink {
  /** Resolves when the data channel itself is closed: after the last chunk of a link that this side closed. */
  readonly gone: Promise<void>;
  readonly #connection: DataConnection;
  readonly #data: RTCDataChannel;
  #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #resolveGone!: () => void;
  readonly #leave = () => this.#connection.close();

  constructor(connection: DataConnection) {
    super(DATA_CHUNK);
    this.maxEarlyBytes = STRANGER_BYTES;
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#connection = connection;
    const data = connection.dataChannel;
    this.#data = data;
    data.binaryType = 'arraybuffer';
    data.bufferedAmountLowThreshold = LOW_WATER;
    data.addEventListener('message', ({ data: chunk }) => {
      if (chunk instanceof ArrayBuffer) this.deliver(new Uint8Array(chunk));
      else this.close('only binary messages are understood here');
    });
    data.addEventListener('bufferedamountlow', () => {
      for (const waiter of this.#waiters.splice(0)) waiter.resolve();
    });
    const hungUp = () => {
      this.#lost(HUNG_UP);
      this.#resolveGone();
    };
    data.addEventListener('close', hungUp);
    connection.on('close', hungUp);
    // A page that goes away hangs up, so that the other side need not wait for the silence.
    addEventListener('pagehide', this.#leave);
  }

  /** Beside the link; for somebody who has proved to be invited. */
  beside(): Pick<Reached, 'probe' | 'presence'> {
    const { peerConnection } = this.#connection;
    return { probe: new Probe(peerConnection), presence: new PresenceChannel(peerConnection) };
  }

  get open(): boolean {
    return this.reason === undefined;
  }

  send(chunk: Uint8Array): Promise<void> {
    if (this.reason !== undefined) return Promise.reject(new ChannelClosed(this.reason));
    try {
      this.#data.send(chunk as Uint8Array<ArrayBuffer>);
    } catch {
      // It is closing already, and its event is on the way.
      this.#lost(HUNG_UP);
      return Promise.reject(new ChannelClosed(HUNG_UP));
    }
    if (this.#data.bufferedAmount < HIGH_WATER) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  close(reason: string): void {
    if (this.reason !== undefined) return;
    // The channel's own close sends what is buffered first; the connection's would drop it.
    this.#data.close();
    this.#linger(Number.POSITIVE_INFINITY);
    this.#lost(reason);
  }

  /** Lets the last chunks go out, as long as they do, and the goodbye behind them. */
  #linger(buffered: number): void {
    setTimeout(() => {
      const left = this.#data.bufferedAmount;
      if (this.#data.readyState === 'closing' && left > 0 && left < buffered) {
        this.#linger(left);
        return;
      }
      this.#connection.close();
      this.#resolveGone();
    }, LINGER_MS);
  }

  #lost(reason: string): void {
    if (this.reason !== undefined) return;
    removeEventListener('pagehide', this.#leave);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new ChannelClosed(reason));
    this.end(reason);
  }
}
