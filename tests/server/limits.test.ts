/** Strangers who want more of a real server than is theirs, over real sockets. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type RunningServer, startServer } from '../../server/app';
import type { DealersOptions } from '../../server/dealers';
import type { Limits } from '../../server/limits';
import { type ServerOptions, USUAL_OPTIONS } from '../../server/options';
import { MOST_BODY } from '../../src/net/frames';
import { Gauge, MAX_CHUNK } from '../../src/net/link';
import { writeSeat } from '../../src/net/seat';
import { dealerUrl } from '../../src/net/websocket';
import { newName, order, party, STUB } from '../support/dealer-party';

const MIB = 2 ** 20;

let server: RunningServer | undefined;
const sockets: WebSocket[] = [];
/** How each of them ends. */
const closing = new WeakMap<WebSocket, Promise<{ code: number; reason: string }>>();
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await server?.close('the test is over');
  server = undefined;
});

interface StartOptions extends Partial<Omit<ServerOptions, 'limits'>> {
  limits?: Partial<Limits>;
  dealing?: DealersOptions;
}

async function start({ limits, dealing, ...options }: StartOptions = {}) {
  const all = { ...USUAL_OPTIONS, port: 0, ...options, limits: { ...USUAL_OPTIONS.limits, ...limits } };
  server = await startServer(all, { worker: STUB, ...dealing });
  return { ...server, dealers: server.dealers! };
}

async function pair(port: number) {
  const name = newName();
  const sides = [party(port, name, 'data-owner'), party(port, name, 'model-owner')] as const;
  await sides[0].send(order('hello'));
  await Promise.all(sides.map((side) => side.receive()));
  return sides;
}

function call(url: string, options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(url, options);
  socket.on('error', () => {});
  sockets.push(socket);
  closing.set(
    socket,
    new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }))),
  );
  return socket;
}

const reasonOf = async (socket: WebSocket) => (await closing.get(socket))?.reason;
const codeOf = async (socket: WebSocket) => (await closing.get(socket))?.code;

describe('a party that does not read', () => {
  it('makes its dealer wait, with no more before it than a link holds, and goes on when it reads', async () => {
    const { port, dealers } = await start();
    const name = newName();
    const dataOwner = party(port, name, 'data-owner');
    const deaf = call(dealerUrl(`http://127.0.0.1:${port}/`));
    await once(deaf, 'open');
    deaf.send(writeSeat({ name, role: 'model-owner' }));
    deaf.pause();
    const beats = setInterval(() => deaf.send(new Uint8Array(0)), 500);
    try {
      await dataOwner.send(order('flood'));
      await dataOwner.receive();
      const settled = async () => {
        for (;;) {
          const { messages } = dataOwner.received;
          await new Promise((resolve) => setTimeout(resolve, 700));
          if (dataOwner.received.messages === messages) return messages;
        }
      };
      const messages = await settled();
      const { high } = new Gauge();
      // The socket's share and the worker's port's, each a chunk above the mark; a chunk has a header of at most 10 bytes, as beats have.
      const most = 2 * (high + MAX_CHUNK) + 10 * ((2 * high) / MAX_CHUNK + 20);
      expect(dealers.waiting).toBeGreaterThanOrEqual(high);
      expect(dealers.waiting).toBeLessThanOrEqual(most);
      // The rest is with the operating system.
      expect(messages).toBeLessThan((2 * high) / MOST_BODY + 10);
      expect(await settled()).toBe(messages);
      deaf.resume();
      await expect.poll(() => dataOwner.received.messages, { timeout: 5000 }).toBeGreaterThan(2 * messages + 10);
    } finally {
      clearInterval(beats);
    }
  });
});

describe('a party that sends what nobody asked for', () => {
  it.each([
    ['while the dealer waits for something else', 'ignore'],
    ['while the dealer computes', 'compute'],
  ])('is told so, and the session ends: %s', async (_, what) => {
    const { port, dealers } = await start({ limits: { unread: 2 } });
    const [dataOwner, modelOwner] = await pair(port);
    await dataOwner.send(order(what));
    await new Promise((resolve) => setTimeout(resolve, 100));
    (async () => {
      for (;;) await modelOwner.send(order('more', MIB));
    })().catch(() => {});
    // In the channel or, if they come faster than the worker looks, on the way to it.
    expect(await modelOwner.closed).toMatch(/\d+ bytes came before any were (asked for|read); 2097152 may wait/);
    await dataOwner.closed;
    await expect.poll(() => dealers.size).toBe(0);
  });

  it('before the other one is there, has little of it kept', async () => {
    const { port } = await start();
    const eager = party(port, newName(), 'data-owner');
    eager.send(order('x', 2 * MIB)).catch(() => {});
    expect(await eager.closed).toMatch(/more than 1048576 bytes came before anybody was there to read them/);
  });

  it('is cut off when its messages are longer than chunks are', async () => {
    const { port } = await start();
    const socket = call(dealerUrl(`http://127.0.0.1:${port}/`));
    await once(socket, 'open');
    socket.send(new Uint8Array(MAX_CHUNK + 1));
    expect(await codeOf(socket)).toBe(1009);
  });
});

describe('the dealer', () => {
  it('gives the seat of who has waited longest to who comes, so that pairs always meet', async () => {
    const { port, dealers } = await start({ limits: { seats: 2 } });
    const squatters = [party(port, newName(), 'data-owner')];
    for (let i = 2; i < 5; i++) {
      await expect.poll(() => dealers.size).toBe(Math.min(i - 1, 2));
      squatters.push(party(port, newName(), 'data-owner'));
    }
    expect(await squatters[0]!.closed).toMatch(/^Your place at the dealer went to somebody who came later/);
    await squatters[1]!.closed;
    expect(dealers.size).toBe(2);
    const [dataOwner] = await pair(port);
    expect(await squatters[2]!.closed).toMatch(/^Your place/);
    dataOwner.close('done');
  });

  it('has so many seats for an address, and for sessions', async () => {
    const { port } = await start({ limits: { 'address-seats': 3 } });
    const [dataOwner, modelOwner] = await pair(port);
    const waiting = party(port, newName(), 'data-owner');
    await expect.poll(() => server?.dealers?.size).toBe(2);
    expect(await party(port, newName(), 'data-owner').closed).toMatch(/^Too many parties of your address .*\(3 may\)/);
    waiting.close('done');
    dataOwner.close('done');
    await modelOwner.closed;
    await expect.poll(() => server?.dealers?.size).toBe(0);
    await pair(port);

    await server?.close('next');
    const { port: other } = await start({ limits: { sessions: 1 } });
    await pair(other);
    const name = newName();
    const [one, two] = [party(other, name, 'data-owner'), party(other, name, 'model-owner')];
    expect(await one.closed).toMatch(/^The dealer is serving as many sessions as it can/);
    expect(await two.closed).toMatch(/^The dealer is serving as many sessions as it can/);
  });

  it('has so much memory, for each session what it asks for', async () => {
    const { port, dealers } = await start({ limits: { memory: 300, 'address-memory': 300 } });
    const [[greedy, other], [modest]] = [await pair(port), await pair(port)];
    expect(dealers.memory).toBe(2 * 64 * MIB);
    await greedy.send(order('reserve 150'));
    await other.receive();
    expect(dealers.memory).toBe((150 + 2 * 64) * MIB);
    await modest.send(order('reserve 30'));
    expect(await modest.closed).toMatch(/its memory is taken by other sessions: try again later/);
    await expect.poll(() => dealers.memory).toBe((150 + 64) * MIB);
    const name = newName();
    const late = [party(port, name, 'data-owner'), party(port, name, 'model-owner')];
    await late[0]!.send(order('reserve 20'));
    await late[1]!.receive();
    expect(await party(port, newName(), 'dealer').closed).toMatch(/role must be/);
    const last = newName();
    party(port, last, 'data-owner');
    expect(await party(port, last, 'model-owner').closed).toMatch(/as many sessions as it can/);
  });

  it('has no more of it for one address than for others together', async () => {
    const { port } = await start({ trustProxy: true, limits: { memory: 1000, 'address-memory': 300 } });
    const ask = async (from: string, megabytes: number) => {
      const headers = { 'x-forwarded-for': from };
      const name = newName();
      const [dataOwner, modelOwner] = (['data-owner', 'model-owner'] as const).map((role) =>
        party(port, name, role, {}, { headers, origin: `http://127.0.0.1:${port}` }),
      );
      await dataOwner!.send(order(`reserve ${megabytes}`));
      return Promise.race([modelOwner!.receive().then(() => 'granted'), modelOwner!.closed]);
    };
    expect(await ask('203.0.113.1', 150)).toBe('granted');
    expect(await ask('203.0.113.1', 150)).toMatch(/its memory for one address is taken: try again later/);
    expect(await ask('203.0.113.2', 150)).toBe('granted');
  });

  it('ends a session that says nothing', async () => {
    const { port } = await start({ limits: { 'session-idle': 3 / 60 }, dealing: { keepAlive: { beatMs: 100 } } });
    const [dataOwner, modelOwner] = await pair(port);
    const started = performance.now();
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await dataOwner.send(order('hello'));
    }
    expect(await modelOwner.closed).toMatch(/^Nothing was asked of the dealer for .* minutes/);
    // Its beats go on all the time; what it said counted.
    expect(performance.now() - started).toBeGreaterThan(6500);
  });

  it('deals so much a day to an address', async () => {
    const { port } = await start({ limits: { 'address-dealt': 5 / 1024 } });
    const [dataOwner, modelOwner] = await pair(port);
    // Dealt to both: 4 MiB, and then 4 more.
    await dataOwner.send(order('x', 2 * MIB));
    await modelOwner.receive();
    await dataOwner.send(order('x', 2 * MIB));
    expect(await modelOwner.closed).toMatch(/^Your address was dealt .* GiB today/);
  });
});

describe('an address', () => {
  const dealer = (port: number) => dealerUrl(`http://127.0.0.1:${port}/`);

  it('has so many connections, of both kinds together', async () => {
    const { port } = await start({ limits: { 'address-connections': 2 } });
    await once(call(dealer(port)), 'open');
    const page = signal(port, 'a');
    await page.opened();
    expect(await reasonOf(call(dealer(port)))).toMatch(/^Too many connections from your address \(2 may be\)/);
    const refused = signal(port, 'b');
    expect((await refused.next()).payload.msg).toMatch(/^Too many connections/);
    page.socket.close();
    await codeOf(page.socket);
    await signal(port, 'c').opened();
  });

  it('makes so many a minute', async () => {
    const { port } = await start({ limits: { 'address-calls': 3 } });
    for (let i = 0; i < 3; i++)
      call(dealer(port)).once('open', function () {
        this.close();
      });
    await expect.poll(() => sockets.every(({ readyState }) => readyState === WebSocket.CLOSED)).toBe(true);
    expect(await reasonOf(call(dealer(port)))).toMatch(/^Too many connections from your address \(3 a minute\)/);
  });

  it('is what the proxy says, where it is trusted, and not what the caller says', async () => {
    const from = (port: number, chain: string) =>
      call(dealer(port), { headers: { 'x-forwarded-for': chain }, origin: `http://127.0.0.1:${port}` });
    const { port } = await start({ trustProxy: true, limits: { 'address-connections': 1 } });
    await once(from(port, '203.0.113.1'), 'open');
    expect(await reasonOf(from(port, '198.51.100.7, 203.0.113.1'))).toMatch(/^Too many connections/);
    await once(from(port, '203.0.113.1, 203.0.113.2'), 'open');
    await once(from(port, '2001:db8:1:2:3::4'), 'open');
    expect(await reasonOf(from(port, '2001:db8:1:2:ffff::'))).toMatch(/^Too many connections/);
    await once(from(port, '2001:db8:1:3::'), 'open');

    await server?.close('next');
    const { port: other } = await start({ limits: { 'address-connections': 1 } });
    await once(from(other, '203.0.113.1'), 'open');
    expect(await reasonOf(from(other, '203.0.113.2'))).toMatch(/^Too many connections/);
  });
});

describe('pages of other origins', () => {
  /** The status of the answer to an upgrade. */
  const answer = (port: number, path: string, headers: Record<string, string>) =>
    new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const asking = request({
        port,
        host: '127.0.0.1',
        path,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      });
      asking.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve({ status: statusCode, text: '' });
      });
      asking.on('response', async (response) => {
        let text = '';
        for await (const data of response) text += data;
        resolve({ status: response.statusCode, text });
      });
      asking.on('error', reject);
      asking.end();
    });
  const paths = ['/dealer', '/peerjs/peerjs?key=peerjs&id=a&token=t'];

  it.each(paths)('may not call, but for those that are allowed: %s', async (path) => {
    const { port } = await start({ origins: ['https://allowed.example'] });
    const of = async (origin: string, more = {}) => answer(port, path, { origin, ...more });
    expect((await of(`http://127.0.0.1:${port}`)).status).toBe(101);
    expect((await of('https://allowed.example')).status).toBe(101);
    expect((await of('http://name.example', { host: 'name.example:80' })).status).toBe(101);
    const foreign = await of('https://evil.example');
    expect(foreign.status).toBe(403);
    expect(foreign.text).toBe(
      'A page of https://evil.example may not call this server. If it is the server’s own page under another name: --origin https://evil.example\n',
    );
    for (const origin of ['null', `http://127.0.0.1:${port + 1}`, 'https://allowed.example.evil'])
      expect((await of(origin)).status).toBe(403);
    expect((await of('https://evil.example', { 'x-forwarded-host': 'evil.example' })).status).toBe(403);
  });

  it('are told from programs, which may call from this machine', async () => {
    const path = paths[0]!;
    const remote = { 'x-forwarded-for': '203.0.113.1' };
    const { port } = await start({ trustProxy: true });
    expect((await answer(port, path, {})).status).toBe(101);
    expect(await answer(port, path, remote)).toMatchObject({ status: 403, text: /--allow-no-origin/ });
    const proxied = { ...remote, origin: 'https://name.example', 'x-forwarded-host': 'name.example' };
    expect((await answer(port, path, proxied)).status).toBe(101);
    await server?.close('next');
    const { port: open } = await start({ trustProxy: true, allowNoOrigin: true });
    expect((await answer(open, path, remote)).status).toBe(101);
  });

  it('read nothing of the signalling either', async () => {
    const { port } = await start();
    const response = await fetch(`http://127.0.0.1:${port}/peerjs/peerjs/id`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

interface Signal {
  type: string;
  src?: string;
  payload: { msg: string };
}

/** A page at the signalling. */
function signal(port: number, id: string) {
  const socket = call(`ws://127.0.0.1:${port}/peerjs/peerjs?key=peerjs&id=${id}&token=t`);
  const arrived: Signal[] = [];
  socket.on('message', (data) => arrived.push(JSON.parse(String(data)) as Signal));
  const next = async () => {
    await expect.poll(() => arrived.length).toBeGreaterThan(0);
    return arrived.shift()!;
  };
  const opened = async () => expect((await next()).type).toBe('OPEN');
  const say = (type: string, dst?: string, payload: unknown = 0) => socket.send(JSON.stringify({ type, dst, payload }));
  return { socket, arrived, next, opened, say };
}

describe('the signalling', () => {
  it('introduces pages, and answers at once for those that are not there', async () => {
    const { port } = await start();
    const [a, b] = [signal(port, 'a'), signal(port, 'b')];
    await Promise.all([a.opened(), b.opened()]);
    a.say('OFFER', 'b', { hello: 1 });
    expect(await b.next()).toEqual({ type: 'OFFER', src: 'a', dst: 'b', payload: { hello: 1 } });
    a.say('OFFER', 'nobody');
    expect(await a.next()).toEqual({ type: 'EXPIRE', src: 'nobody' });
    // It was not kept for somebody who comes later.
    const nobody = signal(port, 'nobody');
    await nobody.opened();
    a.say('CANDIDATE', 'nobody');
    expect(await nobody.next()).toMatchObject({ type: 'CANDIDATE' });
  });

  it('has so many places for an address', async () => {
    const { port } = await start({ limits: { 'address-ids': 2 } });
    const [a, b] = [signal(port, 'a'), signal(port, 'b')];
    await Promise.all([a.opened(), b.opened()]);
    const third = signal(port, 'c');
    expect((await third.next()).payload.msg).toBe(
      'Too many pages of your address are open here (2 may). Close some of them.',
    );
    expect(await reasonOf(third.socket)).toMatch(/^Too many pages/);
    a.socket.close();
    await codeOf(a.socket);
    await signal(port, 'd').opened();
  });

  it('takes so many messages a second, and joins a minute', async () => {
    const { port } = await start({ limits: { 'address-signals': 10, 'address-joins': 3 } });
    const chatty = signal(port, 'a');
    await chatty.opened();
    for (let i = 0; i < 20; i++) chatty.say('HEARTBEAT');
    expect((await chatty.next()).payload.msg).toMatch(/^Too many messages from your address at once/);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const guesser = signal(port, 'b');
    await guesser.opened();
    for (let i = 0; i < 4; i++) guesser.say('OFFER', `secfwt-${i}-host`);
    await expect.poll(() => guesser.arrived.map(({ type }) => type)).toEqual(['EXPIRE', 'EXPIRE', 'EXPIRE', 'ERROR']);
    expect(guesser.arrived[3]!.payload.msg).toMatch(/^Too many joins from your address \(3 a minute\)/);
    expect(await reasonOf(guesser.socket)).toMatch(/^Too many joins/);
  });

  it('keeps so many bytes for a page that does not read, and hangs up on it', async () => {
    const { port, signalling } = await start({
      limits: { backlog: 256, 'address-signals': 1e6, 'address-joins': 1e6 },
    });
    const [deaf, loud] = [signal(port, 'deaf'), signal(port, 'loud')];
    await Promise.all([deaf.opened(), loud.opened()]);
    deaf.socket.pause();
    const payload = 'x'.repeat(50 << 10);
    let most = 0;
    // Until it is gone, for who speaks to it.
    while (loud.arrived.length === 0) {
      if (loud.socket.bufferedAmount < MIB) loud.say('OFFER', 'deaf', payload);
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, signalling.waiting);
    }
    expect((await loud.next()).type).toBe('EXPIRE');
    expect(most).toBeGreaterThan(128 << 10);
    expect(most).toBeLessThanOrEqual((256 << 10) + 1024);
    expect(loud.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('hangs up on what is no message', async () => {
    const { port } = await start();
    for (const text of ['', 'null', '[]', '{"type":7}', '{"type":"OFFER","dst":{}}']) {
      const { socket, opened } = signal(port, 'a');
      await opened();
      socket.send(text);
      expect(await reasonOf(socket)).toBe('This server speaks PeerJS. Reload the page.');
    }
    const long = signal(port, 'b');
    await long.opened();
    long.say('OFFER', 'a', 'x'.repeat(64 << 10));
    expect(await codeOf(long.socket)).toBe(1009);
  });
});
