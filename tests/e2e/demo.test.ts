/** `npm run demo` and `npm run classify` with a sentence encoder of one's own: its files go through the page, as do what is saved and new texts. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../server/app';
import { USUAL_OPTIONS } from '../../server/options';
import { importAnswers } from '../../src/session/data-owner/answers-file';
import { importHead } from '../../src/tuning/head-file';
import { launch, sessionAt } from '../../tools/page';
import { encoderFiles, examples } from '../support/session';

const HIDDEN = 16;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'demo-'));
  const { config, tokenizer, weights } = await encoderFiles();
  const [file] = weights;
  const tensors = await file!.read(0, file!.size);
  const broken = Uint8Array.from(tensors);
  // Its last number, which only whoever reads all of them finds.
  new DataView(broken.buffer).setFloat32(broken.length - 4, Number.NaN, true);
  for (const [name, bytes] of [
    ['encoder', tensors],
    ['broken', broken],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'config.json'), config);
    writeFileSync(join(folder, name, 'tokenizer.json'), tokenizer);
    writeFileSync(join(folder, name, 'model.safetensors'), bytes);
  }
  const rows = examples.map(({ text, label }) => `"${text}",${label}`);
  writeFileSync(join(folder, 'notes.csv.gz'), gzipSync(['note,mood', ...rows, ''].join('\n')));
});

afterAll(() => rmSync(folder, { recursive: true }));

const demo = (model: string, ...more: string[]) =>
  promisify(execFile)(process.execPath, [
    ...['node_modules/tsx/dist/cli.mjs', 'tools/demo.ts', '--headless', '--model', join(folder, model)],
    ...['--data', join(folder, 'notes.csv.gz'), '--text', 'note', '--label', 'mood', '--out', join(folder, 'out')],
    ...more,
  ]);

const written = (name: string) => readFileSync(join(folder, 'out', name));

it('learns a head in two tabs, and keeps the figures, the comparison and the agreement with the reference', async () => {
  const { stdout } = await demo('encoder', '--shots', '8', '--tokens', '16', '--seed', '1');
  const run = JSON.parse(written('run.json').toString());
  expect(run).toMatchObject({
    model: { task: 'embedding', pooling: 'mean', layers: 2, hidden: HIDDEN, heads: 2, intermediate: 24 },
    method: 'head',
    task: { labels: ['negative', 'positive'], settings: { shots: 8, tokens: 16 } },
    final: { examples: 12, accuracy: 1, scores: { macroF1: 1 } },
    measuredOn: 'evaluation',
    trained: 16,
    crossValidated: { examples: 16 },
    verdict: { adds: 'nothing', text: expect.stringMatching(/adds nothing here.*another model/) },
    agreement: { texts: 28, labelledOtherwise: 0 },
    numbersOpened: { each: HIDDEN, total: 28 * HIDDEN },
    totals: { sequences: 28, numbers: 28 * HIDDEN },
  });
  expect(run.alone.map(({ name }: { name: string }) => name)).toEqual(['majority', 'words', 'public embeddings']);
  for (const { interval, examples: measured } of run.alone) {
    expect(measured).toBe(12);
    expect(interval[0]).toBeLessThan(interval[1]);
  }
  const { least, mean } = run.agreement.cosine;
  expect(least).toBeGreaterThan(0.999);
  expect(mean).toBeGreaterThanOrEqual(least);
  expect(stdout).toMatch(/28 sequences, 448 numbers opened/);
  expect(stdout).toMatch(/Cosine with the plaintext reference on 28 texts/);

  expect(importHead(written('head.safetensors'))).toMatchObject({ tokens: 16, labels: ['negative', 'positive'] });
  expect(importAnswers(written('answers.safetensors')).answers).toHaveLength(28);
}, 200_000);

/** One has a line break and a quotation mark in it. */
const NEW = ['The nurse was "kind"\nand so helpful', 'rude staff, never again'];

const classify = (...more: string[]) =>
  promisify(execFile)(process.execPath, [
    ...['node_modules/tsx/dist/cli.mjs', 'tools/classify.ts', '--backend', 'wasm'],
    ...['--prompt', join(folder, 'out', 'head.safetensors'), '--data', join(folder, 'new.csv')],
    ...more,
  ]);

const failed = (run: Promise<{ stderr: string }>) =>
  run.then(
    () => expect.fail('it should have failed'),
    (error: { stderr: string }) => error.stderr,
  );

function expectLabelled(csv: string): void {
  const { data, errors } = Papa.parse<Record<string, string>>(csv, { header: true, skipEmptyLines: true });
  expect(errors).toEqual([]);
  expect(data.map(({ text }) => text)).toEqual(NEW);
  expect(data.map(({ label }) => label)).toEqual(['positive', 'negative']);
  for (const row of data)
    expect(Number(row['probability of positive']) + Number(row['probability of negative'])).toBeCloseTo(1, 4);
}

describe('with the head that was saved', () => {
  beforeAll(() => {
    const quoted = NEW.map((text) => `7,"${text.replaceAll('"', '""')}"`);
    writeFileSync(join(folder, 'new.csv'), ['id,said', ...quoted, ''].join('\n'));
  });

  it('labels the texts of a file, with both tabs opened here', async () => {
    const out = join(folder, 'labelled.csv');
    const { stdout, stderr } = await classify(
      ...['--model', join(folder, 'encoder'), '--text', 'said', '--out', out],
      ...['--delimiter', 'comma', '--quotes', 'double', '--header', 'yes', '--encoding', 'windows-1252'],
    );
    expect(stdout).toBe('');
    expect(stderr).toContain('comma-separated, double quotes, first row is the header, Windows-1252');
    expect(stderr).toContain('2 of 2 texts are labelled');
    expectLabelled(readFileSync(out, 'utf8'));
  }, 200_000);

  it('joins the session of a model owner elsewhere', async () => {
    const server = await startServer({ ...USUAL_OPTIONS, port: 0 });
    const site = `http://127.0.0.1:${server.port}`;
    const browser = await launch(true);
    try {
      const page = await browser.newPage();
      await page.goto(sessionAt(site, { role: 'model-owner', host: '1', backend: 'wasm', budget: '1000000' }));
      const code = (await page.getByTestId('session-code').textContent())!;
      await page.getByTestId('model-files-folder').setInputFiles(join(folder, 'encoder'));
      const [{ stdout }] = await Promise.all([
        classify('--join', code, '--server', site, '--text', 'said'),
        page.getByTestId('offer-model').click({ timeout: 120_000 }),
      ]);
      expectLabelled(stdout);
    } finally {
      await browser.close();
      await server.close('the test is over');
    }
  }, 200_000);

  it('says what is wrong with the column, with the model, and with its options', async () => {
    const encoder = ['--model', join(folder, 'encoder')];
    expect(await failed(classify(...encoder, '--text', 'review'))).toMatch(/no column “review”: it has “id”, “said”/);
    expect(await failed(classify('--model', 'tiny'))).toMatch(/head.safetensors: .*not/);
    expect(await failed(classify(...encoder, '--quotes', 'round'))).toMatch(/--quotes takes double, single, none/);
    expect(await failed(classify())).toMatch(/either --model NAME or --join CODE/);
    expect(await failed(classify('--join', 'U'))).toMatch(/without U/);
  }, 200_000);
});

it('says what the page finds wrong with a model', async () => {
  const { stderr } = await demo('broken').then(
    () => ({ stderr: '' }),
    (error: { stderr: string }) => error,
  );
  expect(stderr).toMatch(/LayerNorm.bias holds a value that is not a finite number/);
}, 200_000);
