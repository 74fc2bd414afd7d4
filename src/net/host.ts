/** Who waits for others to come: a party for the other one, or the dealer in a third tab for both. */
import type { DataConnection } from 'peerjs';
import { giveKey, isExchange, type Met, NotInvited, proveAsHost, refuse, type Self, sayVoid } from './authentication';
import { ChannelClosed, type Link } from './channel';
import { dealerName, hostName, isPartyRole, type PartyRole, partyName, ROLE_NAMES } from './code';
import { type Invitation, MOST_GUESSES, PROOF_MS, type Reached, WELCOME } from './door';
import { type Fingerprints, fingerprintsOf } from './fingerprints';
import { FramedChannel } from './frames';
import { MOST_EARLY, nextChunk } from './link';
import { PeerLink } from './peer-link';
import { openPeer, type Signalling } from './signalling';

/** How long somebody who was turned away may take to hang up. */
const FAREWELL_MS = 3000;
/** Connections that may be under way without having proved anything; one more ends the oldest. Who is invited takes a second. */
const MOST_STRANGERS = 16;
/** What a host hears whose server is gone, or hangs. */
export const LOST =
  'The server that introduces the two pages does not answer, so nobody can come; this page looks for it again by itself.';

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
    const beside = link.beside();
    link.send(WELCOME).catch(() => {});
    link.maxEarlyBytes = MOST_EARLY;
    present.set(role, link);
    const guest = { link, met, ...beside };
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
      receive(link, connection).finally(() => strangers.delete(connection));
    });
  });

  // Losing the signalling server does not hurt open links, but nobody new can come: return to it under the same name.
  let patience = 1000;
  peer.on('open', () => {
    patience = 1000;
    signalling.onSlow?.(undefined);
  });
  peer.on('disconnected', () => {
    if (!closed) signalling.onSlow?.(LOST);
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
