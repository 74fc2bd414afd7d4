/** The whole way by keyboard alone, in two tabs: nobody's mouse is touched, and where the keyboard is can be seen at every step. */
import type { Browser, Locator, Page } from 'playwright-core';
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

/** More than any page has to tab through. */
const MOST_TABS = 60;

/** What is wrong with how the focus shows, if anything. */
const unseen = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return 'nothing has the focus';
    const isOutlined = (element: Element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
    };
    const name = `${focused.tagName} “${(focused.getAttribute('data-testid') ?? focused.textContent ?? '').slice(0, 40)}”`;
    // A control that is drawn by what is around it has its outline there.
    const outlined = [focused, focused.closest('label')].find((element) => element && isOutlined(element));
    if (!outlined) return `${name} has no outline`;
    const { left, top, right, bottom } = outlined.getBoundingClientRect();
    const x = (Math.max(0, left) + Math.min(innerWidth, right)) / 2;
    const y = (Math.max(0, top) + Math.min(innerHeight, bottom)) / 2;
    const hit = document.elementFromPoint(x, y);
    if (!hit) return `${name} is out of sight`;
    return outlined.contains(hit) || hit.contains(outlined) ? undefined : `${name} is under something else`;
  });

const isFocused = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => element === document.activeElement);

/** Goes on by the tabulator to a control, and sees it all the way. */
async function tabTo(page: Page, testId: string): Promise<void> {
  const target = page.getByTestId(testId);
  await target.waitFor();
  const problems: string[] = [];
  for (let i = 0; i < MOST_TABS; i++) {
    if (await isFocused(target)) {
      expect(problems).toEqual([]);
      return;
    }
    await page.keyboard.press('Tab');
    const problem = await unseen(page);
    if (problem) problems.push(problem);
  }
  expect.fail(`${testId} is not reached; ${problems.join(', ')}`);
}

async function press(page: Page, testId: string, key = 'Enter'): Promise<void> {
  await tabTo(page, testId);
  await page.keyboard.press(key);
}

/** Where the focus is after a page has changed. */
const heading = (page: Page, text: string): Promise<void> =>
  expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent), { timeout: 120_000 })
    .toBe(text)
    .then(async () => expect(await unseen(page)).toBeUndefined());

const NOTES = [
  ['The nurses were kind and explained everything', 'good'],
  ['Clean, quiet and friendly', 'good'],
  ['I was treated very well', 'good'],
  ['A wonderful doctor who listened', 'good'],
  ['Nobody came when I called', 'bad'],
  ['The room was cold and dirty', 'bad'],
  ['They lost my papers twice', 'bad'],
  ['Rude staff and terrible food', 'bad'],
];
const CSV = ['note,ward,rating', ...NOTES.map(([note, rating], i) => `"${note}",${'AB'[i % 2]},${rating}`)].join('\n');

describe('by keyboard alone', () => {
  it('two people meet, learn a head and label a text', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const [host, guest] = [await context.newPage(), await context.newPage()];

    await host.goto(`http://127.0.0.1:${server.port}/`);
    await press(host, 'role-data-owner', 'Space');
    await host.keyboard.press('ArrowDown');
    await host.keyboard.press('ArrowUp');
    await press(host, 'create-session');
    await heading(host, 'Tune on your data');

    await guest.goto(await host.getByTestId('session-link').inputValue());
    await press(guest, 'join-session');
    await heading(guest, 'Lend your model');
    await press(guest, 'model-builtin-tiny');
    await guest.getByTestId('offer-estimate').waitFor({ timeout: 60_000 });
    await press(guest, 'offer-model');
    await heading(guest, 'Model “tiny”');
    await until(guest, 'all three to agree', ({ state }) => state === 'ready', 60_000);

    // Others would lose something, so leaving asks.
    await press(guest, 'leave');
    const dialog = guest.getByRole('dialog');
    await dialog.waitFor();
    const isInside = () => dialog.evaluate((element) => element.contains(document.activeElement));
    for (let i = 0; i < 4; i++) {
      expect(await isInside()).toBe(true);
      await guest.keyboard.press('Tab');
    }
    await guest.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await isFocused(guest.getByTestId('leave'))).toBe(true);

    const chooser = host.waitForEvent('filechooser');
    await press(host, 'file-input', 'Space');
    await (await chooser).setFiles({ name: 'ward.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) });
    await tabTo(host, 'column-label');
    await host.keyboard.press('ArrowUp');
    await host.getByTestId('count-A').waitFor();
    expect(await isFocused(host.getByTestId('column-label'))).toBe(true);
    await host.keyboard.press('ArrowDown');
    await host.getByTestId('count-good').waitFor();
    await until(host, 'data and settings', ({ preparation }) => preparation.status === 'prepared', 60_000);
    await press(host, 'start');
    await heading(host, 'Training finished');
    await tabTo(host, 'classify-input');
    await host.keyboard.type('A kind nurse and a clean room');
    await press(host, 'classify-run');
    await host.getByTestId('classification').waitFor({ timeout: 60_000 });

    // Without anything to lose, leaving asks nothing.
    await press(host, 'leave');
    await heading(host, 'The session has ended');
    await press(host, 'new-session');
    await heading(host, 'Put private texts and a private model to work together, and show neither');
    await context.close();
  }, 400_000);
});
