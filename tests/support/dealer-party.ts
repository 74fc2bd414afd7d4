/** Parties that call a real server's dealer over real sockets, whose dealer does what the first bytes of a message say. */
import { randomUUID } from 'node:crypto';
import { type ClientOptions, WebSocket } from 'ws';
import type { PartyRole } from '../../src/net/code';
import { FramedChannel } from '../../src/net/frames';
import { type KeepAliveOptions, keepAlive } from '../../src/net/keepalive';
import { writeSeat } from '../../src/net/seat';
import { dealerUrl, serverSocketLink } from '../../src/net/websocket';

/** The dealer's module. */
export const STUB = new URL('./stub-worker.ts', import.meta.url);

/** A session's name at the dealer. */
export const newName = (): string => randomUUID().replaceAll('-', '');

/** A party's channel to the dealer, over a real socket. */
export function party(
  port: number,
  name: string,
  role: string,
  alive: KeepAliveOptions | false = {},
  options: ClientOptions = {},
): FramedChannel {
  const socket = new WebSocket(dealerUrl(`http://127.0.0.1:${port}/`), options);
  const link = serverSocketLink(socket, 'the connection to the server was lost');
  const ready = new Promise<void>((resolve) => socket.once('open', () => resolve()))
    // Before everything else.
    .then(() => link.send(writeSeat({ name, role: role as PartyRole })));
  // `ws` throws when it is not open yet, where a browser's link is handed out open only.
  const patient = {
    maxChunk: link.maxChunk,
    onchunk: undefined,
    onclose: undefined,
    send: (chunk: Uint8Array) => ready.then(() => link.send(chunk)),
    close: (reason: string) => link.close(reason),
  };
  Object.defineProperties(patient, {
    onchunk: { set: (listener) => (link.onchunk = listener) },
    onclose: { set: (listener) => (link.onclose = listener) },
  });
  return new FramedChannel(alive ? keepAlive(patient, alive) : patient);
}

/** What the dealer is to do; with a size, as the beginning of so many bytes. */
export function order(text: string, size = text.length) {
  const body = new Uint8Array(Math.max(size, 16));
  new TextEncoder().encodeInto(text, body);
  return {
    kind: 'control' as const,
    pass: 0,
    round: 0,
    body: size > text.length ? body : body.subarray(0, text.length),
  };
}
