/**
 * Everything one server does: the built page, PeerJS signalling, the hosted dealer, and two small answers.
 *
 * It sees who calls whom and, as the dealer, its own randomness, but no part of an invitation that would let it in between. What the two parties tell each other goes from
 * browser to browser.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { type WebSocket, WebSocketServer } from 'ws';
import { MAX_CHUNK } from '../src/net/link';
import { Rate, Tally } from './budget';
import { addressOf, originProblem, turnAway } from './callers';
import { Dealers, type DealersOptions } from './dealers';
import type { ServerOptions } from './options';
import { refuse, Signalling } from './signalling';
import { identityOf } from './tls';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** How long a caller may take to say what it asks for. */
const HEADERS_MS = 10_000;
const YEAR_S = 365 * 24 * 60 * 60;

const policy = (connect: string) =>
  [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "worker-src 'self' blob:",
    `connect-src ${connect}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer', // of no use to anybody; the invitation is in the fragment, which is never sent
  // Both make a page isolated: then its threads may share memory, which the kernels use.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  // Whatever a page does with somebody's texts, it can tell them to nobody but this server and the other party.
  'Content-Security-Policy': policy("'self' data: blob:"),
};

/** The reader of a model owner's files, a worker with a policy of its own: it sees no texts, and may fetch models from the hub. */
const READER = /^\/assets\/reader\.worker-[\w-]+\.js$/;
const READER_POLICY = policy("'self' data: blob: https://huggingface.co https://*.huggingface.co https://*.hf.co");

/** Browsers that have met the server by a certificate of its own come by nothing but https from then on. */
const ONLY_HTTPS = { 'Strict-Transport-Security': `max-age=${YEAR_S}` };

export interface RunningServer {
  port: number;
  dealers: Dealers | undefined;
  signalling: Signalling;
  /** SHA-256 of the certificate; undefined over plain HTTP. */
  fingerprint: string | undefined;
  close(reason: string): Promise<void>;
}

/**
 * Listens, or rejects with OptionError for a certificate that is none, or with the system's error (code EADDRINUSE, EACCES, ...). Port 0
 * takes any free one.
 */
export async function startServer(options: ServerOptions, dealing: DealersOptions = {}): Promise<RunningServer> {
  const { limits, trustProxy } = options;
  const app = express();
  const identity = identityOf(options);
  const http = identity ? createSecureServer(identity, app) : createServer(app);
  http.headersTimeout = HEADERS_MS;
  const dealers = options.dealer ? new Dealers(limits, dealing) : undefined;
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.set(HEADERS);
    if (READER.test(request.path)) response.set('Content-Security-Policy', READER_POLICY);
    // Nobody could get past the warning of a certificate that is made anew any more.
    if (identity && options.tls !== 'self-signed') response.set(ONLY_HTTPS);
    next();
  });
  app.get('/health', (_, response) => {
    response.json({ ok: true, sessions: dealers?.size ?? 0 });
  });
  app.get('/config.json', (_, response) => {
    response.set('Cache-Control', 'no-store');
    response.json({ version: PACKAGE.version, iceServers: options.iceServers, dealer: dealers !== undefined });
  });
  const signalling = new Signalling(app, http, limits);
  mountPage(app);

  const dealerSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CHUNK });
  const connections = new Tally(limits['address-connections']);
  const calls = new Rate(limits['address-calls'], 60);
  /** Why an address may not have another WebSocket; undefined, and it has one, if it may. */
  const refusal = (socket: WebSocket, address: string): string | undefined => {
    if (!calls.take(address)) return `Too many connections from your address (${calls.most} a minute). Wait a minute.`;
    if (!connections.take(address))
      return `Too many connections from your address (${connections.most} may be). Close some tabs.`;
    socket.on('close', () => connections.give(address));
    return undefined;
  };
  // One place decides who gets an upgrade: two WebSocket servers on one port would each refuse the other's guests.
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}); // a caller that hangs up is its own problem, and Node ends the process where nobody listens
    const answer = (status: string, reason: string) =>
      socket.end(
        `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${reason}\n`,
      );
    const foreign = originProblem(request, options);
    if (foreign) {
      answer('403 Forbidden', foreign);
      return;
    }
    const address = addressOf(request, trustProxy);
    // By hand, because `new URL` throws at some of what strangers send.
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (path.startsWith('/peerjs/'))
      signalling.sockets.handleUpgrade(request, socket, head, (client) => {
        const reason = refusal(client, address);
        if (reason === undefined) signalling.accept(client, request, address);
        else refuse(client, reason);
      });
    else if (path === '/dealer' && dealers)
      dealerSockets.handleUpgrade(request, socket, head, (client) => {
        const reason = refusal(client, address);
        if (reason === undefined) dealers.accept(client, address);
        else turnAway(client, reason);
      });
    else answer('404 Not Found', 'There is nothing to connect to here.');
  });

  await listen(http, options);
  return {
    port: (http.address() as AddressInfo).port,
    dealers,
    signalling,
    fingerprint: identity?.fingerprint,
    async close(reason) {
      dealers?.close(reason);
      signalling.close(reason);
      await new Promise((resolve) => {
        http.close(resolve);
        setTimeout(() => http.closeAllConnections(), 500).unref();
      });
    },
  };
}

/** The built page. Hashed names never change; every other path that is no file is the page itself. */
function mountPage(app: express.Express): void {
  app.use('/assets', express.static(`${DIST}assets`, { immutable: true, maxAge: '1y', fallthrough: false }));
  app.use(express.static(DIST, { maxAge: 0 }));
  app.get(/.*/, (request, response) => {
    const page = `${DIST}index.html`;
    if (/\.\w+$/.test(request.path)) response.status(404).type('text').send('There is no such file.');
    else if (existsSync(page)) response.set('Cache-Control', 'no-cache').sendFile(page);
    else response.status(503).type('text').send('The page is not built yet: npm run build');
  });
}

function listen(http: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve();
    });
  });
}
