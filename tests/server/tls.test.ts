/** A real server over https, and what a browser makes of it and of plain http. */
import { spawn } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ownAddresses } from '../../server/addresses';
import { type RunningServer, startServer } from '../../server/app';
import { selfSigned } from '../../server/certificate';
import { OptionError, type ServerOptions, USUAL_OPTIONS } from '../../server/options';
import { QUIET } from '../../tools/chromium-flags';
import { findBrowser } from '../../tools/ensure.mjs';
import { STUB } from '../support/dealer-party';

const folder = mkdtempSync(join(tmpdir(), 'secfwt-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close('the test is over');
  server = undefined;
});

async function start(options: Partial<ServerOptions>): Promise<RunningServer> {
  server = await startServer({ ...USUAL_OPTIONS, port: 0, ...options }, { worker: STUB });
  return server;
}

describe('a certificate made here', () => {
  const now = Date.UTC(2026, 0, 31);
  const { cert, key } = selfSigned(['localhost', 'box.example', '192.0.2.200', '::1', '2001:db8::ff00:1'], now);
  const read = new X509Certificate(cert);

  it('vouches for itself, is of its key, and no authority', () => {
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(read.ca).toBe(false);
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('is for the names and addresses, from an hour ago for a year', () => {
    for (const name of ['localhost', 'box.example']) expect(read.checkHost(name)).toBe(name);
    for (const ip of ['192.0.2.200', '::1', '2001:db8::ff00:1']) expect(read.checkIP(ip)).toBe(ip);
    expect(read.checkHost('other.example')).toBeUndefined();
    expect(read.checkIP('192.0.2.201')).toBeUndefined();
    expect(Date.parse(read.validFrom)).toBe(now - 60 * 60_000);
    expect(Date.parse(read.validTo)).toBe(now + 365 * 24 * 60 * 60_000);
  });

  it('is another one each time', () => {
    const other = new X509Certificate(selfSigned(['localhost'], now).cert);
    expect(other.serialNumber).not.toBe(read.serialNumber);
    expect(read.serialNumber).toHaveLength(32);
  });
});

describe('a server with a certificate', () => {
  const given = selfSigned(['127.0.0.1']);

  it('answers by https and wss, checked against it, and lets browsers come by nothing else', async () => {
    const tls = { cert: file('cert.pem', given.cert), key: file('key.pem', given.key) };
    const { port, fingerprint } = await start({ tls });
    expect(fingerprint).toBe(new X509Certificate(given.cert).fingerprint256);
    const [response] = await once(get(`https://127.0.0.1:${port}/health`, { ca: given.cert }), 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
    expect(response.headers['strict-transport-security']).toBe('max-age=31536000');
    expect(response.headers['cross-origin-opener-policy']).toBe('same-origin');
    for (const path of ['dealer', 'peerjs/peerjs?key=peerjs&id=a&token=t']) {
      const socket = new WebSocket(`wss://127.0.0.1:${port}/${path}`, { ca: given.cert });
      await once(socket, 'open');
      socket.close();
    }
    const [error] = await once(get(`https://127.0.0.1:${port}/health`), 'error');
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  });

  it('names what is wrong with its files', async () => {
    const [cert, key] = [file('cert.pem', given.cert), file('key.pem', given.key)];
    const other = file('other.pem', selfSigned(['127.0.0.1']).key);
    const nothing = file('nothing.pem', 'nothing');
    const missing = join(folder, 'missing.pem');
    for (const [tls, message] of [
      [{ cert: missing, key }, `${missing} cannot be read: ENOENT`],
      [{ cert, key: other }, `${cert} and ${other}: no certificate in PEM and the key that belongs to it (`],
      [{ cert: nothing, key }, `${nothing} and ${key}: no certificate in PEM`],
    ] as const) {
      const starting = start({ tls });
      await expect(starting).rejects.toThrow(OptionError);
      await expect(starting).rejects.toThrow(message);
    }
  });
});

it('as a process with --self-signed, the server prints the fingerprint of what it shows', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts', '--port', '0', '--self-signed'], {
    cwd: root,
  });
  try {
    let output = '';
    for await (const data of child.stdout.iterator({ destroyOnReturn: false })) {
      output += data;
      if (output.includes('Ctrl+C')) break;
    }
    const [, port] = /https:\/\/127\.0\.0\.1:(\d+)\//.exec(output) ?? [];
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    expect(output).toContain(`\n  ${socket.getPeerX509Certificate()?.fingerprint256}\n`);
    socket.destroy();
  } finally {
    child.kill();
  }
});

describe('a browser on another machine', () => {
  let browser: Browser;
  // Without a network: a name that is not localhost's, which the browser takes for one of another machine.
  const host = ownAddresses()[0] ?? 'machine.example';
  beforeAll(async () => {
    const args = [...QUIET, '--host-resolver-rules=MAP machine.example 127.0.0.1'];
    browser = await chromium.launch({ executablePath: findBrowser(), args });
  });
  afterAll(() => browser?.close());

  it('is told over plain http what is wrong and what to do, and nothing else', async () => {
    const { port } = await start({ host: '0.0.0.0' });
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`http://${host}:${port}/#/join/AAAA-AAAA?role=data-owner`);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await page.getByTestId('insecure').waitFor();
    expect(await page.getByRole('heading').allTextContents()).toEqual(['This address is not encrypted']);
    const secure = `https://${host}:${port}/#/join/AAAA-AAAA?role=data-owner`;
    expect(await page.getByRole('link').getAttribute('href')).toBe(secure);
    const text = await page.getByRole('main').textContent();
    for (const remedy of ['--self-signed', '--cert FILE --key FILE', `http://localhost:${port}/`])
      expect(text).toContain(remedy);
    expect(errors).toEqual([]);
    await page.close();
  });

  it('has over https with a certificate made here all that a session needs', async () => {
    const { port } = await start({ host: '0.0.0.0', tls: 'self-signed' });
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const [waits, comes] = [await context.newPage(), await context.newPage()];
    const response = await waits.goto(`https://${host}:${port}/#/session?role=data-owner&host=1`);
    // With it, nobody could get past the warning of the next certificate.
    expect(response?.headers()['strict-transport-security']).toBeUndefined();
    expect(await waits.evaluate(() => isSecureContext && crossOriginIsolated)).toBe(true);
    const code = await waits.getByTestId('session-code').textContent();
    await comes.goto(`https://${host}:${port}/#/session?role=model-owner&code=${code}&model=tiny`);
    await expect.poll(() => server?.dealers?.size, { timeout: 30_000 }).toBe(1);
    await context.close();
  });
});
