/** The server that introduces two pages to each other, reached by PeerJS. */
import { Peer, type PeerOptions } from 'peerjs';
import { ChannelClosed } from './channel';

/** When who waits is told what is known by then. */
export const SLOW_MS = 6000;
const SILENT =
  'The server that introduces the two pages does not answer. Check the network, and that the server is running.';

export interface Signalling {
  host: string;
  port: number;
  secure: boolean;
  path?: string;
  /** STUN and TURN servers; none are needed within one network. */
  iceServers?: RTCIceServer[];
  /** How long to wait for the server, and then for the other page. Default 20 s. */
  timeoutMs?: number;
  /** Hears, where something takes long or the server is lost, what is known by then; undefined when that is over. */
  onSlow?(known: string | undefined): void;
}

/** The signalling server that a page came from. */
export function signallingAt(page: string | URL, iceServers: RTCIceServer[] = []): Signalling {
  const { protocol, hostname, port } = new URL(page);
  const secure = protocol === 'https:';
  return { host: hostname, port: Number(port) || (secure ? 443 : 80), secure, iceServers };
}

/** A page registered at the signalling server under the name. */
export function openPeer(id: string, signalling: Signalling, taken: string): Promise<Peer> {
  const { host, port, secure, path = '/peerjs', iceServers = [], timeoutMs = 20_000 } = signalling;
  const options: PeerOptions = { host, port, secure, path, config: { iceServers }, debug: 0 };
  const peer = new Peer(id, options);
  return new Promise((resolve, reject) => {
    let told = false;
    const slow = setTimeout(() => {
      told = true;
      signalling.onSlow?.(SILENT);
    }, SLOW_MS);
    const fail = (reason: string) => {
      clearTimeout(slow);
      clearTimeout(timer);
      reject(new ChannelClosed(reason));
      peer.destroy();
    };
    const timer = setTimeout(() => fail(unreachable(signalling)), timeoutMs);
    const onError = (error: PeerFailure) => fail(error.type === 'unavailable-id' ? taken : explain(error, signalling));
    peer.once('error', onError);
    peer.once('open', () => {
      clearTimeout(slow);
      clearTimeout(timer);
      if (told) signalling.onSlow?.(undefined);
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

/** What failed, and what to do about it. */
export function explain(error: PeerFailure, signalling: Signalling): string {
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
