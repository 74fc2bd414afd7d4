import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningServer, startServer } from '../../server/app';
import type { DealersOptions } from '../../server/dealers';
import { LIMITS, type Limits } from '../../server/limits';
import { OptionError, readIceServers, readOptions, USAGE, USUAL_OPTIONS } from '../../server/options';
import { dealerUrl } from '../../src/net/websocket';
import { ServerProcess, spawnServer } from '../../tools/server-process';
import { newName, order, party, STUB } from '../support/dealer-party';

const QUIET = { ...USUAL_OPTIONS, port: 0 };
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close('the test is over');
  server = undefined;
});

async function start(dealing: DealersOptions = {}, limits: Partial<Limits> = {}): Promise<RunningServer> {
  server = await startServer({ ...QUIET, limits: { ...QUIET.limits, ...limits } }, { worker: STUB, ...dealing });
  return server;
}

describe('the dealer’s door', () => {
  it('pairs the two parties of a session and carries messages of megabytes to both', async () => {
    const { port, dealers } = await start();
    const name = newName();
    const dataOwner = party(port, name, 'data-owner');
    const message = order('echo\0\0\0\0\0\0\0\0\0\0\0\0', 3_000_000);
    // Sent before the other one is there: kept, not lost. Small, because little is kept.
    await dataOwner.send(order('hello'));
    const modelOwner = party(port, name.toLowerCase(), 'model-owner');
    expect((await modelOwner.receive()).body).toEqual(order('hello').body);
    await dataOwner.receive();
    await dataOwner.send(message);
    for (const side of [dataOwner, modelOwner])
      expect(Buffer.compare((await side.receive()).body, message.body)).toBe(0);
    expect(dealers?.size).toBe(1);
    await dataOwner.send(order('finish'));
    expect(await dataOwner.closed).toBe('the dealer has finished');
    expect(await modelOwner.closed).toBe('the dealer has finished');
    await expect.poll(() => dealers?.size).toBe(0);
  });

  it('keeps sessions apart', async () => {
    const { port } = await start();
    const pairs = [newName(), newName()].map((name) => [
      party(port, name, 'data-owner'),
      party(port, name, 'model-owner'),
    ]);
    await Promise.all(pairs.map(([dataOwner], i) => dataOwner!.send(order(`session ${i}`))));
    for (const [i, pair] of pairs.entries())
      for (const side of pair) expect((await side.receive()).body).toEqual(order(`session ${i}`).body);
  });

  it('tells the one when the other drops', async () => {
    const { port, dealers } = await start();
    const name = newName();
    const [dataOwner, modelOwner] = [party(port, name, 'data-owner'), party(port, name, 'model-owner')];
    await dataOwner.send(order('hello'));
    await modelOwner.receive();
    dataOwner.close('I pressed stop');
    expect(await modelOwner.closed).toBe('the data owner left: I pressed stop');
    await expect.poll(() => dealers?.size).toBe(0);
  });

  it('tells the one when the other falls silent', async () => {
    const fast = { beatMs: 100, silenceMs: 600 };
    const { port } = await start({ keepAlive: fast });
    const name = newName();
    const silent = party(port, name, 'data-owner', false);
    const modelOwner = party(port, name, 'model-owner', fast);
    const reasons = await Promise.all([modelOwner.closed, silent.closed]);
    expect(reasons[0]).toBe('the data owner left: the other side has been silent for 0.6 s');
    expect(reasons[1]).toBe('the other side has been silent for 0.6 s');
  });

  it('does not take a computing dealer for a dead one', async () => {
    const fast = { beatMs: 200, silenceMs: 1800 };
    const { port } = await start({ keepAlive: fast });
    const name = newName();
    const [dataOwner, modelOwner] = [party(port, name, 'data-owner', fast), party(port, name, 'model-owner', fast)];
    const started = performance.now();
    await dataOwner.send(order('compute'));
    expect((await modelOwner.receive()).body).toEqual(order('compute').body);
    expect((await dataOwner.receive()).body).toEqual(order('compute').body);
    expect(performance.now() - started).toBeGreaterThan(2000);
  });

  it('tells both when the dealer fails or dies', async () => {
    const { port } = await start();
    for (const [what, why] of [
      ['crash', /^the dealer failed: out of randomness$/],
      ['exit', /^the (dealer ended|worker that used the connection has ended)$/],
    ] as const) {
      const name = newName();
      const [dataOwner, modelOwner] = [party(port, name, 'data-owner'), party(port, name, 'model-owner')];
      await dataOwner.send(order(what));
      expect(await dataOwner.closed).toMatch(why);
      expect(await modelOwner.closed).toMatch(why);
    }
  });

  it('refuses a taken role, a bad name and a bad role, and says so', async () => {
    const { port, dealers } = await start();
    const name = newName();
    const first = party(port, name, 'data-owner');
    await expect.poll(() => dealers?.size).toBe(1);
    expect(await party(port, name, 'data-owner').closed).toBe(
      'The data owner of this session is already connected to the dealer.',
    );
    expect(await party(port, 'SHORT', 'data-owner').closed).toMatch(/^name must be 32 hexadecimal digits/);
    expect(await party(port, newName(), 'dealer').closed).toBe('role must be data-owner or model-owner');
    expect(dealers?.size).toBe(1);
    first.close('done');
    await expect.poll(() => dealers?.size).toBe(0);
  });

  it('lets nobody wait for ever', async () => {
    const { port, dealers } = await start({}, { 'seat-wait': 0.3 });
    const [a, b] = [party(port, newName(), 'data-owner'), party(port, newName(), 'model-owner')];
    await expect.poll(() => dealers?.size).toBe(2);
    expect(await a.closed).toMatch(/model owner did not come to the dealer in time/);
    expect(await b.closed).toMatch(/data owner did not come/);
    expect(dealers?.size).toBe(0);
  });

  it('waits for nobody who does not say whose it is, and has no name in its address', async () => {
    const { port, dealers } = await start({ seatMs: 200 });
    const url = dealerUrl(`http://127.0.0.1:${port}/`);
    expect(new URL(url).search).toBe('');
    const [, reason] = await once(new WebSocket(url), 'close');
    expect(String(reason)).toBe('No name of a session came.');
    expect(dealers?.size).toBe(0);
  });
});

describe('the server', () => {
  it('answers /health, /config.json and unknown upgrades', async () => {
    server = await startServer({ ...QUIET, dealer: false, iceServers: readIceServers('stun:s.example:3478') });
    const base = `http://127.0.0.1:${server.port}`;
    expect(await (await fetch(`${base}/health`)).json()).toEqual({ ok: true, sessions: 0 });
    const config = await fetch(`${base}/config.json`);
    expect(await config.json()).toMatchObject({ iceServers: [{ urls: 'stun:s.example:3478' }], dealer: false });
    expect(config.headers.get('content-security-policy')).toContain("connect-src 'self'");
    // Isolated: threads of the page may share memory.
    expect(config.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(config.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect((await fetch(`${base}/no-such-file.js`)).status).toBe(404);
    // The reader of models alone may reach the hub.
    const [reader] = readdirSync(`${ROOT}/dist/assets`).filter((name) => name.startsWith('reader.worker-'));
    const policyOf = async (path: string) => (await fetch(`${base}/${path}`)).headers.get('content-security-policy');
    expect(await policyOf(`assets/${reader}`)).toContain('https://huggingface.co');
    expect(await policyOf('')).not.toContain('huggingface');
    expect((await fetch(`${base}/peerjs/`)).status).toBe(200);
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/dealer`);
    const [error] = await once(socket, 'error');
    expect(error.message).toContain('404');
  });

  it('outlives upgrades with odd addresses and callers that hang up at once', async () => {
    const { port } = await start();
    for (const path of ['//', '/nowhere', '/peerjs/', '/dealer']) {
      const caller = connect(port, '127.0.0.1');
      await once(caller, 'connect');
      caller.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      if (path === '//') await once(caller.resume(), 'close');
      else caller.resetAndDestroy();
    }
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  it('as a process: says where it is, is noticed at once when killed, and names a taken port', async () => {
    const first = await ServerProcess.start();
    const dataOwner = party(first.port, newName(), 'data-owner');
    await dataOwner.send(order('hello'));
    const second = spawnServer(['--port', String(first.port)]);
    const [output, code] = await Promise.all([collect(second), once(second, 'exit')]);
    expect(code[0]).toBe(1);
    expect(output).toContain('The port is taken by another program');
    first.process.kill('SIGKILL');
    // And not its silence, which would take 4.5 s.
    expect(await dataOwner.closed).toBe('the connection to the server was lost');
  });

  it('as a process: a frozen one is noticed by its silence, and SIGTERM says goodbye', async () => {
    const frozen = await ServerProcess.start();
    const waiting = party(frozen.port, newName(), 'data-owner');
    await waiting.send(order('hello'));
    frozen.process.kill('SIGSTOP');
    expect(await waiting.closed).toBe('the other side has been silent for 4.5 s');
    frozen.process.kill('SIGKILL');

    const polite = await ServerProcess.start(['--port=0']);
    const other = party(polite.port, newName(), 'data-owner');
    await other.send(order('hello'));
    polite.process.kill('SIGTERM');
    expect(await other.closed).toBe('the server was stopped');
    if (polite.process.exitCode === null) await once(polite.process, 'exit');
    expect(polite.process.exitCode).toBe(0);
  });
});

describe('options', () => {
  it('flags win over the environment', () => {
    const env = { HOST: '0.0.0.0', PORT: '9000', ICE_SERVERS: 'stun:a:1' };
    expect(readOptions([], env)).toMatchObject({
      host: '0.0.0.0',
      port: 9000,
      iceServers: [{ urls: 'stun:a:1' }],
      dealer: true,
    });
    expect(readOptions(['--port', '1234', '--host=::1', '--ice', '', '--no-dealer'], env)).toMatchObject({
      host: '::1',
      port: 1234,
      iceServers: [],
      dealer: false,
    });
  });

  it('name what is limited, and how', () => {
    const { limits } = options('--limit', 'ids=7', '--limit=address-dealt=0.5');
    expect(limits).toEqual({ ...USUAL_OPTIONS.limits, ids: 7, 'address-dealt': 0.5 });
    expect(options().limits).toEqual(
      Object.fromEntries(Object.entries(LIMITS).map(([name, { usual }]) => [name, usual])),
    );
    for (const name of Object.keys(LIMITS)) expect(USAGE).toContain(`    ${name} `);
  });

  it('stand in the README, limits and all', () => {
    const text = readFileSync(`${ROOT}/README.md`, 'utf8');
    for (const [name, { usual, says }] of Object.entries(LIMITS)) {
      const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      const shown = ['memory', 'address-memory'].includes(name) ? /of the machine’s/ : String(usual);
      expect(row?.split(' | ')[1]).toMatch(shown);
      expect(row).toContain(`| ${says} |`);
    }
  });

  it('say who may call, and how the server shows who it is', () => {
    expect(options('--origin', 'https://a.example/path', '--origin=http://b.example:81').origins).toEqual([
      'https://a.example',
      'http://b.example:81',
    ]);
    expect(options('--trust-proxy', '--allow-no-origin')).toMatchObject({ trustProxy: true, allowNoOrigin: true });
    expect(options()).toMatchObject({ trustProxy: false, allowNoOrigin: false, origins: [], tls: undefined });
    expect(options('--cert', 'a.pem', '--key', 'b.pem').tls).toEqual({ cert: 'a.pem', key: 'b.pem' });
    expect(options('--self-signed').tls).toBe('self-signed');
  });

  it('ICE servers have credentials where needed', () => {
    expect(readIceServers('turn:17%3Ame:a%2Cb@[fd00::2]')).toEqual([
      { urls: 'turn:[fd00::2]', username: '17:me', credential: 'a,b' },
    ]);
    expect(readIceServers('stun:a:1, turns:me:pa:ss@b:2?transport=tcp')).toEqual([
      { urls: 'stun:a:1' },
      { urls: 'turns:b:2?transport=tcp', username: 'me', credential: 'pa:ss' },
    ]);
  });

  it.each([
    [['--port', 'many'], 'a port is a number'],
    [['--port'], '--port needs a value'],
    [['--port', '70000'], 'a port is a number'],
    [['--wat'], 'unknown option --wat'],
    [['--ice', 'turn:a'], 'needs a user and a password'],
    [['--ice', 'http://a'], 'neither stun'],
    [['--ice', 'turn:me:secret@a b'], '“turn:…@a b” is neither stun'],
    [['--ice', 'turn:me:100%@a'], 'write %25'],
    [['--limit', 'idz=5'], 'there is no limit idz; there are address-connections, '],
    [['--limit', 'ids=none'], '--limit ids=NUMBER takes a number above 0, not “none”'],
    [['--limit', 'ids'], '--limit ids=NUMBER takes a number above 0, not “”'],
    [['--origin', 'example.org'], 'an origin is like https://example.org, not example.org'],
    [['--cert', 'a.pem'], '--cert and --key go together'],
    [['--self-signed', '--key', 'a.pem'], 'choose one of the two'],
  ])('refuse %j', (args, message) => {
    expect(() => readOptions(args, {})).toThrow(OptionError);
    expect(() => readOptions(args, {})).toThrow(message);
  });
});

function options(...args: string[]) {
  const read = readOptions(args, {});
  if (read === 'help') throw new Error('help was not asked for');
  return read;
}

async function collect(child: ChildProcess): Promise<string> {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data) => (output += data));
  await once(child, 'close');
  return output;
}
