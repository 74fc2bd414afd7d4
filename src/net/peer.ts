/**
 * Data channels between two pages, found through the signalling server by PeerJS.
 *
 * How to think of it. PeerJS only introduces the two: once its connection is open, this file uses the data channel itself,
 * because PeerJS watches its send buffer with a timer, and timers crawl in hidden tabs, while `bufferedamountlow` does not.
 * The one who has the code first hosts, the other joins. The host decides who may come in, and its first chunk says so: an
 * empty one is welcome, a goodbye frame is the reason why not.
 */
import { type DataConnection, Peer, type PeerOptions } from 'peerjs';
import { ChannelClosed, type Link } from './channel';
import { isPartyRole, type PartyRole, peerId, ROLE_NAMES, showCode } from './code';
import { FramedChannel, readGoodbye } from './frames';
import { BaseLink } from './link';

const HIGH_WATER = 4 << 20;
const LOW_WATER = 1 << 20;
/** A heartbeat, to any reader but the one who waits at the door. */
const WELCOME = new Uint8Array(0);
const LINGER_MS = 10_000;
/** How long somebody who was turned away may take to hang up. */
const FAREWELL_MS = 3000;
const HUNG_UP = 'the other side closed its page or lost its network';

export interface Signalling {
  host: string;
  port: number;
  secure: boolean;
  path?: string;
  /** STUN and TURN servers; none are needed within one network. */
  iceServers?: RTCIceServer[];
  /** How long to wait for the server, and then for the other page. Default 20 s. */
  timeoutMs?: number;
}

/** The signalling server that a page came from. */
export function signallingAt(page: string | URL, iceServers: RTCIceServer[] = []): Signalling {
  const { protocol, hostname, port } = new URL(page);
  const secure = protocol === 'https:';
  return { host: hostname, port: Number(port) || (secure ? 443 : 80), secure, iceServers };
}

export interface Guest {
  role: PartyRole;
  link: Link;
}

export interface Host {
  /** The next guest who was let in. Rejects with ChannelClosed when the host closes. */
  next(): Promise<Guest>;
  /** No more guests. Links that are open stay open. */
  close(reason: string): void;
}

/** Waits under a code for the other party. Rejects with ChannelClosed, whose message says what to do. */
export function hostLink(code: string, role: PartyRole, signalling: Signalling): Promise<Host> {
  return openHost(peerId(code, 'host'), signalling, (guest, present) => {
    if (guest === role)
      return `Both sides chose to be the ${ROLE_NAMES[role]}. One of the two has to choose the other role.`;
    if (present.size > 0)
      return 'Two people are already connected under this code. If one of them was you, wait a few seconds and try again; else ask for a new code.';
    return undefined;
  });
}

/** Goes to who waits under a code. Rejects with ChannelClosed, whose message says what to do. */
export function joinLink(code: string, role: PartyRole, signalling: Signalling): Promise<Link> {
  const missing = `Nobody is waiting under the code ${showCode(code)}. Check the code, and that the other person's page is open.`;
  return join(peerId(code, 'host'), role, signalling, missing);
}

/** Waits, as the dealer in a third tab, for one party of each role. */
export function hostDealer(code: string, signalling: Signalling): Promise<Host> {
  return openHost(peerId(code, 'dealer'), signalling, (guest, present) =>
    present.has(guest) ? `A ${ROLE_NAMES[guest]} is already connected to this dealer.` : undefined,
  );
}

/** Goes to the dealer who waits under a code. */
export function joinDealer(code: string, role: PartyRole, signalling: Signalling): Promise<Link> {
  const missing = `No dealer is waiting under the code ${showCode(code)}. Open the dealer's page first, with the same code.`;
  return join(peerId(code, 'dealer'), role, signalling, missing);
}

type Admission = (guest: PartyRole, present: ReadonlyMap<PartyRole, Link>) => string | undefined;

async function openHost(id: string, signalling: Signalling, refuse: Admission): Promise<Host> {
  const peer = await openPeer(
    id,
    signalling,
    'This code is already being hosted. Create a new one, or join with it instead.',
  );
  const present = new Map<PartyRole, PeerLink>();
  const arrived: Guest[] = [];
  const waiting: { resolve: (guest: Guest) => void; reject: (error: Error) => void }[] = [];
  let closed: ChannelClosed | undefined;

  peer.on('connection', (connection) => {
    connection.on('open', () => {
      const link = new PeerLink(connection);
      const role: unknown = connection.metadata?.role;
      for (const [who, { open }] of present) if (!open) present.delete(who);
      if (!isPartyRole(role)) {
        turnAway(link, 'This page did not say which role it has. Both sides must run the same version.');
        return;
      }
      const refusal = closed?.message ?? refuse(role, present);
      if (refusal !== undefined) {
        turnAway(link, refusal);
        return;
      }
      link.send(WELCOME).catch(() => {});
      present.set(role, link);
      const guest = { role, link };
      const waiter = waiting.shift();
      if (waiter) waiter.resolve(guest);
      else arrived.push(guest);
    });
  });

  // Losing the signalling server does not hurt open links, but nobody new can come: return to it under the same name.
  let patience = 1000;
  peer.on('open', () => {
    patience = 1000;
  });
  peer.on('disconnected', () => {
    setTimeout(() => {
      if (!peer.destroyed && peer.disconnected && !closed) peer.reconnect();
    }, patience);
    patience = Math.min(2 * patience, 30_000);
  });

  return {
    next() {
      const guest = arrived.shift();
      if (guest) return Promise.resolve(guest);
      if (closed) return Promise.reject(closed);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    close(reason) {
      if (closed) return;
      closed = new ChannelClosed(reason);
      peer.disconnect();
      for (const waiter of waiting.splice(0)) waiter.reject(closed);
    },
  };
}

/** Says why, and leaves hanging up to the guest, who might otherwise see the end of the call before the reason for it. */
function turnAway(link: Link, reason: string): void {
  const patient: Link = {
    maxChunk: link.maxChunk,
    onchunk: undefined,
    onclose: undefined,
    send: (chunk) => link.send(chunk),
    close: (why) => void setTimeout(() => link.close(why), FAREWELL_MS),
  };
  new FramedChannel(patient).close(reason);
}

async function join(id: string, role: PartyRole, signalling: Signalling, missing: string): Promise<Link> {
  const name = `secfwt-guest-${crypto.randomUUID()}`;
  const peer = await openPeer(name, signalling, 'The signalling server refused this page. Reload it and try again.');
  try {
    const connection = peer.connect(id, { serialization: 'raw', reliable: true, metadata: { role } });
    const link = await new Promise<PeerLink>((resolve, reject) => {
      const fail = (reason: string) => reject(new ChannelClosed(reason));
      const blocked =
        'The two browsers found each other but no way between them: a firewall is in the way. Use the same network, or give the server a TURN server with --ice.';
      const timer = setTimeout(() => fail(blocked), signalling.timeoutMs ?? 20_000);
      connection.on('open', () => {
        const link = new PeerLink(connection);
        link.onclose = fail;
        link.onchunk = (chunk) => {
          clearTimeout(timer);
          link.onchunk = undefined;
          link.onclose = undefined;
          if (chunk.length === WELCOME.length) resolve(link);
          else fail(readGoodbye(chunk) ?? 'The other side runs another version. Reload both pages.');
        };
      });
      connection.on('error', () => fail(blocked));
      peer.on('error', (error) => fail(error.type === 'peer-unavailable' ? missing : explain(error, signalling)));
    });
    link.gone.then(() => peer.destroy());
    return link;
  } catch (error) {
    peer.destroy();
    throw error;
  }
}

/** A page registered at the signalling server under the name. */
function openPeer(id: string, signalling: Signalling, taken: string): Promise<Peer> {
  const { host, port, secure, path = '/peerjs', iceServers = [], timeoutMs = 20_000 } = signalling;
  const options: PeerOptions = { host, port, secure, path, config: { iceServers }, debug: 0 };
  const peer = new Peer(id, options);
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      reject(new ChannelClosed(reason));
      peer.destroy();
    };
    const timer = setTimeout(() => fail(unreachable(signalling)), timeoutMs);
    const onError = (error: PeerFailure) => fail(error.type === 'unavailable-id' ? taken : explain(error, signalling));
    peer.once('error', onError);
    peer.once('open', () => {
      clearTimeout(timer);
      peer.off('error', onError);
      resolve(peer);
    });
  });
}

interface PeerFailure {
  type: string;
  message: string;
}

function unreachable({ host, port }: Signalling): string {
  return `The signalling server ${host}:${port} cannot be reached. Check the network and that the server is running, then try again.`;
}

function explain(error: PeerFailure, signalling: Signalling): string {
  switch (error.type) {
    case 'network':
    case 'socket-error':
    case 'socket-closed':
    case 'disconnected':
      return unreachable(signalling);
    case 'browser-incompatible':
      return 'This browser has no WebRTC data channels. Use a current Chrome, Edge, Firefox or Safari, and check that no extension switches WebRTC off.';
    case 'ssl-unavailable':
      return 'The page came by https but the signalling server does not speak it. Open the page at the address the server printed.';
    case 'server-error':
      return `The signalling server answered with an error (${error.message}). Try again in a minute.`;
    default:
      return `The browser could not set up the connection: ${error.message} (${error.type}). Reload both pages and try again.`;
  }
}

/** The data channel of an open PeerJS connection. Must be made in its `open` event, before the first chunk can come. */
class PeerLink extends BaseLink {
  /** Resolves when the data channel itself is closed: after the last chunk of a link that this side closed. */
  readonly gone: Promise<void>;
  readonly #connection: DataConnection;
  readonly #data: RTCDataChannel;
  #waiters: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #resolveGone!: () => void;
  readonly #leave = () => this.#connection.close();

  constructor(connection: DataConnection) {
    super();
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
