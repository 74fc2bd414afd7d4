/** What a person gets of each file that people brought: a run that can start, or why not. In a real data owner's tab, with the model *tiny*. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TwoTabs } from '../../tools/two-tabs';

const FOLDER = '../shared/cases';
const names = existsSync(FOLDER) ? readdirSync(FOLDER).sort() : [];
if (names.length === 0) console.warn(`${FOLDER} is not there: files of people are not tried`);

const ONE_EACH =
  'Checked against the model: There is one example of each label, so that none is left to measure by. Add a second one of at least one label.';

/** What the start's bar says where there is no start. */
const REFUSED: Record<string, string> = {
  '26-label-constructor.csv': ONE_EACH,
  '32-windows-1250-bytes.csv': ONE_EACH,
  '33-xlsx.xlsx':
    'Data: The file is a zip archive that holds no Excel sheet. Unpack it, and choose the table that is in it: CSV, TSV, JSON, Excel or Parquet.',
  '34-header-quoted-bom.csv': ONE_EACH,
  '41-hf-roberta-config.json':
    'Data: The JSON file has no list of examples. Choose a file with an array of objects, such as [{"text": "…", "label": "…"}].',
};

describe.skipIf(names.length === 0)('a file that somebody brought', () => {
  let tabs: TwoTabs;
  let page: Page;
  beforeAll(async () => {
    tabs = await TwoTabs.open({ backend: 'wasm' });
    page = tabs.dataOwner;
  }, 60_000);
  afterAll(() => tabs?.close());

  test.each(names)('%s', async (name) => {
    const remove = page.getByTestId('remove-training');
    if (await remove.isVisible()) await remove.click();
    await page.getByTestId('file-input').setInputFiles(join(FOLDER, name));
    const start = page.getByTestId('start');
    const problem = page.getByTestId('data-problem').or(page.getByTestId('invalid'));
    await expect
      .poll(async () => (await start.isEnabled()) || (await problem.isVisible()), { timeout: 20_000 })
      .toBe(true);
    const lacks = (await start.isEnabled()) ? undefined : await page.getByTestId('start-status').textContent();
    expect(lacks).toBe(REFUSED[name]);
  });

  test('that is refused is one of these', () => {
    expect(names).toEqual(expect.arrayContaining(Object.keys(REFUSED)));
  });
});
