/** A real TURN server (coturn), which carries all of it between two pages that may use nothing else. Left out where it is not installed. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../server/app';
import { readIceServers, USUAL_OPTIONS } from '../../server/options';
import { QUIET } from '../../tools/chromium-flags';
import { findBrowser } from '../../tools/ensure.mjs';
import { snapshotOf, until } from '../../tools/page';
import { freePort, isTurnThere, relayOnly, startTurn, TURN_USER, type TurnServer } from '../../tools/turn-server';

const isThere = isTurnThere();
if (!isThere) console.warn('turnserver (coturn) is not installed: nothing is relayed');

const { username: USER, credential: PASSWORD } = TURN_USER;

describe.skipIf(!isThere)('a TURN server', () => {
  let turn: TurnServer;
  let server: RunningServer | undefined;
  let browser: Browser;
  let contexts: BrowserContext[] = [];

  beforeAll(async () => {
    turn = await startTurn();
    // It takes the certificate that was made here.
    const args = [...QUIET, '--ignore-certificate-errors'];
    browser = await chromium.launch({ executablePath: findBrowser(), args });
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    await server?.close('the test is over');
    server = undefined;
  });
  afterAll(async () => {
    await browser?.close();
    turn?.close();
  });

  const start = async (ice = '') => {
    server = await startServer({ ...USUAL_OPTIONS, port: 0, iceServers: readIceServers(ice) });
    return `http://127.0.0.1:${server.port}/`;
  };

  /** A page that has no way but through a TURN server. */
  async function open(address: string): Promise<Page> {
    const context = await browser.newContext();
    contexts.push(context);
    await relayOnly(context);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  }

  async function fill(page: Page, url: string, password = PASSWORD): Promise<void> {
    await page.locator('summary', { hasText: 'A relay of your own' }).click();
    for (const [name, value] of Object.entries({ url, user: USER, password }))
      await page.getByTestId(`relay-${name}`).fill(value);
  }

  async function trained(modelOwner: Page, dataOwner: Page): Promise<void> {
    await modelOwner.getByTestId('model-builtin-tiny').click();
    await modelOwner.getByTestId('offer-model').click();
    await dataOwner.getByTestId('use-sample').click();
    await until(dataOwner, 'the data to be accepted', ({ preparation }) => preparation.status === 'prepared', 60_000);
    const far = await until(dataOwner, 'the way to be measured', ({ distance }) => distance !== undefined, 60_000);
    expect(far.distance!.way).toBe('relayed');
    expect(await dataOwner.getByTestId('distance').textContent()).toContain('relayed');
    await dataOwner.getByTestId('setting-shots').fill('8');
    await dataOwner.getByTestId('advanced-settings').locator('summary').click();
    await dataOwner.getByTestId('setting-measured').fill('20');
    await until(
      dataOwner,
      'the settings to be accepted',
      ({ preparation }) => preparation.estimate?.total.sequences === 37 && preparation.status === 'prepared',
      60_000,
    );
    await dataOwner.getByTestId('start').click();
    const { final } = await until(dataOwner, 'the result', ({ state }) => state === 'finished', 120_000);
    expect(final!.accuracy).toBeGreaterThan(0.5);
  }

  it.each([
    ['turn', ''],
    ['turn', '?transport=tcp'],
    ['turns', '?transport=tcp'],
  ])('given on the first pages, %s:…%s, carries a session and a run', async (scheme, transport) => {
    const port = scheme === 'turns' ? turn.securePort : turn.port;
    const site = await start();
    const [modelOwner, dataOwner] = await Promise.all([open(site), open(site)]);
    for (const page of [modelOwner, dataOwner]) {
      await fill(page, `${scheme}:127.0.0.1:${port}${transport}`);
      await page.getByTestId('relay-try').click();
      await page.getByTestId('relay-works').waitFor();
    }
    await modelOwner.getByTestId('role-model-owner').click();
    await modelOwner.getByTestId('create-session').click();
    await dataOwner.goto(await modelOwner.getByTestId('session-link').inputValue());
    await dataOwner.getByTestId('join-session').click();
    await trained(modelOwner, dataOwner);
  });

  it('given to the server carries a session and a run', async () => {
    const site = await start(`turn:${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${turn.port}`);
    const modelOwner = await open(`${site}#/session?role=model-owner&host=1`);
    const dataOwner = await open(await modelOwner.getByTestId('session-link').inputValue());
    await dataOwner.getByTestId('join-session').click();
    await trained(modelOwner, dataOwner);
  });

  it('that takes no such password, or is not there, is named within seconds', async () => {
    const site = await start();
    const page = await open(site);
    const trouble = async () => {
      const began = performance.now();
      await page.getByTestId('relay-try').click();
      const said = await page.getByTestId('relay-trouble').textContent();
      expect(performance.now() - began).toBeLessThan(8000);
      return said;
    };
    const nobody = await freePort();
    await fill(page, `turn:127.0.0.1:${turn.port}`, 'wrong');
    expect(await trouble()).toMatch(/does not take this user and password/);
    const tries: [string, RegExp][] = [
      [`turn:127.0.0.1:${nobody}`, /does not answer\. Check its address .*\?transport=tcp/],
      [`turn:127.0.0.1:${nobody}?transport=tcp`, /cannot be reached\. Check its address and port\./],
      [`turns:127.0.0.1:${nobody}`, /cannot be reached\..* certificate/],
      ['turn:nowhere.invalid', /no TURN server by the name of nowhere\.invalid/],
    ];
    for (const [url, expected] of tries) {
      await page.getByTestId('relay-url').fill(url);
      expect(await trouble()).toMatch(expected);
    }
  });

  it('that takes no such password is named to who waits and to who comes', async () => {
    const site = await start(`turn:${USER}:wrong@127.0.0.1:${turn.port}`);
    const modelOwner = await open(`${site}#/session?role=model-owner&host=1`);
    const waiting = (page: Page) => expect.poll(() => page.getByTestId('waiting-for').textContent(), { timeout: 9000 });
    await waiting(modelOwner).toMatch(/does not take this user and password/);
    const dataOwner = await open(await modelOwner.getByTestId('session-link').inputValue());
    await dataOwner.getByTestId('join-session').click();
    await waiting(dataOwner).toMatch(/does not take this user and password/);
    expect((await snapshotOf(dataOwner)).state).toBe('connecting');
  });
});
