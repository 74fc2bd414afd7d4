/**
 * The hosted dealer's front door: pairs the two connections of a session and gives each pair a dealer of its own.
 *
 * How to think of it. This thread only carries bytes, counts them and watches heartbeats; the dealer computes in a worker, one a
 * session, that has nothing but its two message ports. So a dealer that computes never delays the signalling, a dealer that fails
 * takes nobody else along, and the end of a session frees all its memory.
 *
 * Whoever calls may be a stranger. A party that waits has a seat, which one who comes later may be given; a session has memory, which its
 * worker asks for before it takes it. What a client does not read makes its dealer wait; what a dealer has not read yet is bounded.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { WebSocket } from 'ws';
import type { Link } from '../src/net/channel';
import { counterpart, type PartyRole, ROLE_NAMES } from '../src/net/code';
import { type KeepAliveOptions, keepAlive } from '../src/net/keepalive';
import { BaseLink } from '../src/net/link';
import { serveLink } from '../src/net/port';
import { readSeat, SeatError } from '../src/net/seat';
import { serverSocketLink } from '../src/net/websocket';
import { Rate, Tally } from './budget';
import type { Limits } from './limits';
import type { WorkerTerms } from './work';

export interface DealersOptions {
  /** How long a connection may take to say whose it is. */
  seatMs?: number;
  keepAlive?: KeepAliveOptions;
  /** The worker's module, for tests. */
  worker?: URL;
}

interface Session {
  parties: Map<PartyRole, CountedLink>;
  /** Ends a lone party's wait, then a session that says nothing. */
  expiry?: ReturnType<typeof setTimeout>;
  worker?: Worker;
  /** Bytes of memory that it may take. */
  memory: number;
}

const LOADER = new URL('./worker.mjs', import.meta.url);
/** How long a dealer may take to say goodbye itself before its parties are cut off. */
const FAREWELL_MS = 1500;
/** What a worker takes before it deals: measured, 60 MB. */
const WORKER_BYTES = 64 << 20;
/** Of a worker's objects: the plan of a model of 200 layers takes a few dozen. */
const WORKER_HEAP_MIB = 512;

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const FULL = 'The dealer is serving as many sessions as it can. Try again later, or let a third tab deal.';

export class Dealers {
  readonly #sessions = new Map<string, Session>();
  readonly #sockets = new Set<WebSocket>();
  readonly #limits: Limits;
  readonly #seats: Tally;
  readonly #dealt: Rate;
  readonly #options: Required<DealersOptions>;

  constructor(limits: Limits, options: DealersOptions = {}) {
    this.#limits = limits;
    this.#seats = new Tally(limits['address-seats']);
    this.#dealt = new Rate(limits['address-dealt'] * GIB, 24 * 60 * 60);
    this.#options = {
      seatMs: 10_000,
      keepAlive: {},
      worker: new URL('./dealer-worker.ts', import.meta.url),
      ...options,
    };
  }

  /** Sessions that wait or run. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Bytes of memory that sessions may take at the moment. */
  get memory(): number {
    return this.#running.reduce((sum, { memory }) => sum + memory, 0);
  }

  /** Bytes that wait for parties to read them. */
  get waiting(): number {
    return [...this.#sockets].reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
  }

  get #running(): Session[] {
    return [...this.#sessions.values()].filter(({ worker }) => worker);
  }

  /** Takes in a connection once it has said whose it is, or closes it with the reason why not. */
  accept(socket: WebSocket, address: string): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    const link = serverSocketLink(socket, 'the connection was lost');
    const timer = setTimeout(() => link.close('No name of a session came.'), this.#options.seatMs);
    link.onclose = () => clearTimeout(timer);
    link.onchunk = (chunk) => {
      clearTimeout(timer);
      link.onchunk = undefined;
      link.onclose = undefined;
      try {
        const { name, role } = readSeat(chunk);
        this.#admit(name, role, address);
        socket.on('close', () => this.#seats.give(address));
        this.#join(name, role, new CountedLink(keepAlive(link, this.#options.keepAlive), address));
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof SeatError)) throw error;
        link.close(error.message);
      }
    };
  }

  #admit(name: string, role: PartyRole, address: string): void {
    if (this.#sessions.get(name)?.parties.has(role))
      throw new Refusal(`The ${ROLE_NAMES[role]} of this session is already connected to the dealer.`);
    if (!this.#seats.take(address))
      throw new Refusal(
        `Too many parties of your address are at the dealer (${this.#seats.most} may). Close some tabs.`,
      );
  }

  /** Ends all sessions. */
  close(reason: string): void {
    for (const [name, session] of this.#sessions) {
      for (const link of session.parties.values()) link.close(reason);
      this.#drop(name, session);
    }
  }

  #join(name: string, role: PartyRole, link: CountedLink): void {
    const session: Session = this.#sessions.get(name) ?? { parties: new Map(), memory: 0 };
    session.parties.set(role, link);
    if (session.parties.size === 2) {
      clearTimeout(session.expiry);
      this.#deal(name, session);
      return;
    }
    this.#makeSeat();
    this.#sessions.set(name, session);
    link.onclose = () => this.#drop(name, session);
    session.expiry = setTimeout(() => {
      link.close(
        `The ${ROLE_NAMES[counterpart(role)]} did not come to the dealer in time. Start again when both are there.`,
      );
    }, 1000 * this.#limits['seat-wait']);
  }

  /** Who has waited longest gives way: both parties of a session come within seconds, strangers come to stay. */
  #makeSeat(): void {
    const waiting = [...this.#sessions.values()].filter(({ worker }) => !worker);
    if (waiting.length < this.#limits.seats) return;
    for (const link of waiting[0]?.parties.values() ?? [])
      link.close('Your place at the dealer went to somebody who came later. Start again when both are there.');
  }

  #deal(name: string, session: Session): void {
    const { sessions, memory, unread } = this.#limits;
    const end = (reason: string) => {
      for (const link of session.parties.values()) link.close(reason);
    };
    if (this.#running.length >= sessions || this.#reserve(session, 0) !== undefined) {
      end(FULL);
      return;
    }
    const terms: WorkerTerms = {
      module: this.#options.worker.href,
      mostUnread: unread * MIB,
      mostMemory: Math.min(this.#limits['session-memory'], this.#limits['address-memory'], memory) * MIB - WORKER_BYTES,
    };
    const worker = new Worker(LOADER, {
      workerData: terms,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
    });
    session.worker = worker;
    worker.on('error', (error) => end(`the dealer failed: ${error instanceof Error ? error.message : error}`));
    worker.on('exit', () => end('the dealer ended'));
    worker.on('message', (bytes: number) => worker.postMessage(this.#reserve(session, bytes)));
    const idle = setTimeout(
      () => end(`Nothing was asked of the dealer for ${this.#limits['session-idle']} minutes. Start a new session.`),
      60_000 * this.#limits['session-idle'],
    );
    session.expiry = idle;

    const ports: [PartyRole, MessagePort][] = [];
    const timers: ReturnType<typeof setTimeout>[] = [];
    const ended = [...session.parties].map(async ([role, link]) => {
      link.onpass = (sent) => {
        idle.refresh();
        if (!this.#dealt.take(link.address, sent))
          end(`Your address was dealt ${this.#limits['address-dealt']} GiB today, the most it is. Try again tomorrow.`);
      };
      const { port1, port2 } = new MessageChannel();
      ports.push([role, port2]);
      const reason = await serveLink(link, port1, terms.mostUnread);
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

  /** Why a session may not take so many bytes for what it deals, all together; undefined, and it has them, if it may. */
  #reserve(session: Session, bytes: number): string | undefined {
    const memory = WORKER_BYTES + bytes;
    const others = this.#running.filter((other) => other !== session);
    const taken = (sessions: Session[]) => sessions.reduce((sum, { memory }) => sum + memory, 0);
    const later = 'try again later, or with fewer tokens or a smaller model';
    if (taken(others) + memory > this.#limits.memory * MIB) return `its memory is taken by other sessions: ${later}`;
    for (const { address } of session.parties.values()) {
      const own = others.filter(({ parties }) => [...parties.values()].some((link) => link.address === address));
      if (taken(own) + memory > this.#limits['address-memory'] * MIB)
        return `its memory for one address is taken: ${later}`;
    }
    session.memory = memory;
    return undefined;
  }

  #drop(name: string, session: Session): void {
    clearTimeout(session.expiry);
    session.worker?.terminate();
    if (this.#sessions.get(name) === session) this.#sessions.delete(name);
  }
}

/** A party's link that tells of every chunk, either way, and knows whose it is. */
class CountedLink extends BaseLink {
  readonly #link: Link;
  /** Hears how many bytes are sent; 0 when something came. */
  onpass: (sent: number) => void = () => {};

  constructor(
    link: Link,
    readonly address: string,
  ) {
    super(link.maxChunk);
    this.#link = link;
    link.onchunk = (chunk) => {
      this.onpass(0);
      this.deliver(chunk);
    };
    link.onclose = (reason) => this.end(reason);
  }

  send(chunk: Uint8Array): Promise<void> {
    this.onpass(chunk.length);
    return this.#link.send(chunk);
  }

  close(reason: string): void {
    this.#link.close(reason);
  }
}

class Refusal extends Error {}
