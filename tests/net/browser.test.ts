/** The links that only browsers have, between real pages and the real server. */
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../server/app';
import { USUAL_OPTIONS } from '../../server/options';
import { hostName, newCode, newKey } from '../../src/net/code';
import { QUIET } from '../../tools/chromium-flags';
import { findBrowser } from '../../tools/ensure.mjs';
import { type LyingSignalling, lieInFrontOf } from '../support/lying-signalling';

declare const net: typeof import('../support/net-page');
/** What a test leaves in a page for its next step. */
declare const kept: {
  host: import('../../src/net/host').Host;
  channel: import('../../src/net/frames').FramedChannel;
  met: import('../../src/net/authentication').Met;
  probe: import('../../src/net/probe').Probe;
  turned: import('../../src/net/host').Turned;
  heard: { role: string; bytes: number }[];
};

/** As it travels into a page: the key as a link has it. */
interface Invited {
  code: string;
  key: string;
}

const invite = (): Invited => ({ code: newCode(), key: newKey() });

let browser: Browser;
let server: RunningServer;
let script: string;

beforeAll(async () => {
  const bundled = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL('../support/net-page.ts', import.meta.url)), formats: ['iife'], name: 'net' },
    },
  });
  const [output] = [bundled].flat();
  if (!output || !('output' in output)) throw new Error('nothing was bundled');
  // Pages run it as a classic script's `var`, workers too.
  script = `${output.output[0].code};globalThis.net = net; globalThis.kept = {};`;
  // For pages of a dozen tests at once, which are all of one address.
  const limits = { ...USUAL_OPTIONS.limits, 'address-ids': 200, 'address-signals': 1000, 'address-joins': 1000 };
  server = await startServer(
    { ...USUAL_OPTIONS, port: 0, limits },
    { worker: new URL('../support/stub-worker.ts', import.meta.url) },
  );
  browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
});

afterAll(async () => {
  await browser?.close();
  await server?.close('the tests are over');
});

async function host(page: Page, { code, key }: Invited, role: string, port = server.port): Promise<void> {
  await page.evaluate(
    async ([code, key, role, port]) => {
      const signalling = { host: '127.0.0.1', port, secure: false };
      const self = { role: role as never, ownServer: false };
      kept.host = await net.hostLink({ code, key: net.parseKey(key) }, self, signalling, (turned) => {
        kept.turned = turned;
      });
      kept.host.next().then(({ link, met, probe }) => {
        kept.met = met;
        kept.probe = probe;
        kept.channel = new net.FramedChannel(net.keepAlive(link));
      });
    },
    [code, key, role, port] as const,
  );
}

/** Joins; the reason if that failed. */
function join(page: Page, { code, key }: Invited, role: string, port = server.port): Promise<string> {
  return page.evaluate(
    async ([code, key, role, port]) => {
      try {
        const signalling = { host: '127.0.0.1', port, secure: false };
        const self = { role: role as never, ownServer: false };
        const { link, met, probe } = await net.joinLink({ code, key: net.parseKey(key) }, self, signalling);
        kept.met = met;
        kept.probe = probe;
        kept.channel = new net.FramedChannel(net.keepAlive(link));
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    },
    [code, key, role, port] as const,
  );
}

/** What a typed code buys: the key, or the reason why not. */
function buy(page: Page, code: string, port = server.port): Promise<string> {
  return page.evaluate(
    async ([code, port]) => {
      try {
        const signalling = { host: '127.0.0.1', port, secure: false };
        const key = await net.fetchKey(code, { role: 'data-owner', ownServer: false }, signalling);
        return Array.from(key, (byte) => byte.toString(16).padStart(2, '0')).join('');
      } catch (error) {
        return (error as Error).message;
      }
    },
    [code, port] as const,
  );
}

const connected = (page: Page) => page.waitForFunction(() => kept.channel !== undefined);
const ended = (page: Page) => page.evaluate(() => kept.channel.closed);

interface Fixtures {
  /** Opens a page in a browser profile of its own, under the server's origin and its security headers. */
  open(options?: BrowserContextOptions): Promise<Page>;
  /** Two such pages that are connected, and the invitation by which they are. */
  pair(): Promise<[Page, Page, Invited]>;
}

/** Tests whose pages go with them, whatever runs beside them. */
const paged = it.extend<Fixtures>({
  async open({ task: _ }, use) {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext(options);
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${server.port}/health`);
      await page.evaluate(script);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  pair: ({ open }, use) =>
    use(async () => {
      const [left, right] = await Promise.all([open(), open()]);
      const invited = invite();
      await host(left, invited, 'data-owner');
      expect(await join(right, invited, 'model-owner')).toBe('');
      await connected(left);
      return [left, right, invited];
    }),
});

describe.concurrent('two pages', () => {
  paged('are two: a third one is refused, and may come when one has gone', async ({ open, pair }) => {
    const [left, right, invited] = await pair();
    const third = await open();
    expect(await join(third, invited, 'model-owner')).toMatch(/^Two people are already connected under this code/);
    // The two go on undisturbed.
    await left.evaluate(() => kept.channel.send({ kind: 'ring', pass: 0, round: 7, body: new Uint8Array(1) }));
    expect(await right.evaluate(async () => (await kept.channel.receive()).round)).toBe(7);
    await right.close();
    await ended(left);
    await left.evaluate(() => {
      kept.host.next().then(({ link }) => {
        kept.channel = new net.FramedChannel(link);
        kept.channel.send({ kind: 'control', pass: 0, round: 8, body: new Uint8Array(0) });
      });
    });
    expect(await join(third, invited, 'model-owner')).toBe('');
    expect(await third.evaluate(async () => (await kept.channel.receive()).round)).toBe(8);
  });

  // Chromium does so once in a hundred times or so.
  paged('meet where the browser says twice that their channel opened', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    for (const page of [left, right])
      await page.evaluate(() => {
        const { set } = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onopen')!;
        Object.defineProperty(RTCDataChannel.prototype, 'onopen', {
          set(listener: (event: Event) => void) {
            const twice = (event: Event) => {
              listener(event);
              listener(event);
            };
            set!.call(this, twice);
          },
        });
      });
    const invited = invite();
    await host(left, invited, 'data-owner');
    expect(await join(right, invited, 'model-owner')).toBe('');
  });

  paged('meet however many strangers hold connections open without a word', async ({ open }) => {
    const [left, right, crowd] = await Promise.all([open(), open(), open()]);
    const invited = invite();
    await host(left, invited, 'data-owner');
    const held = await crowd.evaluate(
      async ([id, port]) => {
        const peer = new net.Peer({ host: '127.0.0.1', port, path: '/peerjs', debug: 0 });
        await new Promise((resolve) => peer.on('open', resolve));
        let closed = 0;
        for (let i = 0; i < 24; i++) {
          const connection = peer.connect(id, { serialization: 'raw' });
          connection.on('close', () => closed++);
          // On a busy machine one is turned out, or given up, before it is open.
          await new Promise<void>((resolve) => {
            for (const event of ['open', 'close', 'error'] as const) connection.on(event, () => resolve());
            setTimeout(resolve, 3000);
          });
        }
        // Sooner than they would be for having proved nothing in time.
        for (let i = 0; closed < 8 && i < 100; i++) await new Promise((resolve) => setTimeout(resolve, 50));
        return closed;
      },
      [hostName(invited.code), server.port] as const,
    );
    // The oldest of them were turned out for those that came later.
    expect(held).toBeGreaterThanOrEqual(8);
    expect(await join(right, invited, 'model-owner')).toBe('');
  });

  paged('have two roles', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    const invited = invite();
    await host(left, invited, 'model-owner');
    expect(await join(right, invited, 'model-owner')).toMatch(/^Both sides chose to be the model owner/);
  });

  paged('read how far they have come before it is given up, where there is no way between them', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    const invited = invite();
    await left!.evaluate(() => {
      const Own = RTCPeerConnection;
      globalThis.RTCPeerConnection = class extends Own {
        constructor(how?: RTCConfiguration) {
          super({ ...how, iceTransportPolicy: 'relay' });
        }
      };
    });
    await host(left!, invited, 'model-owner');
    const known = await right!.evaluate(
      ([{ code, key }, port]) =>
        new Promise<string>((resolve, reject) => {
          const onSlow = (known: string | undefined) => known && resolve(known);
          const signalling = { host: '127.0.0.1', port, secure: false, onSlow };
          const self = { role: 'data-owner', ownServer: false } as const;
          net.joinLink({ code, key: net.parseKey(key) }, self, signalling).catch(reject);
        }),
      [invited, server.port] as const,
    );
    expect(known).toMatch(/^The other page is found, but no way .* addresses of its own network only\..*--ice/);
  });

  paged('say in a sentence why they do not meet', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    const invited = invite();
    expect(await join(right, invited, 'data-owner')).toMatch(
      /^Nobody is waiting under the code .{4}-.{4}-.{4}\. Check the code/,
    );
    await host(left, invited, 'data-owner');
    const twice = await host(right, invited, 'data-owner').catch((error) => error.message);
    expect(twice).toMatch(/This code is already being hosted/);
    // Without the security headers, which forbid a page to call any other server at all.
    const free = await open({ bypassCSP: true });
    const nowhere = await join(free, invited, 'data-owner', 2);
    expect(nowhere).toMatch(/^The signalling server 127.0.0.1:2 cannot be reached/);
  });
});

paged('are told in words what the server has no more of for them', async ({ open }) => {
  const limits = { ...USUAL_OPTIONS.limits, 'address-ids': 0, 'address-seats': 0 };
  const full = await startServer({ ...USUAL_OPTIONS, port: 0, limits });
  try {
    const page = await open();
    await page.goto(`http://127.0.0.1:${full.port}/health`);
    await page.evaluate(script);
    expect(await join(page, invite(), 'data-owner', full.port)).toMatch(
      /Too many pages of your address are open here .* Close some/,
    );
    const dealer = await page.evaluate(async () => {
      const seat = { name: '0'.repeat(32), role: 'data-owner' } as const;
      return new net.FramedChannel(net.keepAlive(await net.openWebSocket(net.dealerUrl(location.href), seat))).closed;
    });
    expect(dealer).toMatch(/^Too many parties of your address are at the dealer .* Close some tabs\.$/);
  } finally {
    await full.close('the test is over');
  }
});

describe.concurrent('a worker behind a page', () => {
  paged('uses the page’s link, and may compute longer than the silence allowed', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    const { code, key } = invite();
    await left.evaluate(
      async ([code, key, script]) => {
        const self = { role: 'data-owner', ownServer: false } as const;
        const host = await net.hostLink({ code, key: net.parseKey(key) }, self, net.signallingAt(location.href));
        const program = `${script};onmessage = async ({ data: port }) => {
          const channel = new net.FramedChannel(net.portLink(port));
          const message = await channel.receive();
          const until = performance.now() + 6000;
          while (performance.now() < until);
          await channel.send(message);
          channel.close('the worker is done');
        };`;
        const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
        const { port1, port2 } = new MessageChannel();
        worker.postMessage(port2, [port2]);
        host.next().then(({ link }) => net.serveLink(net.keepAlive(link), port1));
      },
      [code, key, script] as const,
    );
    const answer = await right.evaluate(
      async ({ code, key }) => {
        const self = { role: 'model-owner', ownServer: false } as const;
        const { link } = await net.joinLink({ code, key: net.parseKey(key) }, self, net.signallingAt(location.href));
        const channel = new net.FramedChannel(net.keepAlive(link));
        await channel.send({ kind: 'tensor', pass: 0, round: 5, body: new Uint8Array(1_000_000).fill(3) });
        const { body } = await channel.receive();
        return { sum: body.reduce((sum, byte) => sum + byte, 0), reason: await channel.closed };
      },
      { code, key },
    );
    expect(answer).toEqual({ sum: 3_000_000, reason: 'the worker is done' });
  });
});

describe.concurrent('the way between two pages', () => {
  paged('is measured by both at once, beside the protocol’s channel', async ({ open }) => {
    const pages = await Promise.all([open(), open()]);
    const invited = invite();
    await host(pages[0]!, invited, 'model-owner');
    expect(await join(pages[1]!, invited, 'data-owner')).toBe('');
    const measure = (page: Page) => page.evaluate(() => kept.probe.measure(AbortSignal.timeout(30_000)));
    for (const { roundTripMs, bandwidth, way } of await Promise.all(pages.map(measure))) {
      expect(roundTripMs).toBeGreaterThan(0);
      expect(roundTripMs).toBeLessThan(500);
      expect(bandwidth).toBeGreaterThan(1e5);
      expect(way).toBe('direct');
    }
    await pages[0]!.evaluate(() =>
      kept.channel.send({ kind: 'control', pass: 0, round: 0, body: new Uint8Array(100_000) }),
    );
    expect(await pages[1]!.evaluate(async () => (await kept.channel.receive()).body.length)).toBe(100_000);
    const aborted = pages[0]!.evaluate(() => kept.probe.measure(AbortSignal.timeout(1)));
    await expect(aborted).rejects.toThrow(/did not answer|aborted/);
  });

  paged('costs a page no more than it allows, whatever the other one asks for', async ({ open }) => {
    const page = await open();
    const heard = await page.evaluate(async () => {
      const ends = [new RTCPeerConnection(), new RTCPeerConnection()] as const;
      const [honest, hostile] = ends;
      for (const [end, other] of [ends, [hostile, honest]] as const)
        end.onicecandidate = ({ candidate }) => other.addIceCandidate(candidate ?? undefined);
      new net.Probe(honest);
      const channel = hostile.createDataChannel('probe', { negotiated: true, id: 100 });
      const heard = { pong: 0, load: 0, rate: 0, bytes: 0 };
      channel.binaryType = 'arraybuffer';
      channel.onmessage = ({ data }) => {
        if (typeof data === 'string') heard[JSON.parse(data).say as 'pong'] += 1;
        else heard.bytes += data.byteLength;
      };
      await honest.setLocalDescription();
      await hostile.setRemoteDescription(honest.localDescription!);
      await hostile.setLocalDescription();
      await honest.setRemoteDescription(hostile.localDescription!);
      await new Promise((resolve) => channel.addEventListener('open', resolve));
      for (const nonsense of ['', '{', '{"say":"toString"}', 'x'.repeat(5000)]) channel.send(nonsense);
      for (let i = 0; i < 1000; i++) for (const say of ['ping', 'want', 'load']) channel.send(JSON.stringify({ say }));
      for (let i = 0; i < 2000; i++) channel.send(new Uint8Array(1000));
      while (heard.load === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return heard;
    });
    expect(heard.pong).toBe(240);
    expect(heard.rate).toBe(40);
    expect(heard.load).toBeLessThanOrEqual(20);
    expect(heard.bytes).toBeLessThanOrEqual(20 * (2 << 20));
  });
});

describe.concurrent('the dealer', () => {
  paged('on the server is reached by WebSocket from both pages', async ({ open }) => {
    const pages = await Promise.all([open(), open()]);
    const key = newKey();
    const lengths = await Promise.all(
      (['data-owner', 'model-owner'] as const).map((role, i) =>
        pages[i]!.evaluate(
          async ([key, role]) => {
            const name = net.seatName(net.parseKey(key));
            const link = await net.openWebSocket(net.dealerUrl(location.href), { name, role });
            kept.channel = new net.FramedChannel(net.keepAlive(link));
            if (role === 'data-owner')
              await kept.channel.send({ kind: 'control', pass: 0, round: 1, body: new Uint8Array(900_000) });
            return (await kept.channel.receive()).body.length;
          },
          [key, role] as const,
        ),
      ),
    );
    expect(lengths).toEqual([900_000, 900_000]);
    await pages[0]!.close();
    expect(await ended(pages[1]!)).toMatch(/^the data owner left: /);
  });

  paged('in a third tab takes one party of each role', async ({ open }) => {
    const [dealer, ...parties] = await Promise.all([open(), open(), open(), open()]);
    const key = newKey();
    await dealer!.evaluate(async (key) => {
      const self = { role: 'dealer', ownServer: false } as const;
      kept.host = await net.hostDealer(net.parseKey(key), self, net.signallingAt(location.href), (turned) => {
        kept.turned = turned;
      });
      (async () => {
        for (;;) {
          const { met, link } = await kept.host.next();
          const body = new TextEncoder().encode(met.role);
          await new net.FramedChannel(net.keepAlive(link)).send({ kind: 'control', pass: 0, round: 0, body });
        }
      })().catch(() => {});
    }, key);
    const call = (page: Page, role: 'data-owner' | 'model-owner') =>
      page.evaluate(
        async ([key, role]) => {
          try {
            const self = { role, ownServer: false };
            const { link } = await net.joinDealer(net.parseKey(key), self, net.signallingAt(location.href));
            const { body } = await new net.FramedChannel(net.keepAlive(link)).receive();
            return new TextDecoder().decode(body);
          } catch (error) {
            return (error as Error).message;
          }
        },
        [key, role] as const,
      );
    expect(await call(parties[0]!, 'data-owner')).toBe('data-owner');
    expect(await call(parties[1]!, 'model-owner')).toBe('model-owner');
    expect(await call(parties[2]!, 'data-owner')).toBe('A data owner is already connected to this dealer.');
  });
});

describe.concurrent('an invitation', () => {
  paged('lets both see who the other is, and the same digits', async ({ pair }) => {
    const [left, right] = await pair();
    const [there, here] = await Promise.all([left, right].map((page) => page.evaluate(() => kept.met)));
    expect(there).toMatchObject({ role: 'model-owner', ownServer: false });
    expect(here).toEqual({ ...there, role: 'data-owner' });
  });

  paged('that is another’s takes no seat: who waits goes on waiting, and counts it', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    const invited = invite();
    await host(left, invited, 'data-owner');
    expect(await join(right, { ...invited, key: newKey() }, 'model-owner')).toMatch(
      /^Somebody who does not have this invitation answered in the data owner’s place, and was told nothing/,
    );
    expect(await left.evaluate(() => kept.turned)).toEqual({ away: 1, codeVoid: false });
    expect(await left.evaluate(() => kept.channel === undefined)).toBe(true);
    expect(await join(right, invited, 'model-owner')).toBe('');
  });

  paged('is had for its code, until that was guessed at five times', async ({ open }) => {
    const [left, right] = await Promise.all([open(), open()]);
    const invited = invite();
    await host(left, invited, 'model-owner');
    expect(await buy(right, invited.code)).toBe(invited.key);
    const wrong = `${invited.code.slice(0, 8)}${invited.code.endsWith('0000') ? '1111' : '0000'}`;
    const guesses = await Promise.all(Array.from({ length: 8 }, () => buy(right, wrong)));
    const told = (text: string) => guesses.filter((guess) => guess.includes(text)).length;
    expect([told('does not have this invitation'), told('This code is void')]).toEqual([5, 3]);
    expect(await left.evaluate(() => kept.turned)).toEqual({ away: 5, codeVoid: true });
    expect(await buy(right, invited.code)).toMatch(/^This code is void: 5 wrong ones were tried/);
    // Who has the link needs no code.
    expect(await join(right, invited, 'data-owner')).toBe('');
  });
});

describe('a signalling server that lies', () => {
  let lying: LyingSignalling;
  beforeAll(async () => {
    lying = await lieInFrontOf(server.port);
  });
  afterAll(() => lying?.close());

  /** A page in between: takes calls under a name of its own, calls who was meant, and passes on everything, both ways. */
  const comeBetween = (page: Page, impostor: string, victim: string) =>
    page.evaluate(
      async ([impostor, victim, port]) => {
        const options = { host: '127.0.0.1', port, secure: false, path: '/peerjs', config: { iceServers: [] } };
        kept.heard = [];
        const [front, back] = [new net.Peer(impostor, options), new net.Peer(`${impostor}-back`, options)];
        await Promise.all(
          [front, back].map((peer) => new Promise<void>((resolve) => peer.on('open', () => resolve()))),
        );
        type Connection = ReturnType<typeof front.connect>;
        const pass = (from: Connection, to: Connection, role: string) => {
          from.dataChannel.binaryType = 'arraybuffer';
          from.dataChannel.onmessage = ({ data }) => {
            kept.heard.push({ role, bytes: data.byteLength });
            to.dataChannel.send(data);
          };
        };
        front.on('connection', (caller) => {
          // Before the caller can say anything, so that nothing is missed.
          const called = back.connect(victim, { serialization: 'raw', reliable: true });
          const early: ArrayBuffer[] = [];
          // Either may open first; and it may be said twice.
          const isOpen = (connection: Connection) =>
            new Promise<void>((resolve) => connection.once('open', () => resolve()));
          caller.once('open', () => {
            caller.dataChannel.binaryType = 'arraybuffer';
            caller.dataChannel.onmessage = ({ data }) => early.push(data);
          });
          Promise.all([isOpen(caller), isOpen(called)]).then(() => {
            pass(caller, called, 'guest');
            pass(called, caller, 'host');
            for (const data of early) caller.dataChannel.onmessage?.(new MessageEvent('message', { data }));
          });
        });
      },
      [impostor, victim, lying.port] as const,
    );

  /** Without the security headers, which forbid a page to call any other server. */
  const between = async (open: Fixtures['open'], invited: Invited, impostor: string) => {
    const pages = await Promise.all([1, 2, 3].map(() => open({ bypassCSP: true })));
    const [left, right, evil] = pages as [Page, Page, Page];
    await host(left, invited, 'model-owner', lying.port);
    await comeBetween(evil, impostor, hostName(invited.code));
    lying.swap(hostName(invited.code), impostor);
    return [left, right, evil] as const;
  };

  paged('puts itself between nobody: both refuse, and it has heard one proof', async ({ open }) => {
    const invited = invite();
    const [left, right, evil] = await between(open, invited, 'impostor-of-links');
    const before = lying.swapped;
    expect(await join(right, invited, 'data-owner', lying.port)).toMatch(
      /^Somebody who does not have this invitation answered in the model owner’s place/,
    );
    expect(lying.swapped).toBeGreaterThan(before);
    expect(await left.evaluate(() => kept.turned)).toEqual({ away: 1, codeVoid: false });
    expect(await left.evaluate(() => kept.channel === undefined)).toBe(true);
    expect(await evil.evaluate(() => kept.heard)).toEqual([
      { role: 'guest', bytes: 68 },
      { role: 'host', bytes: 2 },
    ]);
  });

  paged('gets no key between who types a code and the host', async ({ open }) => {
    const invited = invite();
    const [left, right, evil] = await between(open, invited, 'impostor-of-codes');
    expect(await buy(right, invited.code, lying.port)).toMatch(/^Somebody who does not have this invitation/);
    expect(await left.evaluate(() => kept.turned)).toEqual({ away: 1, codeVoid: false });
    expect(await evil.evaluate(() => kept.heard)).toEqual([
      { role: 'guest', bytes: 34 },
      { role: 'host', bytes: 34 },
      { role: 'guest', bytes: 68 },
      { role: 'host', bytes: 2 },
    ]);
  });
});

// One after the other, because they are about time and keep a machine busy.
describe('two pages by themselves', () => {
  paged('move megabytes both ways at once, in order and unharmed', async ({ pair }) => {
    const [left, right] = await pair();
    const exchange = async (page: Page, size: number, messages: number) =>
      page.evaluate(
        async ([size, messages]) => {
          const digest = async (bytes: Uint8Array) =>
            Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))).join(
              ' ',
            );
          const sent: string[] = [];
          const sending = (async () => {
            for (let round = 0; round < messages; round++) {
              const body = new Uint8Array(size + round);
              for (let at = 0; at < body.length; at += 65536) crypto.getRandomValues(body.subarray(at, at + 65536));
              sent.push(await digest(body));
              await kept.channel.send({ kind: 'ring', pass: 1, round, body });
            }
          })();
          const received: string[] = [];
          for (let round = 0; round < messages; round++) {
            const message = await kept.channel.receive();
            received.push(message.round === round ? await digest(message.body) : `round ${message.round}`);
          }
          await sending;
          return { sent, received, wire: kept.channel.sent.wire };
        },
        [size, messages] as const,
      );
    const [there, back] = await Promise.all([exchange(left, 2_000_000, 3), exchange(right, 1_999_000, 3)]);
    expect(back.received).toEqual(there.sent);
    expect(there.received).toEqual(back.sent);
    expect(there.wire).toBe(3 * (2_000_000 + 20) + 3);
  });

  paged('hear why the other one closed, even behind megabytes', async ({ pair }) => {
    const [left, right] = await pair();
    await left.evaluate(async () => {
      for (let i = 0; i < 3; i++)
        kept.channel.send({ kind: 'tensor', pass: 0, round: 0, body: new Uint8Array(4_000_000) }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      kept.channel.close('the data owner pressed stop');
    });
    expect(await ended(right)).toBe('the data owner pressed stop');
  });

  paged('notice a closed page by itself, before it has been silent for long', async ({ pair }) => {
    const [left, right] = await pair();
    await left.close();
    expect(await ended(right)).toBe('the other side closed its page or lost its network');
  });

  paged('notice a crashed page', async ({ pair }) => {
    const [left, right] = await pair();
    left.goto('chrome://crash').catch(() => {});
    expect(await ended(right)).toMatch(/silent for 4.5 s|closed its page or lost its network/);
  });
});
