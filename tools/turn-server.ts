/** A real TURN server (Debian's coturn) on this machine, for pages that may use nothing else. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { selfSigned } from '../server/certificate';

export const isTurnThere = (): boolean => {
  try {
    execFileSync('turnserver', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

export const TURN_USER = { username: 'anna', credential: 'se:cret, 100 %' };

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export interface TurnServer {
  /** Of UDP and TCP. */
  port: number;
  /** With TLS. */
  securePort: number;
  close(): void;
}

/** Resolves once it answers. */
export async function startTurn(): Promise<TurnServer> {
  const [port, securePort] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'turn-'));
  const file = join(folder, 'turnserver.conf');
  const lines = {
    ...{ 'listening-ip': '127.0.0.1', 'relay-ip': '127.0.0.1', 'listening-port': port, realm: 'example.org' },
    ...{ 'tls-listening-port': securePort, cert: join(folder, 'cert.pem'), pkey: join(folder, 'key.pem') },
    ...{ user: `${TURN_USER.username}:${TURN_USER.credential}` },
    ...{ pidfile: join(folder, 'pid'), 'log-file': join(folder, 'log') },
  };
  const flags = ['lt-cred-mech', 'fingerprint', 'allow-loopback-peers', 'no-cli', 'no-dtls', 'simple-log'];
  writeFileSync(file, [...Object.entries(lines).map((pair) => pair.join('=')), ...flags].join('\n'));
  const { cert, key } = selfSigned(['127.0.0.1']);
  writeFileSync(lines.cert, cert);
  writeFileSync(lines.pkey, key);
  const process = spawn('turnserver', ['-c', file], { stdio: 'ignore' });
  const answers = async () => {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  };
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 100));
  const close = () => {
    process.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, securePort, close };
}

/** Pages of this context have no way but through a TURN server: through these, or those that they know where there are none. */
export async function relayOnly(context: BrowserContext, iceServers?: RTCIceServer[]): Promise<void> {
  await context.addInitScript((servers) => {
    const Own = RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Own {
      constructor(how?: RTCConfiguration) {
        super({ ...how, ...(servers && { iceServers: servers }), iceTransportPolicy: 'relay' });
      }
    };
  }, iceServers);
}
