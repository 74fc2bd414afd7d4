/** How people meet, on the real pages: by a link or a code, with strangers at the door, and what the server's log could have of it. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../server/app';
import { USUAL_OPTIONS } from '../../server/options';
import { QUIET } from '../../tools/chromium-flags';
import { findBrowser } from '../../tools/ensure.mjs';

let server: RunningServer;
let browser: Browser;
let contexts: BrowserContext[] = [];
/** All that pages asked a server for. */
let asked: string[] = [];

beforeAll(async () => {
  server = await startServer({ ...USUAL_OPTIONS, port: 0 });
  browser = await chromium.launch({ executablePath: findBrowser(), args: QUIET });
});

afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
  asked = [];
});

afterAll(async () => {
  await browser?.close();
  await server?.close('the tests are over');
});

async function open(address: string): Promise<Page> {
  const context = await browser.newContext();
  contexts.push(context);
  const page = await context.newPage();
  page.on('request', (request) => asked.push(request.url()));
  page.on('websocket', (socket) => {
    asked.push(socket.url());
    socket.on('framesent', ({ payload }) => asked.push(String(payload)));
  });
  await page.goto(address);
  return page;
}

const hosting = (more = '') => open(`http://127.0.0.1:${server.port}/#/session?role=model-owner&host=1${more}`);
const text = (page: Page, testId: string) => page.getByTestId(testId).textContent();

async function joining(address: string): Promise<Page> {
  const page = await open(address);
  await page.getByTestId('join-session').click();
  return page;
}

/** What both pages show of each other, or why their session ended. */
const phrases = (host: Page, guest: Page) =>
  Promise.all(
    [host.getByTestId('phrase-data-owner'), guest.getByTestId('phrase-model-owner')].map((shown, i) =>
      shown.or([host, guest][i]!.getByTestId('ended-reason')).textContent(),
    ),
  );

describe('two people', () => {
  it('meet by a link, see the same digits, and no server is told code or key', async () => {
    const host = await hosting();
    const [code, link] = [(await text(host, 'session-code'))!, await host.getByTestId('session-link').inputValue()];
    const key = new URLSearchParams(link.split('?')[1]).get('key')!;
    expect(key).toMatch(/^[0-9a-f]{32}$/);

    const stranger = await joining(link.replace(key, 'f'.repeat(32)));
    expect(await text(stranger, 'ended-reason')).toMatch(/^Somebody who does not have this invitation/);
    await host.getByTestId('turned-away').waitFor();
    expect(await text(host, 'turned-away')).toMatch(/^1 attempt to join without the invitation/);

    const guest = await joining(link);
    const [there, here] = await phrases(host, guest);
    expect(here).toMatch(/^\d{3} \d{3}$/);
    expect(there).toBe(here);
    await host.locator('[data-testid=link-dealer][data-state=connected]').waitFor();
    expect(asked.some((url) => url.endsWith('/dealer'))).toBe(true);
    expect(asked.some((url) => url.includes('/peerjs'))).toBe(true);
    for (const secret of [key, code, code.replaceAll('-', '')])
      for (const said of asked) expect(said).not.toContain(secret);
    // The page is this machine's own, so the dealer is not neutral, and both pages say so.
    for (const [page, whose] of [
      [host, /^This dealer is not neutral, since you run its server/],
      [guest, /^This dealer is not neutral, since you run its server/],
    ] as const)
      expect(await text(page, 'partial-dealer')).toMatch(whose);
  }, 120_000);

  it('meet by a code, and a dealer in a third tab, who got the code too, shows each its own digits', async () => {
    const host = await hosting('&dealer=tab');
    const code = (await text(host, 'session-code'))!;
    const base = `http://127.0.0.1:${server.port}/#/join/${code}`;
    const guest = await joining(`${base}?role=data-owner&dealer=tab`);
    const [there, here] = await phrases(host, guest);
    expect(there).toBe(here);
    const dealer = await joining(`${base}?role=dealer`);
    for (const [party, role] of [
      [host, 'model-owner'],
      [guest, 'data-owner'],
    ] as const)
      expect(await text(party, 'phrase-dealer')).toBe(await text(dealer, `phrase-${role}`));
    // The guest typed a code, and can pass on the link all the same.
    expect(await text(guest, 'session-code')).toBe(code);
    expect(await guest.evaluate(() => window.secfwt.session?.key)).toBe(
      await host.evaluate(() => window.secfwt.session?.key),
    );
  }, 120_000);

  it('who run the server let a third person deal with one press, before anybody has come', async () => {
    const host = await hosting();
    const before = await text(host, 'session-code');
    await host.getByTestId('third-tab').click();
    await host.getByTestId('dealer-link').waitFor();
    expect(await text(host, 'session-code')).not.toBe(before);
    expect(await host.getByTestId('partial-dealer').count()).toBe(0);
  }, 60_000);
});

describe('who waits is told', () => {
  const shows = (page: Page, testId: string, words: RegExp, timeout = 10_000) =>
    expect.poll(() => text(page, testId), { timeout }).toMatch(words);

  it('what the other one is at, and that nobody is in front of its page', async () => {
    const host = await hosting();
    const guest = await joining(await host.getByTestId('session-link').inputValue());
    await shows(guest, 'presence-model-owner', /^choosing a model$/);
    await shows(host, 'presence-data-owner', /^choosing data$/);
    await guest.getByTestId('use-sample').click();
    await shows(host, 'presence-data-owner', /^choosing settings$/);
    const turnTo = (state: string) =>
      guest.evaluate((state) => {
        Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, state);
    await turnTo('hidden');
    await shows(host, 'presence-data-owner', /^choosing settings, away$/, 20_000);
    await turnTo('visible');
    await shows(host, 'presence-data-owner', /^choosing settings$/);
    await host.getByTestId('model-builtin-tiny').click();
    await host.getByTestId('offer-model').click();
    await shows(guest, 'presence-model-owner', /^connected$/);
  }, 120_000);

  it.each([
    ['hosts', 'role=data-owner&host=1'],
    ['joins', `role=data-owner&code=7KQ2-M9XD-4TRW&key=${'0'.repeat(32)}`],
  ])('who %s: in seconds, that the server that introduces the two says nothing', async (_, session) => {
    const page = await open('about:blank');
    await page.routeWebSocket(/peerjs/, () => {});
    await page.goto(`http://127.0.0.1:${server.port}/#/session?${session}`);
    await shows(page, 'waiting-for', /^The server that introduces the two pages does not answer/);
  });

  it('in seconds, that it hangs, though nothing is closed, and when it is back', async () => {
    const page = await hosting();
    await shows(page, 'waiting-for', /^Waiting for the data owner to join/);
    await page.route('**/config.json', () => {});
    await shows(
      page,
      'waiting-for',
      /^The server that introduces the two pages does not answer, so nobody can come/,
      12_000,
    );
    await page.unroute('**/config.json');
    await shows(page, 'waiting-for', /^Waiting for the data owner to join/);
  }, 60_000);

  it('in seconds, that it is lost, and when it is back', async () => {
    let own = await startServer({ ...USUAL_OPTIONS, port: 0 });
    const { port } = own;
    const page = await open(`http://127.0.0.1:${port}/#/session?role=data-owner&host=1`);
    await shows(page, 'waiting-for', /^Waiting for the model owner to join/);
    await expect.poll(() => asked.some((url) => url.includes('/peerjs'))).toBe(true);
    await page.waitForTimeout(1000);
    await own.close('it falls over');
    await shows(page, 'waiting-for', /^The server that introduces the two pages does not answer, so nobody can come/);
    own = await startServer({ ...USUAL_OPTIONS, port });
    await shows(page, 'waiting-for', /^Waiting for the model owner to join/, 20_000);
    await own.close('the test is over');
  }, 60_000);
});
