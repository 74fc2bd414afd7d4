/** A model owner brings a model without ranges: it is calibrated in the tab, what was found is kept, and used when it comes again. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { memoryBytes } from '../../src/models/byte-source';
import { openModel } from '../../src/models/own-model';
import { TOKENS, tokenizerJson } from '../support/session';
import { stockFiles, stockJson, stockWeights } from '../support/stock-model';
import { Stage } from './browser';

/** One a line; few, so that it is quick. */
const TEXTS = Array.from({ length: 60 }, (_, i) => {
  const words = TOKENS.slice(5);
  return Array.from({ length: 1 + (i % 11) }, (_, j) => words[(7 * i + 3 * j) % words.length]).join(' ');
}).join('\n');

let stage: Stage;
let folder: string;
const open: Page[] = [];

beforeAll(async () => {
  stage = await Stage.open();
  folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
}, 240_000);
afterEach(() => Promise.all(open.splice(0).map((page) => page.context().close())));
afterAll(async () => {
  await stage?.close();
  rmSync(folder, { recursive: true });
});

/** A page with a stock model chosen. */
async function chosen(name: string, files: Record<string, string | Uint8Array> = {}): Promise<Page> {
  const page = await stage.page();
  open.push(page);
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, content] of Object.entries({ ...stockFiles, ...files })) writeFileSync(join(path, file), content);
  await choose(page, name);
  return page;
}

async function choose(page: Page, name: string): Promise<void> {
  await stage.turn(page, 'model-choice');
  await page.getByTestId('model-files-folder').setInputFiles(join(folder, name));
  await page.getByRole('heading', { name: `Model “${name}”` }).waitFor();
}

const give = (page: Page, name: string, text: string) =>
  page.getByTestId('calibration-text').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

async function saved(page: Page, name: string): Promise<Uint8Array> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`download-${name}`).click()]);
  return readFileSync(await download.path());
}

it('and is calibrated on a text of its own, kept, and offered at once when it comes with what was kept', async () => {
  const page = await chosen('stock');
  const offer = page.getByTestId('offer-model');
  expect(await offer.isDisabled()).toBe(true);
  await page.getByText('it has to be calibrated first.').waitFor();

  await give(page, 'texts.txt', TEXTS);
  await page.getByTestId('offer-estimate').waitFor({ timeout: 120_000 });
  expect(await offer.isEnabled()).toBe(true);
  expect(await page.getByTestId('offer-estimate').innerText()).toMatch(
    /16 texts of 32 tokens[\s\S]*Memory[\s\S]*MB[\s\S]*Between the two tabs\s+[\d.]+ MB in \d+ rounds[\s\S]*dealer/,
  );

  const json = Buffer.from(await saved(page, 'calibration.json')).toString();
  const tensors = await saved(page, 'calibration.safetensors');
  const model = await openModel({
    name: 'stock',
    config: JSON.stringify(stockJson),
    tokenizer: tokenizerJson,
    weights: [memoryBytes(stockWeights)],
    calibration: { json, tensors: memoryBytes(tensors) },
  });
  expect(model.config.groups).toHaveLength(2);
  // What is public does not say which head or channel is where, nor what foretells a head's sums.
  expect(json).not.toMatch(/order|heads\.shift/i);

  // The same weights, in the same browser.
  await page.reload();
  await choose(page, 'stock');
  await page.getByTestId('offer-estimate').waitFor();
  await page.getByText('“stock” is calibrated').waitFor();

  // Where nothing is remembered, by its files: with the model's, or behind them.
  const again = await chosen('kept', { 'calibration.json': json, 'calibration.safetensors': tensors });
  await again.getByTestId('offer-estimate').waitFor();
  expect(await again.getByTestId('offer-model').isEnabled()).toBe(true);
  await again.getByText('“kept” is calibrated').waitFor();

  const later = await chosen('joined');
  expect(await later.getByTestId('offer-model').isDisabled()).toBe(true);
  const files = ['calibration.json', 'calibration.safetensors'].map((name) => join(folder, 'kept', name));
  await later.getByTestId('model-files').setInputFiles(files.slice(1));
  await later.getByText('calibration.safetensors goes with calibration.json, which is missing').waitFor();
  await later.getByTestId('model-files').setInputFiles(files);
  await later.getByText('“joined” is calibrated').waitFor();
  expect(await later.getByTestId('offer-model').isEnabled()).toBe(true);
});

it('on the bundled text, with progress, until it is stopped', async () => {
  const page = await chosen('stopped');
  await page.getByTestId('calibrate').click();
  const bar = page.getByTestId('calibration').getByRole('progressbar');
  await expect.poll(() => bar.getAttribute('aria-valuenow').then(Number), { timeout: 60_000 }).toBeGreaterThan(0);
  await page
    .getByTestId('calibration')
    .getByText(/ left$/)
    .waitFor();
  await page.getByTestId('stop-calibrating').click();
  await page.getByTestId('calibrate').waitFor();
  expect(await page.getByTestId('calibration-problem').count()).toBe(0);
  expect(await page.getByTestId('offer-model').isDisabled()).toBe(true);
});

it('and hears what is wrong with a text, by the file’s name; the model stays', async () => {
  const page = await chosen('refused');
  const problem = page.getByTestId('calibration-problem');
  await give(page, 'empty.txt', '\n \n');
  await problem.getByText('empty.txt: it has no text: one text a line is needed').waitFor();
  await page.getByTestId('calibration-text').setInputFiles({
    name: 'picture.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  });
  await problem.getByText('picture.txt: the file is not text in UTF-8').waitFor();
  await problem.getByText('“refused” stays chosen.').waitFor();
  expect(await page.getByTestId('calibrate').isEnabled()).toBe(true);
});
