/** How each role reaches the two others. Every wait ends when `signal` aborts. */

import { bytesToHex } from '@noble/hashes/utils.js';
import type { Met, Self } from '../../src/net/authentication';
import { ChannelClosed, type Link } from '../../src/net/channel';
import { counterpart, isPartyRole, type PartyRole, parseCode, parseKey, seatName } from '../../src/net/code';
import type { Invitation, Reached } from '../../src/net/door';
import { fetchKey, Impostor, joinDealer, joinLink } from '../../src/net/guest';
import { type Host, hostDealer, hostLink, LOST, type Turned } from '../../src/net/host';
import { keepAlive } from '../../src/net/keepalive';
import type { Line } from '../../src/net/line';
import type { PresenceChannel } from '../../src/net/presence';
import type { Probe } from '../../src/net/probe';
import { relayTrouble } from '../../src/net/relay';
import { measureServer } from '../../src/net/server-line';
import { type Signalling, signallingAt } from '../../src/net/signalling';
import { isThisMachine } from '../../src/net/this-machine';
import { dealerUrl, openWebSocket } from '../../src/net/websocket';
import type { Role } from '../../src/session/messages';
import { othersOf, ROLE_NAME } from '../lib/roles';
import { relayServers, useRelay } from '../stores/relay';
import { askServer, useServer } from '../stores/server';
import type { LinkState, SessionTerms } from '../stores/session';
import { watchServer } from './server-watch';

/** What the server has that is large and does not compress. */
const PADDING_FILE = 'models/small/model.safetensors';
const RETRY_MS = 2000;
/** How long the first try may take where others follow: who is frozen or just gone does not answer. The second may take twice as long. */
const TRY_MS = 8000;
/** Any try. */
const MOST_TRY_MS = 20_000;

export type Links = Partial<Record<Role, Link>>;

/** What is told while links are being made. */
export interface Reports {
  /** How the link to `role` is doing; `note`: why it takes longer. */
  link(role: Role, state: LinkState, note?: string): void;
  /** Who proved to be there. */
  met(role: Role, met: Met): void;
  /** What measures the way to the other party. */
  probe(probe: Probe): void;
  /** What measures the line from the dealer. */
  dealerProbe(measure: (signal: AbortSignal) => Promise<Line>): void;
  /** Over what the two tell each other what they are at. */
  presence(channel: PresenceChannel): void;
  /** Somebody came without the invitation. */
  turned(turned: Turned): void;
  /** The key that the host gave for the code. */
  key(key: string): void;
}

export interface ConnectOptions {
  /** Ends every wait, and the links. */
  signal: AbortSignal;
  /** Ends waiting for guests, sooner: whoever comes back must not come to a session that is over. */
  hosting: AbortSignal;
  /** Whoever is not there yet is waited for; otherwise that is an error, but for a dealer's tab, which may well be opened last. */
  patient: boolean;
}

/** Both links, once both are there. Rejects with what to tell the person. */
export async function connect(terms: SessionTerms, options: ConnectOptions, reports: Reports): Promise<Links> {
  const { signal, hosting } = options;
  // The two tabs of a trial open at once, and the host's may be the second.
  const patient = options.patient || terms.solo === true;
  const code = parseCode(terms.code);
  const given = terms.key === undefined ? undefined : parseKey(terms.key);
  await askServer();
  const signalling = signallingAt(location.href, [
    ...useServer.getState().iceServers,
    ...relayServers(useRelay.getState()),
  ]);
  /** The same for one of several tries. */
  const trying = (attempt: number): Signalling => ({
    ...signalling,
    timeoutMs: Math.min(MOST_TRY_MS, TRY_MS * 2 ** attempt),
  });
  const { role } = terms;
  const there = new Set<Role>();
  const slowly = (to: Role, by: Signalling): Signalling => ({
    ...by,
    // Who waits for guests goes on waiting when the first is there.
    onSlow: (known) => !there.has(to) && reports.link(to, 'waiting', known),
  });
  const ownServer = isThisMachine(location.hostname);
  const persist = <T>(to: Role, attempt: (by: Signalling) => Promise<T>) =>
    persistently(
      (count) => attempt(trying(count)),
      signal,
      (note) => reports.link(to, 'waiting', note),
    );
  /** Until it succeeds, or just once. */
  const reach = <T>(to: Role, attempt: (by: Signalling) => Promise<T>) =>
    patient ? persist(to, attempt) : attempt(signalling);
  const [first] = othersOf(role);
  // Whoever waits need not wait for a guest to be told of it.
  relayTrouble(signalling.iceServers ?? []).then(
    (trouble) => trouble && !there.has(first!) && !signal.aborted && reports.link(first!, 'waiting', trouble),
    () => {},
  );
  const key = given ?? (await reach(first!, (by) => fetchKey(code, { role, ownServer }, slowly(first!, by))));
  signal.throwIfAborted();
  if (!given) reports.key(bytesToHex(key));
  if (!isPartyRole(role))
    return dealerLinks(key, { role, ownServer }, slowly('data-owner', signalling), options, reports);

  const self = { role, ownServer };
  const other = counterpart(role);
  // One side may go while the other is still on its way.
  let fail!: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const reached = async (to: Role, made: Promise<Link>) => {
    const link = endWith(signal, keepAlive(await made));
    link.onclose = (reason) => fail(new ChannelClosed(`The connection to the ${ROLE_NAME[to]} ended: ${reason}.`));
    there.add(to);
    reports.link(to, 'connected');
    return link;
  };
  const proved = async (to: Role, made: Promise<Reached>) => {
    const { link, met, probe, presence } = await made;
    reports.met(to, met);
    if (to === other) {
      reports.probe(probe);
      reports.presence(presence);
    } else reports.dealerProbe((signal) => probe.measure(signal));
    return link;
  };
  const meet = (by: Signalling) =>
    terms.host
      ? hostPeer({ code, key }, self, slowly(other, by), hosting, reports)
      : joinLink({ code, key }, self, slowly(other, by));
  const peer = reached(other, proved(other, reach(other, meet)));
  const seat = async ({ timeoutMs }: Signalling) => {
    const link = await openWebSocket(dealerUrl(location.href), { name: seatName(key), role }, timeoutMs);
    reports.dealerProbe((signal) => measureServer(`${import.meta.env.BASE_URL}${PADDING_FILE}`, signal));
    return link;
  };
  const dealer = reached(
    'dealer',
    terms.dealer === 'tab'
      ? proved(
          'dealer',
          persist('dealer', (by) => joinDealer(key, self, slowly('dealer', by))),
        )
      : // The server lets nobody wait for long alone, so go there together.
        peer.then(() => reach('dealer', seat)),
  );
  const [toPeer, toDealer] = await Promise.race([Promise.all([peer, dealer]), lost]);
  hearNoMore(toPeer, toDealer);
  return { [other]: toPeer, dealer: toDealer };
}

function endWith(signal: AbortSignal, link: Link): Link {
  whenAborted(signal, (reason) => link.close(reason));
  return link;
}

function closeWith(signal: AbortSignal, host: Host): Host {
  whenAborted(signal, (reason) => host.close(reason));
  return host;
}

function whenAborted(signal: AbortSignal, close: (reason: string) => void): void {
  const react = () => close(String(signal.reason));
  if (signal.aborted) react();
  else signal.addEventListener('abort', react);
}

/** The host stays open behind its one guest, so that a second one is told why there is no room. */
async function hostPeer(
  invitation: Invitation,
  self: Self & { role: PartyRole },
  signalling: Signalling,
  hosting: AbortSignal,
  reports: Reports,
): Promise<Reached> {
  const host = closeWith(hosting, await hostLink(invitation, self, signalling, reports.turned));
  const come = new AbortController();
  watchServer(AbortSignal.any([hosting, come.signal]), (answers) => signalling.onSlow?.(answers ? undefined : LOST));
  return host.next().finally(() => come.abort());
}

/** Tries until it succeeds. Somebody else in the place of who is looked for is a failure all the same. */
async function persistently<T>(
  attempt: (count: number) => Promise<T>,
  signal: AbortSignal,
  onFailure: (reason: string) => void,
): Promise<T> {
  for (let count = 0; ; count++) {
    try {
      return await attempt(count);
    } catch (error) {
      if (signal.aborted || error instanceof Impostor) throw error;
      onFailure((error as Error).message);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      signal.throwIfAborted();
    }
  }
}

/** One party of each role, in whichever order they come. Who leaves again before both are here is waited for anew. */
async function dealerLinks(
  key: Uint8Array,
  self: Self,
  signalling: Signalling,
  { signal, hosting, patient }: ConnectOptions,
  reports: Reports,
): Promise<Links> {
  const open = () => hostDealer(key, self, signalling, reports.turned);
  const tell = (note: string) => reports.link('data-owner', 'waiting', note);
  const host = closeWith(hosting, await (patient ? persistently(open, signal, tell) : open()));
  const links: Links = {};
  while (!links['data-owner'] || !links['model-owner']) {
    const { met, link } = await host.next();
    const { role } = met;
    const alive = endWith(signal, keepAlive(link));
    links[role] = alive;
    alive.onclose = () => {
      delete links[role];
      reports.link(role, 'waiting');
    };
    reports.met(role, met);
    reports.link(role, 'connected');
  }
  hearNoMore(links['data-owner'], links['model-owner']);
  return links;
}

/** From here on an end is the end of the session: a link keeps it for whoever listens next. */
function hearNoMore(...links: Link[]): void {
  for (const link of links) link.onclose = undefined;
}
