/** How each role reaches the two others. Every wait ends when `signal` aborts. */

import { ChannelClosed, type Link } from '../../src/net/channel';
import { counterpart, isPartyRole, type PartyRole, parseCode } from '../../src/net/code';
import { keepAlive } from '../../src/net/keepalive';
import {
  type Host,
  hostDealer,
  hostLink,
  joinDealer,
  joinLink,
  type Signalling,
  signallingAt,
} from '../../src/net/peer';
import { dealerUrl, openWebSocket } from '../../src/net/websocket';
import type { Role } from '../../src/session/messages';
import { ROLE_NAME } from '../lib/roles';
import { askServer, useServer } from '../stores/server';
import type { LinkState, SessionTerms } from '../stores/session';

const DEALER_RETRY_MS = 2000;

export type Links = Partial<Record<Role, Link>>;

/** Tells how the link to `role` is doing; `note`: why it takes longer. */
export type Report = (role: Role, state: LinkState, note?: string) => void;

/** Both links, once both are there. Rejects with what to tell the person. */
export async function connect(terms: SessionTerms, signal: AbortSignal, report: Report): Promise<Links> {
  const code = parseCode(terms.code);
  await askServer();
  const signalling = signallingAt(location.href, useServer.getState().iceServers);
  const { role } = terms;
  if (!isPartyRole(role)) return dealerLinks(code, signalling, signal, report);

  const other = counterpart(role);
  // One side may go while the other is still on its way.
  let fail!: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const reached = async (to: Role, made: Promise<Link>) => {
    const link = endWith(signal, keepAlive(await made));
    link.onclose = (reason) => fail(new ChannelClosed(`The connection to the ${ROLE_NAME[to]} ended: ${reason}.`));
    report(to, 'connected');
    return link;
  };
  const peer = reached(other, terms.host ? hostPeer(code, role, signalling, signal) : joinLink(code, role, signalling));
  const dealer = reached(
    'dealer',
    terms.dealer === 'tab'
      ? joinDealerTab(code, role, signalling, signal, report)
      : // The server lets nobody wait for long alone, so go there together.
        peer.then(() => openWebSocket(dealerUrl(location.href, code, role))),
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
async function hostPeer(code: string, role: PartyRole, signalling: Signalling, signal: AbortSignal): Promise<Link> {
  const host = closeWith(signal, await hostLink(code, role, signalling));
  return (await host.next()).link;
}

/** The dealer's tab may well be opened last, so its absence is no failure. */
async function joinDealerTab(
  code: string,
  role: PartyRole,
  signalling: Signalling,
  signal: AbortSignal,
  report: Report,
): Promise<Link> {
  for (;;) {
    try {
      return await joinDealer(code, role, signalling);
    } catch (error) {
      if (signal.aborted) throw error;
      report('dealer', 'waiting', (error as Error).message);
      await new Promise((resolve) => setTimeout(resolve, DEALER_RETRY_MS));
      signal.throwIfAborted();
    }
  }
}

/** One party of each role, in whichever order they come. Who leaves again before both are here is waited for anew. */
async function dealerLinks(code: string, signalling: Signalling, signal: AbortSignal, report: Report): Promise<Links> {
  const host = closeWith(signal, await hostDealer(code, signalling));
  const links: Links = {};
  while (!links['data-owner'] || !links['model-owner']) {
    const { role, link } = await host.next();
    const alive = endWith(signal, keepAlive(link));
    links[role] = alive;
    alive.onclose = () => {
      delete links[role];
      report(role, 'waiting');
    };
    report(role, 'connected');
  }
  hearNoMore(links['data-owner'], links['model-owner']);
  return links;
}

/** From here on an end is the end of the session: a link keeps it for whoever listens next. */
function hearNoMore(...links: Link[]): void {
  for (const link of links) link.onclose = undefined;
}
