/**
 * A link that lives on the page, used from a worker.
 *
 * Data channels exist only on pages, computation belongs into workers. The page keeps the link and its heartbeats
 * (`serveLink(keepAlive(link), port)`); the worker sees a link like any other (`portLink(port)`). Chunks are transferred, not
 * copied. The page tells the worker when the real pipe has taken a chunk, so the worker waits as if it held the pipe; the worker tells
 * the page when it has seen one, so that what comes while it computes does not pile up without end.
 */
import { ChannelClosed, type Link } from './channel';
import { MOST_UNREAD } from './frames';
import { BaseLink, CHUNK_BYTES, Gauge, MAX_CHUNK } from './link';

/** What browsers' and Node's message ports share. */
export interface Port {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: () => void): void;
  start(): void;
  close(): void;
}

/** `taken`: so many bytes have left the port at the other end. */
type PortMessage = { chunk: Uint8Array } | { taken: number } | { closed: string };

/**
 * Page side: forwards everything between the link and the port until either ends. Resolves (never rejects) with the reason.
 * The worker's end must use chunks of at most `link.maxChunk`. More than `mostUnread` bytes that the worker has not seen end the link.
 */
export function serveLink(link: Link, port: Port, mostUnread = MOST_UNREAD): Promise<string> {
  let unread = 0;
  listen(port, (message) => {
    if ('chunk' in message) {
      const bytes = message.chunk.length;
      link.send(message.chunk).then(
        () => post(port, { taken: bytes }),
        () => {}, // the link says why by onclose
      );
    } else if ('taken' in message) unread -= message.taken;
    else link.close(message.closed);
  });
  port.addEventListener('close', () => link.close('the worker that used the connection has ended'));
  return new Promise((resolve) => {
    link.onchunk = (chunk) => {
      unread += CHUNK_BYTES + chunk.length;
      if (unread > mostUnread) link.close(`${unread} bytes came before any were read; ${mostUnread} may wait`);
      else post(port, { chunk });
    };
    link.onclose = (reason) => {
      post(port, { closed: reason });
      port.close();
      resolve(reason);
    };
  });
}

/** Worker side: the link behind the port. */
export function portLink(port: Port, maxChunk = MAX_CHUNK): Link {
  return new PortLink(port, maxChunk);
}

class PortLink extends BaseLink {
  readonly #port: Port;
  readonly #gauge = new Gauge();

  constructor(port: Port, maxChunk: number) {
    super(maxChunk);
    this.#port = port;
    listen(port, (message) => {
      if ('chunk' in message) {
        post(port, { taken: CHUNK_BYTES + message.chunk.length });
        this.deliver(message.chunk);
      } else if ('taken' in message) this.#gauge.give(message.taken);
      else {
        this.#lost(message.closed);
        port.close();
      }
    });
    port.addEventListener('close', () => this.#lost('the page that held the connection has ended'));
  }

  send(chunk: Uint8Array): Promise<void> {
    if (this.reason !== undefined) return Promise.reject(new ChannelClosed(this.reason));
    const room = this.#gauge.take(chunk.length);
    post(this.#port, { chunk });
    return room;
  }

  close(reason: string): void {
    if (this.reason !== undefined) return;
    // The page answers with its own `closed`, and only then the port goes: what was posted before is delivered.
    post(this.#port, { closed: reason });
    this.#lost(reason);
  }

  #lost(reason: string): void {
    this.#gauge.shut(reason);
    this.end(reason);
  }
}

function listen(port: Port, listener: (message: PortMessage) => void): void {
  port.addEventListener('message', ({ data }) => listener(data as PortMessage));
  port.start();
}

function post(port: Port, message: PortMessage): void {
  if (!('chunk' in message)) {
    port.postMessage(message, []);
    return;
  }
  // A view of something larger would take the whole with it.
  const { chunk } = message;
  const whole = chunk.buffer instanceof ArrayBuffer && chunk.byteLength === chunk.buffer.byteLength;
  const own = whole ? (chunk as Uint8Array<ArrayBuffer>) : chunk.slice();
  port.postMessage({ chunk: own }, [own.buffer]);
}
