/** Who goes to where another one waits. */
import type { Peer } from 'peerjs';
import { askForKey, CodeVoid, type Met, NotInvited, OtherVersion, proveAsGuest, type Self } from './authentication';
import { ChannelClosed } from './channel';
import { counterpart, dealerName, hostName, type PartyRole, partyName, showCode } from './code';
import { type Invitation, MOST_GUESSES, PROOF_MS, type Reached, WELCOME } from './door';
import { type Fingerprints, fingerprintsOf } from './fingerprints';
import { readGoodbye } from './frames';
import { MOST_EARLY, nextChunk } from './link';
import { PeerLink } from './peer-link';
import { Gathering } from './relay';
import { explain, openPeer, type Signalling, SLOW_MS } from './signalling';
import { attemptOf, RELAY_REMEDY, slowConnection } from './slow-connection';

/** Nobody waits where somebody was looked for. */
export class NobodyThere extends ChannelClosed {
  override name = 'NobodyThere';
}

/** Somebody answered who did not have the invitation. */
export class Impostor extends ChannelClosed {
  override name = 'Impostor';
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

/** What a guest does at the door of who should be `expected`. */
const enter =
  (key: Uint8Array, self: Self, expected: Met['role']) =>
  async (link: PeerLink, fingerprints: Fingerprints): Promise<Reached> => {
    const met = await proveAsGuest(link, self, { key, fingerprints });
    link.maxEarlyBytes = MOST_EARLY;
    // Before the host's first ping can come.
    const beside = link.beside();
    const verdict = await nextChunk(link);
    if (verdict.length !== WELCOME.length)
      throw new ChannelClosed(readGoodbye(verdict) ?? 'The other side runs another version. Reload both pages.');
    if (met.role !== expected)
      throw new Impostor(`The ${met.role.replace('-', ' ')} answered in the ${expected.replace('-', ' ')}’s place.`);
    return { link, met, ...beside };
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
  const gathering = new Gathering(peerConnection);
  const known = () => slowConnection(attemptOf(peerConnection, gathering));
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => signalling.onSlow?.(known()), SLOW_MS);
    const fail = (error: Error) => {
      clearTimeout(slow);
      clearTimeout(timer);
      reject(error);
    };
    const blocked = () =>
      new ChannelClosed(
        `The two browsers found each other but no way between them: a firewall is in the way. ${gathering.trouble ?? RELAY_REMEDY}`,
      );
    const timer = setTimeout(() => fail(blocked()), signalling.timeoutMs ?? 20_000);
    connection.once('open', () => {
      clearTimeout(slow);
      const link = new PeerLink(connection);
      fingerprintsOf(connection.peerConnection).then((fingerprints) => {
        clearTimeout(timer);
        resolve({ link, fingerprints });
      }, fail);
    });
    connection.on('error', () => fail(blocked()));
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
