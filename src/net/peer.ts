/**
 * Data channels between two pages, found through the signalling server by PeerJS, and authenticated.
 *
 * How to think of it. PeerJS only introduces the two: once its connection is open, this file uses the data channel itself,
 * because PeerJS watches its send buffer with a timer, and timers crawl in hidden tabs, while `bufferedamountlow` does not.
 * Nothing is believed that the server said: both sides prove the invitation first (authentication.ts). Then the host decides whether the
 * guest may come in: an empty chunk is welcome, a goodbye frame is the reason why not.
 */
import { type DataConnection, Peer, type PeerOptions } from 'peerjs';
import {
  askForKey,
  CodeVoid,
  giveKey,
  isExchange,
  type Met,
  NotInvited,
  OtherVersion,
  proveAsGuest,
  proveAsHost,
  refuse,
  type Self,
  sayVoid,
} from './authentication';
import { ChannelClosed, type Link } from './channel';
import {
  counterpart,
  dealerName,
  hostName,
  isPartyRole,
  type PartyRole,
  partyName,
  ROLE_NAMES,
  showCode,
} from './code';
import { type Fingerprints, fingerprintsOf } from './fingerprints';
import { FramedChannel, readGoodbye } from './frames';
import { BaseLink, MOST_EARLY, nextChunk } from './link';
import { Probe } from './probe';
import { attemptOf, slowConnection } from './slow-connection';

const HIGH_WATER = 4 << 20;
const LOW_WATER = 1 << 20;
/** A heartbeat, to any reader but the one who waits at the door. */
const WELCOME = new Uint8Array(0);
const LINGER_MS = 10_000;
/** How long somebody who was turned away may take to hang up. */
const FAREWELL_MS = 3000;
/** How long either side may take to prove the invitation. */
const PROOF_MS = 15_000;
/** What a stranger may send before it has proved anything, in bytes. */
const STRANGER_BYTES = 1024;
/** Connections that may be under way without having proved anything; one more ends the oldest. Who is invited takes a second. */
const MOST_STRANGERS = 16;
/** Wrong guesses at a code, after which it is void: 5 of 2^20. */
const MOST_GUESSES = 5;
/** When who waits for a connection is told what is known of it. */
const SLOW_MS = 6000;
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
  /** Hears, of a connection that takes long to come about, what is known by then. */
  onSlow?(known: string): void;
}

/** The signalling server that a page came from. */
export function signallingAt(page: string | URL, iceServers: RTCIceServer[] = []): Signalling {
  const { protocol, hostname, port } = new URL(page);
  const secure = protocol === 'https:';
  return { host: hostname, port: Number(port) || (secure ? 443 : 80), secure, iceServers };
}

/** An authenticated link, and who is at its other end. */
export interface Reached {
  link: Link;
  met: Met;
  /** Measures the way to who is there. */
  probe: Probe;
}

/** What became of those who did not have the invitation. */
export interface Turned {
  /** How many were turned away so far. */
  away: number;
  /** The code has been guessed at too often and buys nothing any more; links still do. */
  codeVoid: boolean;
}

export interface Host {
  /** The next guest who was let in. Rejects with ChannelClosed when the host closes. */
  next(): Promise<Reached>;
  /** No more guests. Links that are open stay open. */
  close(reason: string): void;
}

/** Nobody waits where somebody was looked for. */
export class NobodyThere extends ChannelClosed {
  override name = 'NobodyThere';
}

/** Somebody answered who did not have the invitation. */
export class Impostor extends ChannelClosed {
  override name = 'Impostor';
}

export interface Invitation {
  /** As parseCode gives it. */
  code: string;
  /** 16 bytes; see parseKey. */
  key: Uint8Array;
}

/** Waits for the other party, and tells those who have the code the key. Rejects with ChannelClosed, whose message says what to do. */
export function hostLink(
  { code, key }: Invitation,
  self: Self & { role: PartyRole },
  signalling: Signalling,
  onTurned?: (turned: Turned) => void,
): Promise<Host> {
  const admission: Admission = (guest, present) => {
    if (guest === self.role)
      return `Both sides chose to be ${partyName(guest)}. One of the two has to choose the other role.`;
    if (present.size > 0)
      return 'Two people are already connected under this code. If one of them was you, wait a few seconds and try again; else ask for a new code.';
    return undefined;
  };
  return openHost(hostName(code), { code, key }, self, signalling, admission, onTurned);
}

/** Goes to the host who waits under a code. Rejects with ChannelClosed, whose message says what to do. */
export async function joinLink(
  { code, key }: Invitation,
  self: Self & { role: PartyRole },
  signalling: Signalling,
): Promise<Reached> {
  const place = partyName(counterpart(self.role));
  return join(hostName(code), signalling, nobodyUnder(code), place, enter(key, self, counterpart(self.role)));
}

/** The session's key, from the host who waits under a typed code. Rejects with ChannelClosed, whose message says what to do. */
export function fetchKey(code: string, self: Self, signalling: Signalling): Promise<Uint8Array> {
  return join(hostName(code), signalling, nobodyUnder(code), 'the host', async (link, fingerprints) => {
    const key = await askForKey(link, self, { code, fingerprints });
    link.close('the key has been given');
    return key;
  });
}

/** Waits, as the dealer in a third tab, for one party of each role. */
export function hostDealer(
  key: Uint8Array,
  self: Self,
  signalling: Signalling,
  onTurned?: (turned: Turned) => void,
): Promise<Host> {
  const admission: Admission = (guest, present) =>
    present.has(guest) ? `A ${ROLE_NAMES[guest]} is already connected to this dealer.` : undefined;
  return openHost(dealerName(key), { key }, self, signalling, admission, onTurned);
}

/** Goes to the dealer who waits under a key. */
export function joinDealer(
  key: Uint8Array,
  self: Self & { role: PartyRole },
  signalling: Signalling,
): Promise<Reached> {
  const missing = 'No dealer is waiting in this session. Its page has to be opened with this session’s link or code.';
  return join(dealerName(key), signalling, missing, 'the dealer', enter(key, self, 'dealer'));
}

const nobodyUnder = (code: string): string =>
  `Nobody is waiting under the code ${showCode(code)}. Check the code, and that the other person's page is open.`;

/** Why a guest who has the invitation may not come in. */
type Admission = (guest: PartyRole, present: ReadonlyMap<PartyRole, Link>) => string | undefined;

async function openHost(
  id: string,
  invitation: { key: Uint8Array; code?: string },
  self: Self,
  signalling: Signalling,
  admission: Admission,
  onTurned: ((turned: Turned) => void) | undefined,
): Promise<Host> {
  const peer = await openPeer(
    id,
    signalling,
    'This code is already being hosted. Create a new one, or join with it instead.',
  );
  const present = new Map<PartyRole, PeerLink>();
  const arrived: Reached[] = [];
  const waiting: { resolve: (guest: Reached) => void; reject: (error: Error) => void }[] = [];
  let closed: ChannelClosed | undefined;
  let away = 0;
  /** Tries of the code that failed, and those under way. */
  let wrong = 0;
  let trying = 0;

  /** Who came with a code gets the key and comes again with that. */
  const exchange = async (link: Link, first: Uint8Array, code: string, fingerprints: Fingerprints): Promise<void> => {
    if (wrong + trying >= MOST_GUESSES) {
      await sayVoid(link);
      return;
    }
    trying += 1;
    try {
      await giveKey(link, first, self, { code, key: invitation.key, fingerprints });
    } catch (error) {
      if (error instanceof NotInvited) wrong += 1;
      throw error;
    } finally {
      trying -= 1;
    }
  };

  const welcome = (link: PeerLink, met: Met): void => {
    for (const [who, { open }] of present) if (!open) present.delete(who);
    const { role } = met;
    const refusal = closed?.message ?? (isPartyRole(role) ? admission(role, present) : 'A dealer does not join here.');
    if (refusal !== undefined) {
      turnAway(link, refusal);
      return;
    }
    if (!link.open || !isPartyRole(role)) return;
    const probe = link.probe();
    link.send(WELCOME).catch(() => {});
    link.maxEarlyBytes = MOST_EARLY;
    present.set(role, link);
    const guest = { link, met, probe };
    const waiter = waiting.shift();
    if (waiter) waiter.resolve(guest);
    else arrived.push(guest);
  };

  const receive = async (link: PeerLink, connection: DataConnection): Promise<void> => {
    const timer = setTimeout(() => link.close('nothing was proved in time'), PROOF_MS);
    try {
      const fingerprints = await fingerprintsOf(connection.peerConnection);
      const first = await nextChunk(link);
      if (invitation.code !== undefined && isExchange(first)) {
        await exchange(link, first, invitation.code, fingerprints);
        leaveToHangUp(link);
      } else welcome(link, await proveAsHost(link, first, self, { key: invitation.key, fingerprints }));
    } catch (error) {
      if (error instanceof NotInvited) {
        away += 1;
        onTurned?.({ away, codeVoid: wrong >= MOST_GUESSES });
      }
      refuse(link).catch(() => {});
      leaveToHangUp(link);
    } finally {
      clearTimeout(timer);
    }
  };

  /** The oldest first. */
  const strangers = new Set<DataConnection>();

  peer.on('connection', (connection) => {
    strangers.add(connection);
    const turnOut = (stranger: DataConnection) => {
      strangers.delete(stranger);
      stranger.close();
    };
    const tooLate = setTimeout(turnOut, PROOF_MS, connection);
    for (const oldest of strangers) if (strangers.size > MOST_STRANGERS) turnOut(oldest);
    // Chromium sometimes says of a channel twice that it opened, and two links on one channel would answer everything twice.
    connection.once('open', () => {
      clearTimeout(tooLate);
      const link = new PeerLink(connection);
      link.maxEarlyBytes = STRANGER_BYTES;
      receive(link, connection).finally(() => strangers.delete(connection));
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

/** Says why, and leaves hanging up to the guest. */
function turnAway(link: Link, reason: string): void {
  const patient: Link = {
    maxChunk: link.maxChunk,
    onchunk: undefined,
    onclose: undefined,
    send: (chunk) => link.send(chunk),
    close: () => leaveToHangUp(link),
  };
  new FramedChannel(patient).close(reason);
}

/** Who hangs up first may take its last chunk with it: the other side sees the end of the call before it. */
const leaveToHangUp = (link: Link): void => void setTimeout(() => link.close('nothing is left to say'), FAREWELL_MS);

/** What a guest does at the door of who should be `expected`. */
const enter =
  (key: Uint8Array, self: Self, expected: Met['role']) =>
  async (link: PeerLink, fingerprints: Fingerprints): Promise<Reached> => {
    const met = await proveAsGuest(link, self, { key, fingerprints });
    link.maxEarlyBytes = MOST_EARLY;
    // Before the host's first ping can come.
    const probe = link.probe();
    const verdict = await nextChunk(link);
    if (verdict.length !== WELCOME.length)
      throw new ChannelClosed(readGoodbye(verdict) ?? 'The other side runs another version. Reload both pages.');
    if (met.role !== expected)
      throw new Impostor(`The ${met.role.replace('-', ' ')} answered in the ${expected.replace('-', ' ')}’s place.`);
    return { link, met, probe };
  };

/** Connects to who waits under a name, and says there what `talk` says. `place`: whose it should be, for errors. */
async function join<T>(
  id: string,
  signalling: Signalling,
  missing: string,
  place: string,
  talk: (link: PeerLink, fingerprints: Fingerprints) => Promise<T>,
): Promise<T> {
  const name = `secfwt-guest-${crypto.randomUUID()}`;
  const peer = await openPeer(name, signalling, 'The signalling server refused this page. Reload it and try again.');
  try {
    const { link, fingerprints } = await call(peer, id, signalling, missing);
    link.gone.then(() => peer.destroy());
    const timer = setTimeout(() => link.close(`no proof came from ${place} in time`), PROOF_MS);
    try {
      return await talk(link, fingerprints);
    } catch (error) {
      link.close('not who was looked for');
      throw inWords(error as Error, place);
    } finally {
      clearTimeout(timer);
    }
  } catch (error) {
    peer.destroy();
    throw error;
  }
}

/** An open data channel to who waits under a name, whoever that is. */
function call(
  peer: Peer,
  id: string,
  signalling: Signalling,
  missing: string,
): Promise<{ link: PeerLink; fingerprints: Fingerprints }> {
  const connection = peer.connect(id, { serialization: 'raw', reliable: true });
  const { peerConnection } = connection;
  const kinds = new Set<string>();
  peerConnection.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.type) kinds.add(candidate.type);
  });
  const known = () => slowConnection(attemptOf(peerConnection, kinds));
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => signalling.onSlow?.(known()), SLOW_MS);
    const fail = (error: Error) => {
      clearTimeout(slow);
      clearTimeout(timer);
      reject(error);
    };
    const blocked =
      'The two browsers found each other but no way between them: a firewall is in the way. Use the same network, or give the server a TURN server with --ice.';
    const timer = setTimeout(() => fail(new ChannelClosed(blocked)), signalling.timeoutMs ?? 20_000);
    connection.once('open', () => {
      clearTimeout(slow);
      const link = new PeerLink(connection);
      link.maxEarlyBytes = STRANGER_BYTES;
      fingerprintsOf(connection.peerConnection).then((fingerprints) => {
        clearTimeout(timer);
        resolve({ link, fingerprints });
      }, fail);
    });
    connection.on('error', () => fail(new ChannelClosed(blocked)));
    peer.on('error', (error) =>
      fail(
        error.type === 'peer-unavailable' ? new NobodyThere(missing) : new ChannelClosed(explain(error, signalling)),
      ),
    );
  });
}

/** What somebody who joins is told. Nothing of it comes from the other side, which has proved nothing. */
function inWords(error: Error, place: string): Error {
  if (error instanceof OtherVersion)
    return new ChannelClosed(`Whoever answered in ${place}’s place runs another version. Reload both pages.`);
  if (error instanceof CodeVoid)
    return new ChannelClosed(
      `This code is void: ${MOST_GUESSES} wrong ones were tried on it. Ask for the link, or for a new session.`,
    );
  if (error instanceof NotInvited)
    return new Impostor(
      `Somebody who does not have this invitation answered in ${place}’s place, and was told nothing. Check that the link or code is whole and of this session. If it is, somebody between the two of you, such as the server, pretends to be the other: do not go on with this server.`,
    );
  return error;
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

  /** Beside the link; for somebody who has proved to be invited. */
  probe(): Probe {
    return new Probe(this.#connection.peerConnection);
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
