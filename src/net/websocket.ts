/** WebSockets as links: the browser's, and on the server those of `ws`. A close carries its reason natively. */
import type { WebSocket as ServerSocket } from 'ws';
import { ChannelClosed, type Link } from './channel';
import { BaseLink, Gauge } from './link';
import { type Seat, writeSeat } from './seat';
import { isThisMachine } from './this-machine';

const CLOSE_CODE = 4000;
const MAX_CLOSE_REASON_BYTES = 123;
const POLL_MS = 20;

/** Where a party reaches the dealer of the server that `page` came from. Who it is and for which session, it says there (seat.ts). */
export function dealerUrl(page: string | URL): string {
  const url = new URL('/dealer', page);
  url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
  return url.href;
}

/** Whether what goes there can be read on the way: it is neither encrypted nor stays on this machine. */
function isReadable({ protocol, hostname }: URL): boolean {
  return protocol !== 'wss:' && !isThisMachine(hostname);
}

/**
 * Connects, from a browser, and takes a seat. Rejects with ChannelClosed, whose message says what to do; over a line that others can read,
 * always.
 */
export async function openWebSocket(url: string, seat: Seat, timeoutMs = 20_000): Promise<Link> {
  const { host } = new URL(url);
  if (isReadable(new URL(url)))
    throw new ChannelClosed(
      `The way to the dealer on ${host} is not encrypted, and seeds would go over it. Open the page by https.`,
    );
  const socket = new WebSocket(url);
  const link = browserSocketLink(socket, `the connection to the server ${host} was lost`);
  return new Promise((resolve, reject) => {
    const fail = () => {
      clearTimeout(timer);
      socket.close();
      reject(new ChannelClosed(`The server ${host} cannot be reached. Check that it is running, then try again.`));
    };
    const timer = setTimeout(fail, timeoutMs);
    socket.addEventListener('open', () => {
      clearTimeout(timer);
      socket.removeEventListener('close', fail);
      link.send(writeSeat(seat)).catch(() => {});
      resolve(link);
    });
    socket.addEventListener('close', fail);
  });
}

/** `lost` is the reason given when the socket ends without one. */
export function browserSocketLink(socket: WebSocket, lost: string): Link {
  // Browsers do not tell when their buffer empties. The way to the server carries little, so a look now and then will do.
  const transmit = (chunk: Uint8Array, sent: () => void) => {
    socket.send(chunk as Uint8Array<ArrayBuffer>);
    const look = () => (socket.bufferedAmount < MAX_BROWSER_BUFFER ? sent() : setTimeout(look, POLL_MS));
    look();
  };
  return new SocketLink(socket, transmit, lost);
}

const MAX_BROWSER_BUFFER = 1 << 20;

export function serverSocketLink(socket: ServerSocket, lost: string): SocketLink {
  // After an error there is no room any more: a close follows.
  return new SocketLink(socket, (chunk, sent) => socket.send(chunk, (error) => error || sent()), lost);
}

interface AnySocket {
  binaryType: string;
  close(code: number, reason: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { reason: string }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}

export class SocketLink extends BaseLink {
  readonly #socket: AnySocket;
  readonly #transmit: (chunk: Uint8Array, sent: () => void) => void;
  readonly #gauge = new Gauge();

  constructor(socket: AnySocket, transmit: (chunk: Uint8Array, sent: () => void) => void, lost: string) {
    super();
    this.#socket = socket;
    this.#transmit = transmit;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }) => {
      if (data instanceof ArrayBuffer) this.deliver(new Uint8Array(data));
      else this.close('only binary messages are understood here');
    });
    socket.addEventListener('close', ({ reason }) => this.#lost(reason || lost));
    socket.addEventListener('error', () => {}); // a close follows, and `ws` throws where nobody listens
  }

  send(chunk: Uint8Array): Promise<void> {
    if (this.reason !== undefined) return Promise.reject(new ChannelClosed(this.reason));
    const room = this.#gauge.take(chunk.length);
    this.#transmit(chunk, () => this.#gauge.give(chunk.length));
    return room;
  }

  close(reason: string): void {
    if (this.reason !== undefined) return;
    this.#socket.close(CLOSE_CODE, cut(reason, MAX_CLOSE_REASON_BYTES));
    this.#lost(reason);
  }

  #lost(reason: string): void {
    this.#gauge.shut(reason);
    this.end(reason);
  }
}

/** The longest beginning of the text that fits, in whole characters. */
function cut(text: string, maxBytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}
