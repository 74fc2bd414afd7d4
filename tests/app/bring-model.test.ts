/** A model owner brings a model: a folder, a name on the hub, and what is wrong with either. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Route } from 'playwright-core';
import { afterAll, expect } from 'vitest';
import { tokenizerJson } from '../support/session';
import { stockFiles, stockJson } from '../support/stock-model';
import { staged } from './staged';

const folder = mkdtempSync(join(tmpdir(), 'bring-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, changes: typeof stockFiles = {}): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, content] of Object.entries({ ...stockFiles, ...changes })) writeFileSync(join(path, file), content);
  return path;
}

const card = (page: Page) => page.getByTestId('model-card');
const choose = (page: Page, path: string) => page.getByTestId('model-files-folder').setInputFiles(path);

staged.concurrent(
  'as a folder, which is shown; a bad one is refused by name, and the good one stays',
  async ({ show }) => {
    const page = await show('model-choice');
    await choose(page, written('my-roberta'));
    await card(page).getByText('label words at a mask').waitFor();
    expect(await page.getByRole('heading', { name: 'Model “my-roberta”' }).count()).toBe(1);
    expect(await card(page).innerText()).toMatch(/Architecture\s+roberta[\s\S]*Layers\s+2\s+Hidden size\s+16/);

    await choose(page, written('broken', { 'config.json': JSON.stringify({ ...stockJson, hidden_size: 32 }) }));
    const problem = page.getByTestId('model-problem');
    await problem.getByText(/has the shape .* \(hidden_size is 32\)/).waitFor();
    await problem.getByText('“my-roberta” stays chosen.').waitFor();
  },
);

staged.concurrent('whose tokenizer runs away is given up after five seconds', async ({ show }) => {
  const page = await show('model-choice');
  const runaway = {
    ...(JSON.parse(tokenizerJson) as object),
    pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
  };
  await choose(page, written('runaway', { 'tokenizer.json': JSON.stringify(runaway) }));
  await page
    .getByTestId('model-problem')
    .getByText(/tokenizer.json: .* more than 5 seconds.*runs away/)
    .waitFor({ timeout: 20_000 });
});

staged.concurrent('by a name on the hub, which is kept in the browser', async ({ show }) => {
  const page = await show('model-choice');
  const asked: string[] = [];
  let broken = true;
  await page.context().route('https://huggingface.co/**', async (route: Route) => {
    const request = route.request();
    const [, kind, file = ''] = /^https:\/\/huggingface\.co\/some\/model\/(\w+)\/\w+\/(.*)$/.exec(request.url()) ?? [];
    asked.push(`${request.method()} ${kind} ${file} ${request.headers().range ?? ''}`.trim());
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'X-Repo-Commit,X-Error-Code,Content-Range',
      'x-repo-commit': 'c'.repeat(40),
    };
    const content = stockFiles[file];
    if (content === undefined) return route.fulfill({ status: 404, headers });
    const body = Buffer.from(content);
    if (kind === 'raw') {
      const hash = createHash('sha256').update(body).digest('hex');
      return route.fulfill({
        headers,
        body: `version https://git-lfs.github.com/spec/v1\noid sha256:${hash}\nsize ${body.length}\n`,
      });
    }
    if (file !== 'model.safetensors') return route.fulfill({ headers, body });
    // First a half, then nothing, until the page asks anew.
    const range = request.headers().range;
    const from = Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);
    if (broken && from > 0) return route.abort();
    const part = body.subarray(from, broken ? 1000 : undefined);
    const ranged = { ...headers, 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` };
    return route.fulfill(range ? { status: 206, headers: ranged, body: part } : { headers, body: part });
  });
  const ask = async () => {
    await page.getByTestId('model-hub-name').fill('some/model');
    await page.getByTestId('model-hub-fetch').click();
  };
  await ask();
  await page
    .getByTestId('model-problem')
    .getByText(/model.safetensors broke off at 1000 of \d+ bytes/)
    .waitFor();
  broken = false;
  asked.length = 0;
  await ask();
  await page.getByRole('heading', { name: 'Model “some/model”' }).waitFor();
  expect(asked).toContain('GET resolve model.safetensors bytes=1000-');
  expect(await card(page).innerText()).toMatch(/Weights\s+[\d.]+ kB/);

  // Another page of the same browser has it already.
  await page.reload();
  await page.context().unroute('https://huggingface.co/**');
  await page.context().route('https://huggingface.co/**', (route) => route.abort());
  await ask();
  await page.getByRole('heading', { name: 'Model “some/model”' }).waitFor();
  await page.getByTestId('model-hub-name').fill('some/other');
  await page.getByTestId('model-hub-fetch').click();
  await page
    .getByTestId('model-problem')
    .getByText(/huggingface.co can’t be reached .* choose them instead/)
    .waitFor();
});
