import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { DataError, guessColumns, MOST_ROWS, parseTable } from '../../src/data/table';

const bytes = (text: string) => new TextEncoder().encode(text);

function problem(source: Uint8Array | string, fileName?: string): DataError {
  try {
    parseTable(source, fileName);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('No error was thrown.');
}

describe('what is read', () => {
  const expected = {
    columns: ['text', 'label'],
    rows: [
      ['so, so kind', 'good'],
      ['x', 'bad'],
    ],
    rowNumbers: [2, 3],
  };

  test.each([
    ['commas', 'text,label\n"so, so kind",good\nx,bad\n'],
    ['semicolons, Windows line ends', 'text;label\r\nso, so kind;good\r\nx;bad\r\n'],
    ['tabs', 'text\tlabel\nso, so kind\tgood\nx\tbad'],
    ['bars', 'text|label\nso, so kind|good\nx|bad'],
    ['a byte order mark', '\uFEFFtext,label\n"so, so kind",good\nx,bad'],
    ['spaces around column names', ' text , label\n"so, so kind",good\nx,bad'],
    ['a quoted header with a separator of another kind', '"text",label\n"so, so kind",good\nx,bad'],
  ])('%s', (_, text) => {
    expect(parseTable(bytes(text))).toEqual(expected);
    expect(parseTable(text)).toEqual(expected);
  });

  test('JSON lines; numbers and truth values become text', () => {
    const lines = '{"text": "a, b", "n": 1, "ok": true}\n\n{"ok": null, "text": "é", "n": -0.5, "extra": 1}\n';
    expect(parseTable(bytes(lines))).toEqual({
      columns: ['text', 'n', 'ok'],
      rows: [
        ['a, b', '1', 'true'],
        ['é', '-0.5', ''],
      ],
      rowNumbers: [1, 3],
    });
  });

  test('the ending of the file name decides', () => {
    expect(parseTable('a\tb,c\n1\t2,3', 'x.TSV').columns).toEqual(['a', 'b,c']);
    expect(parseTable('{"a": 1}', 'x.jsonl').columns).toEqual(['a']);
    expect(parseTable('{"a": 1}', 'x.ndjson').columns).toEqual(['a']);
    expect(parseTable('{a\n1', 'x.csv').columns).toEqual(['{a']);
  });

  test('rows are numbered as in a spreadsheet, over empty lines and line breaks in cells', () => {
    const { rows, rowNumbers } = parseTable('text,label\n\n"two\nlines",a\n,\nx,b\n\n');
    expect(rows).toEqual([
      ['two\nlines', 'a'],
      ['x', 'b'],
    ]);
    expect(rowNumbers).toEqual([3, 5]);
  });

  test('whatever a CSV writer wrote', () => {
    const cell = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .filter((s) => !s.includes('\0') && !s.includes('\uFEFF'));
    // A first cell that is not blank, since empty lines are passed over.
    const row = fc.tuple(
      cell.map((s) => `x${s}`),
      cell,
      cell,
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.constantFrom(',', ';', '\t', '|'), (rows, delimiter) => {
        const csv = Papa.unparse({ fields: ['one', 'two', 'three'], data: rows }, { delimiter, quotes: true });
        expect(parseTable(bytes(csv)).rows).toEqual(rows);
      }),
    );
  });

  test('100,000 rows, quickly; and a row of 10,000 characters', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `note ${i} about the ward,${i % 2 ? 'good' : 'bad'}`);
    lines[500] = `${'very '.repeat(2000)},good`;
    const source = bytes(`text,label\n${lines.join('\n')}`);
    const start = performance.now();
    const table = parseTable(source);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(table.rows).toHaveLength(100_000);
    expect(table.rowNumbers.at(-1)).toBe(100_001);
    expect(table.rows[500]![0]).toHaveLength(10_000);
  });
});

describe('what is refused, where, and what to do', () => {
  const utf16 = new Uint8Array([0xff, 0xfe, 0x61, 0, 0x2c, 0]);
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
  const latin1 = new Uint8Array([...bytes('text,label\ngood,a\ncaf'), 0xe9, ...bytes(',b\nx,a')]);

  test.each([
    ['UTF-16', utf16, {}, /UTF-16/],
    ['an image', png, {}, /not text/],
    ['zero bytes in text', bytes('text,label\na\0,b'), {}, /not text/],
    ['a spreadsheet', new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]), {}, /spreadsheet/],
    ['another encoding', latin1, { row: 3 }, /line 3 has letters in another encoding/],
    ['nothing', new Uint8Array(0), {}, /empty/],
    ['white space', '\n \n', {}, /empty/],
    ['a header alone', 'text,label\n', { row: 1 }, /no rows/],
    ['a column without a name', 'text,,label\na,b,c', { row: 1 }, /Column 2 has no name/],
    ['two columns of one name', 'text,label,text\na,b,c', { row: 1, column: 'text' }, /Two columns are called “text”/],
    ['a short row', 'text,label\na,b\nonly text\nc,d', { row: 3 }, /Row 3 has 1 cell, the header has 2/],
    ['a long row', 'text,label\n\nslow, but kind,good', { row: 3 }, /Row 3 has 3 cells, the header has 2/],
    ['a quotation mark left open', 'text,label\na,b\n"never closed,b\nc,d', { row: 3 }, /Row 3 has a quotation mark/],
    ['a sentence for a header', 'the nurse was kind and patient with me,good\nx,bad', { row: 1 }, /no header/],
    ['labels for a header', 'kind,good\nrude,bad\nnice,good\nlovely,good', { row: 1 }, /no header.*“good”/],
    ['broken JSON', '{"text": "a"}\n{"text": ', { row: 2 }, /Line 2 is not JSON/],
    ['JSON that is no object', '{"text": "a"}\n[1]', { row: 2 }, /Line 2 is not a JSON object/],
    ['a field left out', '{"text": "a", "label": "b"}\n{"text": "c"}', { row: 2, column: 'label' }, /no “label”/],
    ['a list in a field', '{"text": ["a"]}', { row: 1, column: 'text' }, /a list as “text”/],
  ])('%s', (_, source, place, message) => {
    const error = problem(source);
    expect(error.message).toMatch(message);
    expect({ row: error.row, column: error.column }).toEqual({ row: undefined, column: undefined, ...place });
    expect(error.remedy).toMatch(/^[A-Z].*[.}]$/);
  });

  test('a long row says which mark wants quoting', () => {
    expect(problem('text,label\na,b,c').remedy).toContain('a comma');
    expect(problem('text\tlabel\na\tb\tc', 'x.tsv').remedy).toContain('a tab');
  });

  test(`more than ${MOST_ROWS} rows`, () => {
    const rows = 'x,a\n'.repeat(MOST_ROWS);
    expect(parseTable(`text,label\n${rows}`).rows).toHaveLength(MOST_ROWS);
    expect(problem(`text,label\n${rows}x,a\n`).message).toContain('more than 200,000 rows');
    expect(problem(`text,label\n${rows}${rows}${rows}`).message).toContain('more than 200,000 rows');
    expect(problem('{"a":1}\n'.repeat(MOST_ROWS + 1)).message).toContain('more than 200,000 rows');
  });
});

describe('guessing columns', () => {
  const guess = (csv: string) => guessColumns(parseTable(csv));

  test('by name', () => {
    expect(guess('id,Label,Review\n1,a,b\n2,c,d')).toEqual({ text: 'Review', label: 'Label' });
  });

  test('by content: the longest is the text, the one that repeats most the label', () => {
    const csv = 'id,what,said\n1,good,they were kind\n2,bad,nobody came\n3,good,fine stay here\n4,bad,it was cold';
    expect(guess(csv)).toEqual({ text: 'said', label: 'what' });
  });

  test('a column that is the same everywhere is no label', () => {
    expect(guess('a,b,c\nlonger text,x,1\nlongest text,x,2')).toEqual({ text: 'a', label: 'c' });
  });

  test('one column is not enough', () => {
    expect(() => guess('text\na\nb')).toThrow(/one column only/);
  });
});
