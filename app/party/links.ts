/** How each role reaches the two others. Every wait ends when `signal` aborts. */

import { bytesToHex } from '@noble/hashes/utils.js';
import type { Met, Self } from '../../src/net/authentication';
import { ChannelClosed, type Link } from '../../src/net/channel';
import { counterpart, isPartyRole, type PartyRole, parseCode, parseKey, seatName } from '../../src/net/code';
import { keepAlive } from '../../src/net/keepalive';
import {
  fetchKey,
  type Host,
  hostDealer,
  hostLink,
  Impostor,
  type Invitation,
  joinDealer,
  joinLink,
  type Reached,
  type Signalling,
  signallingAt,
  type Turned,
} from '../../src/net/peer';
import { isThisMachine } from '../../src/net/this-machine';
import { dealerUrl, openWebSocket } from '../../src/net/websocket';
import type { Role } from '../../src/session/messages';
import { ROLE_NAME } from '../lib/roles';
import { askServer, useServer } from '../stores/server';
import type { LinkState, SessionTerms } from '../stores/session';

const RETRY_MS = 2000;

export type Links = Partial<Record<Role, Link>>;

/** What is told while links are being made. */
export interface Reports {
  /** How the link to `role` is doing; `note`: why it takes longer. */
  link(role: Role, state: LinkState, note?: string): void;
  /** Who proved to be there. */
  met(role: Role, met: Met): void;
  /** Somebody came without the invitation. */
  turned(turned: Turned): void;
  /** The key that the host gave for the code. */
  key(key: string): void;
}

/** Both links, once both are there. Rejects with what to tell the person. */
export async function connect(terms: SessionTerms, signal: AbortSignal, reports: Reports): Promise<Links> {
  const code = parseCode(terms.code);
  const given = terms.key === undefined ? undefined : parseKey(terms.key);
  await askServer();
  const signalling = signallingAt(location.href, useServer.getState().iceServers);
  const { role } = terms;
  const ownServer = isThisMachine(location.hostname);
  const key = given ?? (await fetchKey(code, { role, ownServer }, signalling));
  signal.throwIfAborted();
  if (!given) reports.key(bytesToHex(key));
  if (!isPartyRole(role)) return dealerLinks(key, { role, ownServer }, signalling, signal, reports);

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
    reports.link(to, 'connected');
    return link;
  };
  const proved = async (to: Role, made: Promise<Reached>) => {
    const { link, met } = await made;
    reports.met(to, met);
    return link;
  };
  const peer = reached(
    other,
    proved(
      other,
      terms.host
        ? hostPeer({ code, key }, self, signalling, signal, reports)
        : terms.solo
          ? // Both tabs open at once, and the host may be the second.
            whenThere(() => joinLink({ code, key }, self, signalling), other, signal, reports)
          : joinLink({ code, key }, self, signalling),
    ),
  );
  const dealer = reached(
    'dealer',
    terms.dealer === 'tab'
      ? // It may well be opened last.
        proved(
          'dealer',
          whenThere(() => joinDealer(key, self, signalling), 'dealer', signal, reports),
        )
      : // The server lets nobody wait for long alone, so go there together.
        peer.then(() => openWebSocket(dealerUrl(location.href), { name: seatName(key), role })),
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
  signal: AbortSignal,
  reports: Reports,
): Promise<Reached> {
  return closeWith(signal, await hostLink(invitation, self, signalling, reports.turned)).next();
}

/** Joins somebody who may come later, so that absence is no failure; somebody else in the place is. */
async function whenThere(
  join: () => Promise<Reached>,
  role: Role,
  signal: AbortSignal,
  reports: Reports,
): Promise<Reached> {
  for (;;) {
    try {
      return await join();
    } catch (error) {
      if (signal.aborted || error instanceof Impostor) throw error;
      reports.link(role, 'waiting', (error as Error).message);
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
  signal: AbortSignal,
  reports: Reports,
): Promise<Links> {
  const host = closeWith(signal, await hostDealer(key, self, signalling, reports.turned));
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
