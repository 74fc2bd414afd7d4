/** Passes prepared ahead in two real tabs, on the disk that browsers give them, and a run for which there is no dealer any more. */
import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { TwoTabs } from '../../tools/two-tabs';

let tabs: TwoTabs | undefined;
afterEach(async () => {
  await tabs?.close();
  tabs = undefined;
});

/** Names and sizes of the files that a page's browser keeps of what was prepared ahead. */
const filesOf = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const directory = await root.getDirectoryHandle('prepared-ahead');
    const sizes: Record<string, number> = {};
    for await (const [name, handle] of directory as unknown as AsyncIterable<[string, FileSystemFileHandle]>)
      sizes[name.replace(/^[^.]*\./, '')] = (await handle.getFile()).size;
    return sizes;
  });

it('lie on both disks, survive pages that are loaded anew, and are a run’s when the dealer has gone', async () => {
  const settings = { method: 'head' as const, seed: 1, shots: 4 };
  tabs = await TwoTabs.open({ backend: 'cpu', dealer: 'tab', settings });
  await tabs.load({ own: { path: 'public/samples/patient-feedback.csv' } });
  const { dataOwner } = tabs;
  await dataOwner.getByTestId('want-ahead').click();
  await dataOwner.getByTestId('prepare-ahead').click();
  const there = ({ stock }: { stock: { kept?: { passes: number }; making?: object } }) =>
    stock.kept !== undefined && stock.kept.passes > 0 && !stock.making;
  const { stock } = await tabs.until(dataOwner, 'passes that are prepared', there, 120_000);
  const passes = stock.kept!.passes;
  const [data, model] = [await filesOf(dataOwner), await filesOf(tabs.modelOwner)];
  // Masked matrices, and keys.
  expect(Object.keys(data)).toHaveLength(2);
  expect(Object.keys(model)).toHaveLength(1 + passes);
  expect(Object.values(model).reduce((sum, size) => sum + size, 0)).toBeGreaterThan(1e6);

  // In other workers, of other pages.
  await dataOwner.reload();
  await tabs.until(dataOwner, 'the connection', ({ state }) => state === 'ready', 60_000);
  const again = await tabs.until(dataOwner, 'what is kept', there, 30_000);
  expect(again.stock.kept!.passes).toBe(passes);

  await tabs.dealer!.close();
  await tabs.until(dataOwner, 'the dealer’s end', ({ links }) => links.dealer === 'lost', 30_000);
  await tabs.load({ own: { path: 'public/samples/patient-feedback.csv' } });
  // Nothing of it is said to be still to come.
  expect(await dataOwner.getByTestId('estimate-details').locator('summary').textContent()).toMatch(/ 0 B dealt/);
  expect(await dataOwner.getByTestId('run-time').textContent()).toMatch(/what the dealer sends is prepared ahead/);
  await tabs.start();
  const done = await tabs.until(dataOwner, 'training', ({ state }) => state === 'finished', 240_000);
  expect(done.totals.ahead).toBe(done.totals.passes);
  expect(done.totals.passes).toBe(passes);
  expect(await dataOwner.getByTestId('total-ahead').textContent()).toMatch(/used what was prepared ahead/);
  expect(done.links.dealer).toBe('lost');
}, 400_000);
