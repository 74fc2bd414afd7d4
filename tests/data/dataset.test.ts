import { describe, expect, test } from 'vitest';
import { type BuildOptions, buildDataset } from '../../src/data/dataset';
import { COLUMNS, problem, tableOf } from './files';

const build = async (csv: string, options: BuildOptions = {}) => buildDataset(await tableOf(csv), COLUMNS, options);

test('examples, labels in order of appearance, counts', async () => {
  const table = await tableOf('id,label,text\n1,good, kind staff \n\n2,bad,cold food\n3, good,warm room');
  const before = structuredClone(table);
  expect(buildDataset(table, COLUMNS)).toEqual({
    examples: [
      { text: 'kind staff', label: 'good', row: 2 },
      { text: 'cold food', label: 'bad', row: 4 },
      { text: 'warm room', label: 'good', row: 5 },
    ],
    labels: ['good', 'bad'],
    counts: { good: 2, bad: 1 },
    skipped: [],
    alike: [],
    listed: 0,
    warnings: [{ row: 4, column: 'label', message: expect.stringContaining('only example of “bad”') }],
  });
  expect(table).toEqual(before);
});

test('rows without a text or a label are left out and listed', async () => {
  const { examples, skipped } = await build('text,label\na,x\n  ,y\nb,\nc,y\n');
  expect(examples.map(({ row }) => row)).toEqual([2, 5]);
  expect(skipped).toEqual([
    { row: 3, why: 'it has no text' },
    { row: 4, why: 'it has no label' },
  ]);
});

describe('labels', () => {
  const spelt =
    'text,label\na,Positive\nb,positive \nc,NEGATIVE\nd,negative\ne,nega\u200btive\nf,positive\ng,negative\n';

  test('that are spelt alike are apart, and merged where that is wished', async () => {
    const apart = await build(spelt);
    expect(apart.labels).toHaveLength(5);
    expect(apart.alike).toEqual([
      ['positive', 'Positive'],
      ['negative', 'NEGATIVE', 'nega\u200btive'],
    ]);
    const merged = await build(spelt, { merge: true });
    expect(merged.counts).toEqual({ positive: 3, negative: 4 });
    expect(merged.alike).toEqual(apart.alike);
  });

  test('are spelt as the other file’s', async () => {
    const csv = 'text,label\na,good\nb,GOOD\nc,1.0\nd,2\n';
    expect((await build(csv, { known: ['Good', '1'] })).counts).toEqual({ Good: 2, 1: 1, 2: 1 });
  });

  test('that are numbers rise, and are the same however they are written', async () => {
    const csv = 'text,label\na,5\nb,1\nc,10\nd,1.0\n';
    expect((await build(csv)).labels).toEqual(['1', '1.0', '5', '10']);
    expect((await build(csv, { merge: true })).labels).toEqual(['1', '5', '10']);
  });

  test('of one cell: the first, or none, or all of it', async () => {
    const csv = 'text;label\na;billing, rude\nb;rude\nc;billing\nd;rude, billing\ne;late|rude\nf;late\n';
    const { counts, listed } = await build(csv);
    expect(counts).toEqual({ billing: 2, rude: 2, late: 2 });
    expect(listed).toBe(3);
    const { examples, skipped } = await build(csv, { several: 'leave out' });
    expect(examples.map(({ text }) => text)).toEqual(['b', 'c', 'f']);
    expect(skipped.map(({ row }) => row)).toEqual([2, 5, 6]);
    expect((await build(csv, { several: 'together' })).labels).toContain('billing, rude');
  });

  test('with a comma in their name are one', async () => {
    const { labels, listed } = await build('text;label\na;bed, board\nb;other\nc;bed, board\n');
    expect(labels).toEqual(['bed, board', 'other']);
    expect(listed).toBe(0);
  });
});

describe('refused', () => {
  test.each([
    ['no example', 'text,label\na,\n  ,y', { row: undefined, column: 'label' }, /No row has both/],
    ['one class', 'text,label\na,x\nb,x', { row: undefined, column: 'label' }, /All rows have the label “x”/],
    ['a missing column', 'text,class\na,x\nb,y', { row: 1, column: 'label' }, /no column “label”/],
  ])('%s', async (_, csv, place, message) => {
    const error = await problem(() => build(csv));
    expect(error.message).toMatch(message);
    expect({ row: error.row, column: error.column }).toEqual(place);
    expect(error.remedy).toMatch(/^[A-Z].*\.$/);
  });

  test('a missing column: which there are', async () => {
    expect((await problem(() => build('text,class\na,x\nb,y'))).remedy).toBe('Choose one of “text”, “class”.');
  });

  test('more classes than label words', async () => {
    const csv = 'text,label\na,x\nb,y\nc,z';
    expect((await problem(() => build(csv, { words: 2 }))).message).toContain(
      '3 different labels, but label words for 2',
    );
    expect((await build(csv, { words: 3 })).labels).toEqual(['x', 'y', 'z']);
    const many = Array.from({ length: 51 }, (_, i) => `text ${i},label ${i}`).join('\n');
    expect((await problem(() => build(`text,label\n${many}`))).message).toContain('51 different labels');
  });

  test('one column for both', async () => {
    const table = await tableOf('text,label\na,x\nb,y');
    const error = await problem(() => buildDataset(table, { text: 'text', label: 'text' }));
    expect(error.message).toContain('both text and label');
  });
});

test('what looks odd is said, row by row, and kept', async () => {
  const { warnings, examples } = await build('text,label\na,x\nb,y\na,x\na,y\nc,z');
  expect(warnings).toEqual([
    { row: 4, column: 'text', message: 'The same text as in row 2.' },
    { row: 5, column: 'label', message: 'The same text as in row 2, which is labelled “x”.' },
    { row: 6, column: 'label', message: 'This is the only example of “z”: none can be held out.' },
  ]);
  expect(examples).toHaveLength(5);
});
