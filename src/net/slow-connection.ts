/** What is known of a connection that takes long to come about, in words for who waits. */
import type { Gathering } from './relay';

export interface Attempt {
  /** The other page has answered through the signalling server. */
  answered: boolean;
  gathering: RTCIceGatheringState;
  state: RTCIceConnectionState;
  /** Of this side's addresses. */
  found: Pick<Gathering, 'kinds' | 'hasTurn' | 'trouble'>;
}

/** For two browsers that find no way to each other. */
export const RELAY_REMEDY =
  'Use the same network, or a TURN server: one side gives one on the first page, under “Behind a firewall?”, or the server is started with one (--ice).';

/** A sentence or two: how far it has come, and what to do. */
export function slowConnection({ answered, gathering, state, found }: Attempt): string {
  if (!answered)
    return 'The server is reached, but the other page has not answered yet. Check that it is open, in front and not asleep.';
  const { kinds, hasTurn, trouble } = found;
  if (kinds.size === 0 && !trouble)
    return gathering === 'complete'
      ? 'The other page is found, but this browser gives no network address to connect by. Check that no extension or policy switches WebRTC off.'
      : 'The other page is found; this browser is still looking for its own network addresses.';
  const tried = `The other page is found, but no way between the two browsers yet (${state}).`;
  if (trouble) return `${tried} ${trouble}`;
  if (hasTurn) return `${tried} Not even by the TURN server: the other network may block it.`;
  const addresses = kinds.has('srflx') ? '' : ' This side has addresses of its own network only.';
  return `${tried}${addresses} ${RELAY_REMEDY}`;
}

/** Of a connection as it is now. */
export function attemptOf(connection: RTCPeerConnection, found: Gathering): Attempt {
  const { remoteDescription, iceGatheringState: gathering, iceConnectionState: state } = connection;
  return { answered: remoteDescription !== null, gathering, state, found };
}
