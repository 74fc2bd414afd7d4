/** How each role reaches the two others. Every wait ends when `signal` aborts. */

import type { Link } from '../../src/net/channel';
import { isPartyRole, type PartyRole } from '../../src/net/code';
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
import { counterpart } from '../lib/roles';
import { askServer, useServer } from '../stores/server';
import type { SessionTerms } from '../stores/session';

const DEALER_RETRY_MS = 2000;

export interface Connecting {
  role: Role;
  link: Promise<Link>;
}

/** Starts making both links. `note` tells why one takes longer. */
export function connect(
  terms: SessionTerms,
  signal: AbortSignal,
  note: (role: Role, text: string) => void,
): Connecting[] {
  const alive = (link: Promise<Link>) => link.then((made) => endWith(signal, keepAlive(made)));
  if (!isPartyRole(terms.role)) {
    return dealerLinks(terms.code, signal).map(({ role, link }) => ({ role, link: alive(link) }));
  }
  const { code, role } = terms;
  const peer = terms.host ? hostPeer(code, role, signal) : signalling().then((way) => joinLink(code, role, way));
  // The server lets nobody wait for long alone, so go there together.
  const dealer =
    terms.dealer === 'tab'
      ? joinDealerTab(code, role, signal, (text) => note('dealer', text))
      : peer.then(() => openWebSocket(dealerUrl(location.href, code, role)));
  return [
    { role: counterpart(role), link: alive(peer) },
    { role: 'dealer', link: alive(dealer) },
  ];
}

async function signalling(): Promise<Signalling> {
  await askServer();
  return signallingAt(location.href, useServer.getState().iceServers);
}

function endWith(signal: AbortSignal, link: Link): Link {
  const close = () => link.close(String(signal.reason));
  if (signal.aborted) close();
  else signal.addEventListener('abort', close);
  return link;
}

function closeWith(signal: AbortSignal, host: Host): Host {
  const close = () => host.close(String(signal.reason));
  if (signal.aborted) close();
  else signal.addEventListener('abort', close);
  return host;
}

/** The host stays open behind its one guest, so that a second one is told why there is no room. */
async function hostPeer(code: string, role: PartyRole, signal: AbortSignal): Promise<Link> {
  const host = closeWith(signal, await hostLink(code, role, await signalling()));
  return (await host.next()).link;
}

/** The dealer's tab may well be opened last, so its absence is no failure. */
async function joinDealerTab(
  code: string,
  role: PartyRole,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<Link> {
  for (;;) {
    try {
      return await joinDealer(code, role, await signalling());
    } catch (error) {
      if (signal.aborted) throw error;
      note((error as Error).message);
      await new Promise((resolve) => setTimeout(resolve, DEALER_RETRY_MS));
      signal.throwIfAborted();
    }
  }
}

/** The dealer waits for one party of each role, in whichever order they come. */
function dealerLinks(code: string, signal: AbortSignal): { role: PartyRole; link: Promise<Link> }[] {
  const arrivals: Record<PartyRole, PromiseWithResolvers<Link>> = {
    'data-owner': withResolvers(),
    'model-owner': withResolvers(),
  };
  signalling()
    .then((way) => hostDealer(code, way))
    .then(async (made) => {
      const host = closeWith(signal, made);
      for (let guests = 0; guests < 2; guests++) {
        const { role, link } = await host.next();
        arrivals[role].resolve(link);
      }
    })
    .catch((error) => {
      for (const { reject } of Object.values(arrivals)) reject(error);
    });
  return (['data-owner', 'model-owner'] as const).map((role) => ({ role, link: arrivals[role].promise }));
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}
