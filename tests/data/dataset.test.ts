import { describe, expect, test } from 'vitest';
import { buildDataset } from '../../src/data/dataset';
import { DataError, parseTable } from '../../src/data/table';

const columns = { text: 'text', label: 'label' };
const build = (csv: string, options = {}) => buildDataset(parseTable(csv), columns, options);

function problem(run: () => unknown): DataError {
  try {
    run();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('No error was thrown.');
}

test('examples, labels in order of appearance, counts', () => {
  const table = parseTable('id,label,text\n1,good, kind staff \n\n2,bad,cold food\n3, good,warm room');
  const before = structuredClone(table);
  expect(buildDataset(table, columns)).toEqual({
    examples: [
      { text: 'kind staff', label: 'good', row: 2 },
      { text: 'cold food', label: 'bad', row: 4 },
      { text: 'warm room', label: 'good', row: 5 },
    ],
    labels: ['good', 'bad'],
    counts: { good: 2, bad: 1 },
    warnings: [{ row: 4, column: 'label', message: expect.stringContaining('only example of “bad”') }],
  });
  expect(table).toEqual(before);
});

describe('refused', () => {
  test.each([
    ['an empty text', 'text,label\na,x\n  ,y', { row: 3, column: 'text' }, /Row 3 has no text/],
    ['an empty label', 'text,label\na,\nb,y', { row: 2, column: 'label' }, /Row 2 has no label/],
    ['one class', 'text,label\na,x\nb,x', { row: undefined, column: 'label' }, /All rows have the label “x”/],
    ['a name of its own', 'text,label\na,x\nb,__proto__', { row: undefined, column: 'label' }, /“__proto__” cannot be/],
    ['a missing column', 'text,class\na,x\nb,y', { row: 1, column: 'label' }, /no column “label”/],
  ])('%s', (_, csv, place, message) => {
    const error = problem(() => build(csv));
    expect(error.message).toMatch(message);
    expect({ row: error.row, column: error.column }).toEqual(place);
    expect(error.remedy).toMatch(/^[A-Z].*\.$/);
  });

  test('a missing column: which there are', () => {
    expect(problem(() => build('text,class\na,x\nb,y')).remedy).toBe('Choose one of “text”, “class”.');
  });

  test('more classes than label words', () => {
    const csv = 'text,label\na,x\nb,y\nc,z';
    expect(problem(() => build(csv, { words: 2 })).message).toContain('3 different labels, but label words for 2');
    expect(build(csv, { words: 3 }).labels).toEqual(['x', 'y', 'z']);
    const many = Array.from({ length: 51 }, (_, i) => `text ${i},label ${i}`).join('\n');
    expect(problem(() => build(`text,label\n${many}`)).message).toContain('51 different labels');
  });

  test('one column for both', () => {
    const table = parseTable('text,label\na,x\nb,y');
    expect(problem(() => buildDataset(table, { text: 'text', label: 'text' })).message).toContain(
      'both text and label',
    );
  });
});

test('what looks odd is said, row by row, and kept', () => {
  const { warnings, examples } = build('text,label\na,x\nb,y\na,x\na,y\nc,X\nd,X');
  expect(warnings).toEqual([
    { row: 4, column: 'text', message: 'The same text as in row 2.' },
    { row: 5, column: 'label', message: 'The same text as in row 2, which is labelled “x”.' },
    { row: 6, column: 'label', message: '“X” and “x” count as two labels.' },
  ]);
  expect(examples).toHaveLength(6);
});
