/** Who calls: the address that a caller's budgets go by, and the page that it calls from. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { WebSocket } from 'ws';
import { serverSocketLink } from '../src/net/websocket';
import { groupsOf } from './addresses';
import type { ServerOptions } from './options';

/** How long a caller who was turned away may take to hang up itself. */
const FAREWELL_MS = 2000;

/** Tells a caller why not. The reason has at most 123 bytes. */
export function turnAway(socket: WebSocket, reason: string): void {
  serverSocketLink(socket, reason).close(reason);
  setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
}

/** What budgets are counted under: an IPv4 address, or the 64 bits of an IPv6 one that a household has. */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers['x-forwarded-for'] : undefined;
  // The last one is what the proxy itself saw; those before are what callers say.
  const last = [forwarded].flat().at(-1)?.split(',').at(-1)?.trim();
  return shared(last || (request.socket.remoteAddress ?? 'unknown'));
}

function shared(address: string): string {
  const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
  if (isIP(plain) !== 6) return plain.slice(0, 64);
  const groups = groupsOf(plain);
  if (groups.slice(0, 7).every((group) => group === 0)) return '::1';
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

const isLoopback = (address: string): boolean => address === '::1' || /^127\./.test(address);

/**
 * Why a WebSocket is not for the page that asks for it; undefined if it is. Pages of this server may, and those of `--origin`. What is no
 * page and has no origin may come from this machine, or from anywhere with `--allow-no-origin`.
 */
export function originProblem(
  request: IncomingMessage,
  { origins, allowNoOrigin, trustProxy }: Pick<ServerOptions, 'origins' | 'allowNoOrigin' | 'trustProxy'>,
): string | undefined {
  const { origin, host } = request.headers;
  if (origin === undefined) {
    if (allowNoOrigin || isLoopback(addressOf(request, trustProxy))) return undefined;
    return 'Only pages may call from other machines: the request has no Origin. The server takes it with --allow-no-origin.';
  }
  const forwarded = trustProxy ? [request.headers['x-forwarded-host']].flat().at(-1) : undefined;
  if (origins.includes(origin) || isHostOf(origin, forwarded ?? host)) return undefined;
  return `A page of ${origin} may not call this server. If it is the server’s own page under another name: --origin ${origin}`;
}

/** Whether an origin is of this host, whatever the way in which a default port is left out. */
function isHostOf(origin: string, host: string | undefined): boolean {
  if (!host || !URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  return URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === own;
}
