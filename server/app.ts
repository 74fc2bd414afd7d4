/**
 * Everything one server does: the built page, PeerJS signalling, the hosted dealer, and two small answers.
 *
 * It sees who calls whom and, as the dealer, its own randomness, but no part of an invitation that would let it in between. What the two parties tell each other goes from
 * browser to browser.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { ExpressPeerServer } from 'peer';
import { WebSocketServer } from 'ws';
import { Dealers, type DealersOptions } from './dealers';
import type { ServerOptions } from './options';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const PACKAGE = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

/** Chunks are 64 KiB, signalling messages a few KiB. */
const MAX_PAYLOAD = 256 << 10;

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

export interface RunningServer {
  port: number;
  dealers: Dealers | undefined;
  close(reason: string): Promise<void>;
}

/** Listens, or rejects with the system's error (code EADDRINUSE, EACCES, ...). Port 0 takes any free one. */
export async function startServer(options: ServerOptions, dealing: DealersOptions = {}): Promise<RunningServer> {
  const app = express();
  const http = createServer(app);
  const dealers = options.dealer ? new Dealers(dealing) : undefined;
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    response.set(HEADERS);
    if (READER.test(request.path)) response.set('Content-Security-Policy', READER_POLICY);
    next();
  });
  app.get('/health', (_, response) => {
    response.json({ ok: true, sessions: dealers?.size ?? 0 });
  });
  app.get('/config.json', (_, response) => {
    response.set('Cache-Control', 'no-store');
    response.json({ version: PACKAGE.version, iceServers: options.iceServers, dealer: dealers !== undefined });
  });
  const signalling = mountSignalling(app, http);
  mountPage(app);

  const dealerSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD });
  // One place decides who gets an upgrade: two WebSocket servers on one port would each refuse the other's guests.
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}); // a caller that hangs up is its own problem, and Node ends the process where nobody listens
    // By hand, because `new URL` throws at some of what strangers send.
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (path.startsWith('/peerjs/'))
      signalling.handleUpgrade(request, socket, head, (client) => signalling.emit('connection', client, request));
    else if (path === '/dealer' && dealers)
      dealerSockets.handleUpgrade(request, socket, head, (client) =>
        dealers.accept(client, addressOf(request, options.behindProxy)),
      );
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });

  await listen(http, options);
  return {
    port: (http.address() as AddressInfo).port,
    dealers,
    async close(reason) {
      dealers?.close(reason);
      for (const client of signalling.clients) client.close(1001, reason);
      await new Promise((resolve) => {
        http.close(resolve);
        setTimeout(() => http.closeAllConnections(), 500).unref();
      });
    },
  };
}

function mountSignalling(app: express.Express, http: Server): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD });
  const peers = ExpressPeerServer(http, {
    path: '/',
    // Pages in the background may beat once a minute only.
    alive_timeout: 150_000,
    // How long a joiner waits to hear that nobody is there.
    expire_timeout: 2000,
    createWebSocketServer: () => sockets,
  });
  peers.on('error', () => {}); // a client's broken socket or message is its own problem
  app.use('/peerjs', peers);
  return sockets;
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

function addressOf(request: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? request.headers['x-forwarded-for'] : undefined;
  const last = [forwarded].flat().at(-1)?.split(',').at(-1)?.trim();
  return last || (request.socket.remoteAddress ?? 'unknown');
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
