/**
 * Labels new texts with what an earlier run saved, after meeting the same model again.
 *
 *   npm run classify -- --prompt out/head.safetensors --data new.csv --text review --model FOLDER --out labelled.csv
 *   npm run classify -- --prompt prompt.safetensors --data new.csv --join 7KQ2-M9XD --server https://example.org
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { BACKEND_PREFERENCES, type BackendPreference } from '../src/compute/create';
import type { Wishes } from '../src/data/read-as';
import { parseCode } from '../src/net/code';
import { main } from './command-line';
import { modelSource } from './model-source';
import { download, launch, sessionAt, until } from './page';
import { READING_HELP, READING_OPTIONS, readingWishes, wishReading } from './reading-options';
import { type ModelSource, TwoTabs } from './two-tabs';

const HELP = `Label new texts under MPC with a prompt or head that was saved.

  --prompt FILE      prompt.safetensors or head.safetensors, of the model that is met
  --data FILE        a text in every row: CSV, TSV, text, JSON, Excel or Parquet
  --text COLUMN      column of texts (default: guessed)
${READING_HELP}
  --out FILE         CSV of text, label and the probability of each label (default: standard output)

Where the model is, one of

  --model NAME       a built-in model, a folder or a name on Hugging Face's hub: its owner's tab is opened here too
  --join CODE        the code of a session that the model's owner has opened
  --server URL       where that session is (default http://127.0.0.1:8080)
  --dealer PLACE     that session's randomness: server or tab (default server)

  --backend auto|webgpu|wasm|cpu`;

/** A model is read, and calibrated if it has to be, before anybody is connected. */
const CONNECTED_MS = 30 * 60_000;
/** Reading a file of texts, or what was saved. */
const READ_MS = 5 * 60_000;
/** A large model on a slow machine, of every text. */
const TEXT_MS = 600_000;

main(HELP, async () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...READING_OPTIONS,
      ...{ prompt: text, data: text, text, out: text, model: text, join: text },
      server: { ...text, default: 'http://127.0.0.1:8080' },
      dealer: { ...text, default: 'server' },
      backend: { ...text, default: 'auto' },
    },
  });
  const { prompt, data, model, join, server, dealer } = values;
  const backend = BACKEND_PREFERENCES.find((known) => known === values.backend);
  if (!backend) throw new Error(`--backend takes ${BACKEND_PREFERENCES.join(', ')}, not “${values.backend}”`);
  if (dealer !== 'server' && dealer !== 'tab') throw new Error(`--dealer takes server or tab, not “${dealer}”`);
  for (const [option, path] of [
    ['--prompt', prompt],
    ['--data', data],
  ] as const) {
    if (path === undefined) throw new Error(`${option} FILE is missing`);
    if (!existsSync(path)) throw new Error(`${option}: there is no file ${path}`);
  }
  if ((model === undefined) === (join === undefined))
    throw new Error('either --model NAME or --join CODE says where the model is');
  const reading = readingWishes(values);
  const code = join === undefined ? undefined : parseCode(join);

  const met =
    code === undefined
      ? await openBoth(modelSource(model!), backend)
      : await joinSession(server, { code, dealer, backend });
  try {
    const { csv, problem } = await label(met.page, { prompt: prompt!, data: data!, column: values.text, reading });
    if (values.out) writeFileSync(values.out, csv);
    else await new Promise((written) => process.stdout.write(csv, written));
    if (problem) throw new Error(`not all texts were labelled: ${problem}`);
  } finally {
    await met.close();
  }
});

interface Met {
  /** The data owner's, connected. */
  page: Page;
  close(): Promise<void>;
}

async function openBoth(model: ModelSource, backend: BackendPreference): Promise<Met> {
  say('Opening one tab for the model owner and one for the data owner');
  const tabs = await TwoTabs.open({ backend, model, budget: 1_000_000_000 });
  return { page: tabs.dataOwner, close: () => tabs.close() };
}

async function joinSession(site: string, terms: Record<string, string>): Promise<Met> {
  say(`Joining the session at ${site}`);
  const browser = await launch(true);
  try {
    const page = await browser.newPage();
    await page.goto(sessionAt(site, { role: 'data-owner', ...terms }));
    await until(page, 'the model owner', ({ state }) => state === 'ready', CONNECTED_MS);
    return { page, close: () => browser.close() };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/** The page's own CSV, and why texts are missing from it, if any are. Throws for what the page refuses. */
async function label(
  page: Page,
  { prompt, data, column, reading }: { prompt: string; data: string; column: string | undefined; reading: Wishes },
): Promise<{ csv: Uint8Array; problem: string | undefined }> {
  await page.getByTestId('load-result').setInputFiles(prompt);
  const { unloadable } = await until(
    page,
    'the saved result',
    ({ loaded, unloadable }) => Boolean(loaded || unloadable),
    READ_MS,
  );
  if (unloadable) throw new Error(`${prompt}: ${unloadable}`);

  await page.getByTestId('classify-file').setInputFiles(data);
  const read = () =>
    until(page, 'the texts', ({ newTexts }) => newTexts.count !== undefined || Boolean(newTexts.problem), READ_MS);
  await read();
  await wishReading(page, 'reading-new', reading);
  let { newTexts } = await read();
  if (column !== undefined && newTexts.column !== undefined && newTexts.column !== column) {
    const choice = page.getByTestId('classify-column');
    const columns = await choice.locator('option').allTextContents();
    if (!columns.includes(column))
      throw new Error(`${data} has no column “${column}”: it has ${columns.map((name) => `“${name}”`).join(', ')}`);
    await choice.selectOption({ label: column });
    ({ newTexts } = await read());
  }
  const { count, problem, readAs, skipped } = newTexts;
  if (problem) throw new Error(`${data}: ${problem.message} ${problem.remedy ?? ''}`.trim());

  say(`Read as: ${readAs}; rows left out: ${skipped}`);

  await page.getByTestId('classify-file-run').click();
  let said = '';
  const { classifications, textProblems } = await until(
    page,
    'the texts to be labelled',
    ({ activity, classifying }) => {
      if (activity && activity.total > 0) {
        const { label: what, done, total, secondsLeft } = activity;
        const line = `${what}: ${done} of ${total}${secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`}`;
        if (line !== said) say(line);
        said = line;
      }
      return !classifying;
    },
    TEXT_MS * count!,
  );
  if (classifications.length === 0) throw new Error(textProblems.join(' '));
  say(`${classifications.length} of ${count} texts are labelled`);
  return { csv: await download(page, 'download-labelled'), problem: textProblems[0] };
}

/** What goes on; standard output is for the labels. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
