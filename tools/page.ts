/** Pages of a real browser, operated as people would: what is read back is what they show (`window.secfwt`) and let one download. */
import { readFile } from 'node:fs/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { Snapshot } from '../app/automation';
import { QUIET, SOFTWARE_GPU } from './chromium-flags';
import { findBrowser } from './ensure.mjs';

/** Throws where there is none. */
export function launch(headless: boolean): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('no Chrome, Edge or Chromium was found (CHROMIUM_PATH says where one is)');
  const gpu = headless ? SOFTWARE_GPU : ['--enable-unsafe-webgpu'];
  return chromium.launch({ executablePath, headless, args: [...QUIET, ...gpu] });
}

/** A session's address on this site. */
export const sessionAt = (site: string, parameters: Record<string, string>): string =>
  `${site.replace(/\/+$/, '')}/#/session?${new URLSearchParams(parameters)}`;

export const snapshotOf = (page: Page): Promise<Snapshot> => page.evaluate(() => structuredClone({ ...window.secfwt }));

/** Waits until a page's snapshot fits; a session that ends meanwhile is an error with its reason. */
export async function until(
  page: Page,
  what: string,
  fits: (snapshot: Snapshot) => boolean,
  timeoutMs: number,
): Promise<Snapshot> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const snapshot = await snapshotOf(page);
    if (fits(snapshot)) return snapshot;
    if (snapshot.ending) throw new Error(`the session ended: ${snapshot.ending.reason}`);
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs / 1000} s for ${what}; the page is at “${snapshot.state}”`);
    await page.waitForTimeout(200);
  }
}

/** What a download button saves. */
export async function download(page: Page, testId: string): Promise<Uint8Array> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId(testId).first().click()]);
  return readFile((await file.path())!);
}
