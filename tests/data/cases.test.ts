/** Files that people brought, beside the repository: what becomes of each. They are left out where they are not there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { guessColumns, rivalLabels } from '../../src/data/columns';
import { buildDataset } from '../../src/data/dataset';
import { describeReading } from '../../src/data/read-as';
import { problem, read } from './files';

const FOLDER = '../shared/cases';
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`${FOLDER} is not there: files of people are not read`);

const HALVES = { bad: 3, good: 3 };
const USUAL = 'first row is the header, UTF-8';

/** How each is read, and the examples of each label. */
const CASES: Record<string, [how: string, counts: Record<string, number>, more?: object]> = {
  '01-tsv-literal-quotes.tsv': [`tab-separated, no quotes, ${USUAL}`, { ham: 2, spam: 2 }],
  '01b-tsv-open-quote.tsv': [`tab-separated, no quotes, ${USUAL}`, { ham: 2, spam: 3 }],
  '02-no-header.csv': ['comma-separated, double quotes, no header, UTF-8', HALVES],
  '03-pandas-index.csv': [`comma-separated, double quotes, ${USUAL}`, HALVES],
  '04-json-array.json': ['JSON, UTF-8', HALVES],
  '04b-json-array-one-line.json': ['JSON, UTF-8', HALVES],
  '06-excel-semicolon-bom.csv': [`semicolon-separated, no quotes, ${USUAL}`, HALVES],
  '07-utf16.txt': ['tab-separated, no quotes, first row is the header, UTF-16', HALVES],
  '08-windows-1252.csv': [
    'comma-separated, no quotes, first row is the header, Windows-1252 (Western)',
    { bon: 2, mauvais: 2 },
  ],
  '09-old-mac-cr.csv': [`comma-separated, double quotes, ${USUAL}`, HALVES],
  '10-quoted-newlines.csv': [`comma-separated, double quotes, ${USUAL}`, { bad: 2, good: 2 }],
  '11-stars-1-5.csv': [`comma-separated, no quotes, ${USUAL}`, { 1: 4, 2: 4, 3: 4, 4: 4, 5: 4 }],
  '12-booleans.csv': [`comma-separated, no quotes, ${USUAL}`, { FALSE: 5, TRUE: 5 }],
  '13-label-mixed-case.csv': [
    `comma-separated, no quotes, ${USUAL}`,
    { Positive: 1, positive: 2, NEGATIVE: 1, negative: 1, Negative: 1 },
    {
      alike: [
        ['positive', 'Positive'],
        ['NEGATIVE', 'negative', 'Negative'],
      ],
    },
  ],
  '14-missing-label-one-row.csv': [
    `comma-separated, no quotes, ${USUAL}`,
    { y: 151, x: 150 },
    { skipped: [{ row: expect.any(Number), why: 'it has no label' }] },
  ],
  '16-jsonl-label-list.jsonl': ['JSON lines, UTF-8', HALVES],
  '18-id-text-label-named-otherwise.csv': [`comma-separated, double quotes, ${USUAL}`, { wards: 3, billing: 3 }],
  '20-emoji-i18n.csv': [`comma-separated, no quotes, ${USUAL}`, { pos: 3, neg: 3 }],
  '21-duplicates.csv': [
    `comma-separated, no quotes, ${USUAL}`,
    { ham: 31, spam: 5 },
    { skipped: [], warnings: { length: 33 } },
  ],
  '22-imbalanced.csv': [`comma-separated, no quotes, ${USUAL}`, { normal: 97, urgent: 3 }],
  '23-trailing-comma.csv': [`comma-separated, double quotes, ${USUAL}`, HALVES],
  '26-label-constructor.csv': [`comma-separated, no quotes, ${USUAL}`, { constructor: 1, other: 1 }],
  '29-long-text.csv': [`comma-separated, double quotes, ${USUAL}`, { a: 3, b: 3 }],
  '30-one-hot.csv': [`comma-separated, no quotes, ${USUAL}`, { 0: 2, 1: 2 }],
  '31-numbers-as-text.csv': [`comma-separated, no quotes, ${USUAL}`, { 0: 2, 1: 2 }],
  '32-windows-1250-bytes.csv': [
    'comma-separated, no quotes, first row is the header, Windows-1252 (Western)',
    { good: 1, bad: 1 },
  ],
  '34-header-quoted-bom.csv': [`comma-separated, double quotes, ${USUAL}`, { x: 1, y: 1 }],
  '35-text-column-called-text-but-short.csv': [`comma-separated, no quotes, ${USUAL}`, { 0: 2, 1: 2 }],
  '37-kaggle-latin1-empty-columns.csv': [
    'comma-separated, no quotes, first row is the header, Windows-1252 (Western)',
    { ham: 2, spam: 2 },
  ],
  '38-no-ext-tab-comma-in-first-line': ['tab-separated, no quotes, no header, UTF-8', { ham: 2, spam: 2 }],
  '40-tsv-as-csv-name.csv': [`tab-separated, double quotes, ${USUAL}`, { bad: 2, good: 2 }],
  '43-inch-marks.csv': [`semicolon-separated, double quotes, ${USUAL}`, { ok: 2, bad: 2 }],
};

/** What is no data, or not yet. */
const REFUSED: Record<string, RegExp> = {
  '33-xlsx.xlsx': /zip archive that holds no Excel sheet/,
  '41-hf-roberta-config.json': /no list of examples/,
};

const load = async (name: string) => {
  const reading = await read(new Uint8Array(readFileSync(`${FOLDER}/${name}`)), name);
  const { text, label } = guessColumns(reading.table);
  const columns = { text, label: label! };
  return { ...reading, dataset: buildDataset(reading.table, columns), rivals: rivalLabels(reading.table, columns) };
};

describe.skipIf(!isThere)('files that people brought', () => {
  test('are all here', () => {
    expect([...Object.keys(CASES), ...Object.keys(REFUSED)].sort()).toEqual(readdirSync(FOLDER).sort());
  });

  test.each(Object.entries(CASES))('%s', async (name, [said, counts, more = { skipped: [], alike: [] }]) => {
    const { how, skipped, dataset } = await load(name);
    expect(describeReading(how)).toBe(said);
    expect(dataset.counts).toEqual(counts);
    expect(dataset).toMatchObject(more);
    expect(skipped).toEqual([]);
  });

  test('one column of three that could be the label is learned, and the others are named', async () => {
    expect((await load('30-one-hot.csv')).rivals).toEqual(['insult', 'threat']);
  });

  test.each(Object.entries(REFUSED))('%s is refused', async (name, message) => {
    expect((await problem(() => load(name))).message).toMatch(message);
  });
});
