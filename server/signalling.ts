/**
 * PeerJS signalling for strangers: the library introduces pages to each other, this file stands between it and their sockets.
 *
 * The library keeps as much as it is given. So it never sees a socket but a `Caller`, which hands on what is within the budgets, and
 * writes to nobody who does not read. What is said to a page that is not there is answered at once and not kept.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Express } from 'express';
import { ExpressPeerServer } from 'peer';
import { type WebSocket, WebSocketServer } from 'ws';
import { Rate, Tally } from './budget';
import { turnAway } from './callers';
import type { Limits } from './limits';

/** The longest message, in bytes. A description of a connection has a few KiB. */
const MOST_SIGNAL = 64 << 10;

export class Signalling {
  readonly sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_SIGNAL });
  /** Names of the pages that are here. */
  readonly #present = new Set<string>();
  readonly #ids: Tally;
  readonly #signals: Rate;
  readonly #joins: Rate;
  readonly #backlog: number;

  constructor(app: Express, http: Server, limits: Limits) {
    this.#ids = new Tally(limits['address-ids']);
    this.#signals = new Rate(limits['address-signals'], 1);
    this.#joins = new Rate(limits['address-joins'], 60);
    this.#backlog = limits.backlog * 2 ** 10;
    const peers = ExpressPeerServer(http, {
      path: '/',
      // Pages in the background may beat once a minute only.
      alive_timeout: 150_000,
      concurrent_limit: limits.ids,
      corsOptions: { origin: false },
      createWebSocketServer: () => this.sockets,
    });
    peers.on('error', () => {}); // a client's broken socket or message is its own problem
    peers.on('connection', (client) => this.#present.add(client.getId()));
    peers.on('disconnect', (client) => this.#present.delete(client.getId()));
    app.use('/peerjs', peers);
  }

  /** Bytes that wait for pages to read them. */
  get waiting(): number {
    return [...this.sockets.clients].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
  }

  accept(socket: WebSocket, request: IncomingMessage, address: string): void {
    if (!this.#ids.take(address)) {
      refuse(socket, `Too many pages of your address are open here (${this.#ids.most} may). Close some of them.`);
      return;
    }
    socket.on('close', () => this.#ids.give(address));
    const caller = new Caller(socket, this.#backlog);
    socket.on('message', (data) => {
      if (!caller.isOpen) return;
      const problem = this.#consider(data.toString(), caller, address);
      if (problem !== undefined) caller.refuse(problem);
    });
    this.sockets.emit('connection', caller, request);
  }

  /** Hands on a message, or answers it. Returns why its sender may stay no longer. */
  #consider(text: string, caller: Caller, address: string): string | undefined {
    if (!this.#signals.take(address))
      return 'Too many messages from your address at once. Wait a minute, then reload the page.';
    const { type, dst } = addressee(text);
    if (type === undefined) return 'This server speaks PeerJS. Reload the page.';
    if (type === 'OFFER' && !this.#joins.take(address))
      return `Too many joins from your address (${this.#joins.most} a minute). Wait a minute, then try again.`;
    if (dst === undefined || this.#present.has(dst)) caller.emit('message', text);
    else if (type === 'OFFER') caller.send(JSON.stringify({ type: 'EXPIRE', src: dst }));
    return undefined;
  }

  close(reason: string): void {
    for (const client of this.sockets.clients) turnAway(client, reason);
  }
}

/** What kind of message it is and for whom; neither, if it is none. */
function addressee(text: string): { type?: string; dst?: string } {
  try {
    const { type, dst } = JSON.parse(text) as { type?: unknown; dst?: unknown };
    if (typeof type !== 'string' || !['string', 'undefined'].includes(typeof dst)) return {};
    return { type, dst: dst as string | undefined };
  } catch {
    return {};
  }
}

/** PeerJS tells people what an error message says; of a socket's closing it says only that it closed. */
export function refuse(socket: WebSocket, reason: string): void {
  socket.send(JSON.stringify({ type: 'ERROR', payload: { msg: reason } }));
  turnAway(socket, reason);
}

/** A page's socket, as the library knows it. */
class Caller extends EventEmitter {
  readonly #socket: WebSocket;
  readonly #backlog: number;

  constructor(socket: WebSocket, backlog: number) {
    super();
    this.#socket = socket;
    this.#backlog = backlog;
    socket.on('close', () => this.emit('close'));
    socket.on('error', () => {}); // a close follows
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(text: string): void {
    if (!this.isOpen) return;
    const waiting = this.#socket.bufferedAmount + Buffer.byteLength(text);
    if (waiting > this.#backlog) this.refuse(`This page does not read: ${waiting} bytes wait for it. Reload it.`);
    else this.#socket.send(text);
  }

  refuse(reason: string): void {
    if (this.isOpen) refuse(this.#socket, reason);
  }

  close(): void {
    this.#socket.close();
  }
}
