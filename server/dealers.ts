/**
 * The hosted dealer's front door: pairs the two connections of a session and gives each pair a dealer of its own.
 *
 * How to think of it. This thread only carries bytes and watches heartbeats; the dealer computes in a worker, one a session,
 * that has nothing but its two message ports. So a dealer that computes never delays the signalling, a dealer that fails takes
 * nobody else along, and the end of a session frees all its memory.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { WebSocket } from 'ws';
import type { Link } from '../src/net/channel';
import { counterpart, type PartyRole, ROLE_NAMES } from '../src/net/code';
import { type KeepAliveOptions, keepAlive } from '../src/net/keepalive';
import { serveLink } from '../src/net/port';
import { LONGEST_SEAT, readSeat, SeatError } from '../src/net/seat';
import { serverSocketLink } from '../src/net/websocket';

export interface DealersOptions {
  /** Sessions that are waiting or being served at the same time. */
  maxSessions?: number;
  /** How long a connection may take to say whose it is. */
  seatMs?: number;
  /** How long one party may wait for the other. */
  unpairedMs?: number;
  /** New connections from one address within a minute. */
  perMinute?: number;
  /** What a party may send before the other is there, in bytes. */
  maxEarlyBytes?: number;
  keepAlive?: KeepAliveOptions;
  /** The worker's module, for tests. */
  worker?: URL;
}

interface Session {
  parties: Map<PartyRole, Link>;
  expiry?: ReturnType<typeof setTimeout>;
  worker?: Worker;
}

const LOADER = new URL('./worker.mjs', import.meta.url);
/** How long a dealer may take to say goodbye itself before its parties are cut off. */
const FAREWELL_MS = 1500;

export class Dealers {
  readonly #sessions = new Map<string, Session>();
  readonly #recent = new Map<string, number>();
  readonly #options: Required<DealersOptions>;
  readonly #minute: ReturnType<typeof setInterval>;

  constructor(options: DealersOptions = {}) {
    this.#options = {
      maxSessions: 64,
      seatMs: 10_000,
      unpairedMs: 10 * 60_000,
      perMinute: 60,
      maxEarlyBytes: 1 << 20,
      keepAlive: {},
      worker: new URL('./dealer-worker.ts', import.meta.url),
      ...options,
    };
    this.#minute = setInterval(() => this.#recent.clear(), 60_000);
    this.#minute.unref();
  }

  /** Sessions that wait or run. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Takes in a connection once it has said whose it is, or closes it with the reason why not. */
  accept(socket: WebSocket, address: string): void {
    const link = serverSocketLink(socket, 'the connection was lost');
    link.maxEarlyBytes = LONGEST_SEAT;
    const timer = setTimeout(() => link.close('No name of a session came.'), this.#options.seatMs);
    link.onclose = () => clearTimeout(timer);
    link.onchunk = (chunk) => {
      clearTimeout(timer);
      link.onchunk = undefined;
      link.onclose = undefined;
      link.maxEarlyBytes = this.#options.maxEarlyBytes;
      try {
        const { name, role } = readSeat(chunk);
        this.#admit(name, role, address);
        this.#join(name, role, link);
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof SeatError)) throw error;
        link.close(error.message);
      }
    };
  }

  #admit(name: string, role: PartyRole, address: string): void {
    const { maxSessions, perMinute } = this.#options;
    const calls = (this.#recent.get(address) ?? 0) + 1;
    this.#recent.set(address, calls);
    if (calls > perMinute) throw new Refusal('Too many connections from this address. Wait a minute.');
    const session = this.#sessions.get(name);
    if (session?.parties.has(role))
      throw new Refusal(`The ${ROLE_NAMES[role]} of this session is already connected to the dealer.`);
    if (!session && this.#sessions.size >= maxSessions)
      throw new Refusal('The dealer is serving as many sessions as it can. Try again later.');
  }

  /** Ends all sessions. */
  close(reason: string): void {
    clearInterval(this.#minute);
    for (const [name, session] of this.#sessions) {
      for (const link of session.parties.values()) link.close(reason);
      this.#drop(name, session);
    }
  }

  #join(name: string, role: PartyRole, socket: Link): void {
    const session: Session = this.#sessions.get(name) ?? { parties: new Map() };
    this.#sessions.set(name, session);
    const link = keepAlive(socket, this.#options.keepAlive);
    link.maxEarlyBytes = this.#options.maxEarlyBytes;
    session.parties.set(role, link);
    if (session.parties.size === 2) {
      clearTimeout(session.expiry);
      this.#deal(name, session);
      return;
    }
    link.onclose = () => this.#drop(name, session);
    session.expiry = setTimeout(() => {
      link.close(
        `The ${ROLE_NAMES[counterpart(role)]} did not come to the dealer in time. Start again when both are there.`,
      );
    }, this.#options.unpairedMs);
  }

  #deal(name: string, session: Session): void {
    const worker = new Worker(LOADER, { workerData: { module: this.#options.worker.href }, execArgv: [] });
    session.worker = worker;
    const end = (reason: string) => {
      for (const link of session.parties.values()) link.close(reason);
    };
    worker.on('error', (error) => end(`the dealer failed: ${error instanceof Error ? error.message : error}`));
    worker.on('exit', () => end('the dealer ended'));

    const ports: [PartyRole, MessagePort][] = [];
    const timers: ReturnType<typeof setTimeout>[] = [];
    const ended = [...session.parties].map(async ([role, link]) => {
      const { port1, port2 } = new MessageChannel();
      ports.push([role, port2]);
      const reason = await serveLink(link, port1);
      // The dealer says goodbye to the other one itself, unless it is too busy.
      timers.push(setTimeout(end, FAREWELL_MS, `the ${ROLE_NAMES[role]} left: ${reason}`));
    });
    worker.postMessage(
      Object.fromEntries(ports),
      ports.map(([, port]) => port),
    );
    Promise.all(ended).then(() => {
      for (const timer of timers) clearTimeout(timer);
      this.#drop(name, session);
    });
  }

  #drop(name: string, session: Session): void {
    clearTimeout(session.expiry);
    session.worker?.terminate();
    if (this.#sessions.get(name) === session) this.#sessions.delete(name);
  }
}

class Refusal extends Error {}
