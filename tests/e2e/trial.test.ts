/** One person who plays both parties, in two tabs of one browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningServer, startServer } from '../../server/app';
import { USUAL_OPTIONS } from '../../server/options';
import { launch, until } from '../../tools/page';

let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  server = await startServer({ ...USUAL_OPTIONS, port: 0 });
  browser = await launch(true);
});

afterAll(async () => {
  await browser?.close();
  await server?.close('the tests are over');
});

describe('a trial with oneself', () => {
  it('takes one click until only the start is left, and then runs to its result', async () => {
    const context = await browser.newContext();
    const lobby = await context.newPage();
    await lobby.goto(`http://127.0.0.1:${server.port}/`);
    const opened = context.waitForEvent('page');
    await lobby.getByTestId('try-both').click();
    const dataOwner: Page = await opened;
    await dataOwner.getByTestId('trial').waitFor();
    const ready = await until(
      dataOwner,
      'everything to be chosen',
      ({ preparation }) => preparation.status === 'prepared',
      60_000,
    );
    expect(ready.preparation.invalid).toEqual([]);
    expect(await lobby.getByTestId('trial').textContent()).toMatch(/plays the model owner/);
    // Of the server, from a file of its.
    await until(
      dataOwner,
      'the dealer’s line',
      ({ fromDealer }) =>
        (fromDealer['model-owner']?.bandwidth ?? 0) > 1e6 && (fromDealer['data-owner']?.bandwidth ?? 0) > 1e6,
      60_000,
    );
    await dataOwner.getByTestId('start').click();
    const { final } = await until(dataOwner, 'the result', ({ state }) => state === 'finished', 240_000);
    expect(final!.examples).toBeGreaterThan(0);
    await context.close();
  }, 400_000);
});
