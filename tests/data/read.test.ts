import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, test } from 'vitest';
import { gunzip } from '../../src/data/gzip';
import { describeReading } from '../../src/data/read-as';
import { MOST_ROWS } from '../../src/data/table';
import { problem, read, tableOf, utf8, xlsx, zip } from './files';

const said = async (...args: Parameters<typeof read>) => describeReading((await read(...args)).how);

const TABLE = {
  columns: ['text', 'label'],
  rows: [
    ['so, so kind', 'good'],
    ['x', 'bad'],
  ],
  rowNumbers: [2, 3],
};

describe('separated values', () => {
  test.each([
    ['commas', 'text,label\n"so, so kind",good\nx,bad\n', 'comma-separated, double quotes'],
    ['semicolons', 'text;label\r\nso, so kind;good\r\nx;bad\r\n', 'semicolon-separated, no quotes'],
    [
      'semicolons and single quotes',
      "text;label\n'so, so kind';good\n'x';'bad'\n",
      'semicolon-separated, single quotes',
    ],
    ['tabs', 'text\tlabel\nso, so kind\tgood\nx\tbad', 'tab-separated, no quotes'],
    ['bars', 'text|label\nso, so kind|good\nx|bad', 'bar-separated, no quotes'],
    ['old line ends', 'text\tlabel\rso, so kind\tgood\rx\tbad', 'tab-separated, no quotes'],
    ['a byte order mark', '\uFEFFtext,label\n"so, so kind",good\nx,bad', 'comma-separated, double quotes'],
    ['spaces around names', ' text , label\n"so, so kind",good\nx,bad', 'comma-separated, double quotes'],
    ['a quoted header', '"text",label\n"so, so kind",good\nx,bad', 'comma-separated, double quotes'],
    ['a comma too many on every line', 'text,label,\n"so, so kind",good,\nx,bad,\n', 'comma-separated, double quotes'],
    ['commas too many in the header', 'text,label,,\n"so, so kind",good\nx,bad\n', 'comma-separated, double quotes'],
  ])('with %s', async (_, text, how) => {
    const reading = await read(text);
    expect(reading.table).toEqual(TABLE);
    expect(describeReading(reading.how)).toBe(`${how}, first row is the header, UTF-8`);
    expect(reading.skipped).toEqual([]);
  });

  test('a quotation mark that is never closed swallows no rows, nor one that another one closes by chance', async () => {
    const rows = ['"no idea\tham', 'see you\tham', 'win\tspam', 'call\tspam'];
    for (const last of ['free', '"free', 'he said so"', '"all" of it']) {
      const { table } = await read(['text\tlabel', ...rows, `${last}\tspam`].join('\n'));
      expect(table.rows).toHaveLength(5);
      expect(table.rows[0]).toEqual(['"no idea', 'ham']);
      expect(table.rows[4]).toEqual([last, 'spam']);
    }
  });

  test('nor does one far down in a large file', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `note ${i} about the ward\t${i % 2 ? 'good' : 'bad'}`);
    lines[15_000] = '"an open quote\tgood';
    lines[15_900] = 'closed here"\tgood';
    const { table, how } = await read(['text\tlabel', ...lines].join('\n'));
    expect(table.rows).toHaveLength(20_000);
    expect(how).toMatchObject({ delimiter: '\t', quote: '' });
  });

  test('inches and apostrophes are no quotes, and quotes around whole cells go', async () => {
    const table = await tableOf(`text;label\nbed is 6'5" long;ok\n"said ""no""";bad\n'tis fine;ok\n`);
    expect(table.rows.map(([text]) => text)).toEqual([`bed is 6'5" long`, 'said "no"', "'tis fine"]);
  });

  test('nor are words in quotes at both ends of a text', async () => {
    const { table, skipped } = await read('text\tlabel\n"kind" and "warm"\tgood\n"cold" and "late"\tbad\nfine\tgood\n');
    expect(table.rows.map(([text]) => text)).toEqual(['"kind" and "warm"', '"cold" and "late"', 'fine']);
    expect(skipped).toEqual([]);
  });

  test('line breaks in cells stay in them, and rows are numbered as in a spreadsheet', async () => {
    const { rows, rowNumbers } = await tableOf('text,label\n\n"two\r\nlines",a\n,\nx,b\n\n');
    expect(rows).toEqual([
      ['two\nlines', 'a'],
      ['x', 'b'],
    ]);
    expect(rowNumbers).toEqual([3, 5]);
  });

  test('and so do commas in each of their lines', async () => {
    const texts = ['Hello, nurse\nThe room was cold, very', 'kind,\nand quick', 'One, two\nthree, four', 'Fine'];
    const csv = ['text,label', ...texts.map((text, i) => `"${text}",${i % 2 ? 'good' : 'bad'}`)].join('\n');
    expect((await tableOf(csv)).rows.map(([text]) => text)).toEqual(texts);
    const open = 'text,label\n"no idea,ham\nsee you,ham\nwin,spam\nhe said so",spam\ncall,spam\nfine,ham\n';
    expect((await tableOf(open)).rows).toHaveLength(6);
  });

  test('a list of sentences is one column, whatever commas they have', async () => {
    const { table, how } = await read('Well, that was late\nIt was fine\nNo, never, not again\nGood\n', 'notes.txt');
    expect(table.rows).toHaveLength(4);
    expect(how).toMatchObject({ delimiter: '', header: false });
  });

  test('sep=; says what separates, and is no row', async () => {
    const { table, how } = await read('sep=;\ntext;label\na, b;x\nc, d;y\n');
    expect(table).toEqual({
      columns: ['text', 'label'],
      rows: [
        ['a, b', 'x'],
        ['c, d', 'y'],
      ],
      rowNumbers: [3, 4],
    });
    expect(how).toMatchObject({ delimiter: ';', skipFirst: 1 });
  });

  test('whatever a CSV writer wrote', async () => {
    const cell = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .map((s) => s.replace(/[\p{Cc}\uFEFF]/gu, '').concat(s.includes('1') ? '\n' : ''));
    // A first cell that is not blank, since empty lines are passed over.
    const row = fc.tuple(
      cell.map((s) => `x${s}`),
      cell,
      cell,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1 }),
        fc.constantFrom(',', ';', '\t', '|'),
        async (rows, delimiter) => {
          const csv = Papa.unparse({ fields: ['one', 'two', 'three'], data: rows }, { delimiter, quotes: true });
          expect((await tableOf(csv)).rows).toEqual(rows);
        },
      ),
    );
  });

  test('100,000 rows in time that grows as they do; and a row of 10,000 characters', async () => {
    const linesOf = (length: number) =>
      Array.from({ length }, (_, i) => `"note ${i}, about the ward",${i % 2 ? 'good' : 'bad'}`);
    const lines = linesOf(100_000);
    lines[500] = `${'very '.repeat(2000)},good`;
    const source = `text,label\n${lines.join('\n')}`;
    const few = `text,label\n${linesOf(10_000).join('\n')}`;
    const start = performance.now();
    await tableOf(few);
    const between = performance.now();
    const table = await tableOf(source);
    // Ten times as many rows; a hundred times as long, were each compared with all before.
    expect((performance.now() - between) / (between - start)).toBeLessThan(50);
    expect(table.rows).toHaveLength(100_000);
    expect(table.rowNumbers.at(-1)).toBe(100_001);
    expect(table.rows[500]![0]).toHaveLength(10_000);
  });
});

describe('the header', () => {
  test.each([
    [
      'a label that comes again',
      'bad,The lift was broken\ngood,Staff were kind\nbad,I waited long\ngood,A clean room\n',
    ],
    ['a sentence', 'The lift was broken and nobody came to help\tbad\nStaff were kind\tgood\nI waited\tbad\n'],
    ['a number above numbers', '1,kind staff\n0,cold food\n1,warm room\n'],
  ])('is none with %s: columns are named by position, and no example is lost', async (_, text) => {
    const { table, how } = await read(text);
    expect(how.header).toBe(false);
    expect(table.columns).toEqual(['column 1', 'column 2']);
    expect(table.rows).toHaveLength(text.trim().split('\n').length);
    expect(table.rowNumbers[0]).toBe(1);
  });

  test('is none with a label that comes again once in a large file', async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `note ${i} of the ward,${i % 2 ? 'good' : 'bad'}`);
    const { table } = await read(['all late,rare', ...rows, 'late again,rare'].join('\n'));
    expect(table.rows).toHaveLength(5002);
  });

  test('may leave a column without a name, or call two the same', async () => {
    expect((await tableOf(',text,label\n0,a,x\n1,b,y\n2,c,x')).columns).toEqual(['column 1', 'text', 'label']);
    expect((await tableOf('text,label\n1,kind,x\n2,rude,y\n3,cold,x')).columns).toEqual(['column 1', 'text', 'label']);
    expect((await tableOf('text,label,text\na,x,c\nd,y,f')).columns).toEqual(['text', 'label', 'text (2)']);
  });
});

describe('rows that are no examples', () => {
  test('titles and footers', async () => {
    const { table, how } = await read('Ward report\nMarch\n\ntext;label\nkind staff;good\ncold food;bad\nTotal: 2\n');
    expect(table).toEqual({
      columns: ['text', 'label'],
      rows: [
        ['kind staff', 'good'],
        ['cold food', 'bad'],
      ],
      rowNumbers: [5, 6],
    });
    expect(how).toMatchObject({ skipFirst: 2, skipLast: 1 });
    expect(describeReading(how)).toMatch(/UTF-8; 2 rows above and 1 below skipped$/);
    const padded = await read('Ward report,,\ntext,label,by\nkind staff,good,me\ncold food,bad,you\n');
    expect(padded.table.columns).toEqual(['text', 'label', 'by']);
  });

  test('a row with a quotation mark out of place, where all others are well quoted', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `"note ${i}, of the ward",${i % 2 ? 'good' : 'bad'}`);
    lines[20] = '"she said "no", and left",bad';
    lines[30] = '"never closed, that one,bad';
    const { table, skipped, how } = await read(['text,label', ...lines].join('\n'));
    expect(how.quote).toBe('"');
    expect(skipped.map(({ row }) => row)).toEqual([22, 32]);
    expect(skipped[0]!.why).toMatch(/quotation mark .* after a closing one$/);
    expect(skipped[1]!.why).toMatch(/runs over 1 more line$/);
    expect(table.rows.every(([text]) => /^note \d+, of the ward$/.test(text!))).toBe(true);
    expect(table.rows).toHaveLength(37);
  });

  test('a row with too many cells is left out and listed; what a short one lacks is empty', async () => {
    const { table, skipped } = await read('text,label\na,x\nslow, but kind,y\nb,y\nc\nd,x\n');
    expect(table.rows).toEqual([
      ['a', 'x'],
      ['b', 'y'],
      ['c', ''],
      ['d', 'x'],
    ]);
    expect(skipped).toEqual([{ row: 3, why: 'it has 3 cells, not 2' }]);
  });
});

describe('what a person says goes first', () => {
  const text = 'text;label\n"a, b";x\nc, d;y\n';

  test.each([
    [{ delimiter: '' as const }, ['text;label']],
    [{ header: false }, ['column 1', 'column 2']],
    [{ skipFirst: 1, header: true }, ['a, b', 'x']],
  ])('%o', async (wishes, columns) => {
    expect((await read(text, '', wishes)).table.columns).toEqual(columns);
  });

  test('quotes, rows and encoding', async () => {
    expect((await read(text, '', { quote: '' })).table.rows[0]).toEqual(['"a, b"', 'x']);
    expect((await read(text, '', { skipLast: 1 })).table.rows).toHaveLength(1);
    const cyrillic = new Uint8Array([...utf8('text,label\n'), 0xef, 0xf0, 0xe8, ...utf8(',x\nb,y\n')]);
    expect((await read(cyrillic)).table.rows[0]).toEqual(['ïðè', 'x']);
    expect((await read(cyrillic, '', { encoding: 'windows-1251' })).table.rows[0]).toEqual(['при', 'x']);
  });

  test('within what there is', async () => {
    expect((await problem(() => read(text, '', { skipFirst: -1 }))).message).toContain('-1 rows cannot be skipped');
    expect((await problem(() => read(text, '', { encoding: 'utf-7' as never }))).message).toContain('no encoding');
    expect((await problem(() => read(text, '', { skipFirst: 9 }))).message).toContain('No row of the file is left');
  });
});

describe('encodings', () => {
  const text = 'text,label\nTrès bon – vraiment,bon\nC’était sale,mauvais\n';
  const wide = (bigEndian: boolean, mark: boolean) => {
    const units = [...(mark ? '\uFEFF' : ''), ...text].map((letter) => letter.charCodeAt(0));
    return new Uint8Array(units.flatMap((unit) => (bigEndian ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8])));
  };
  const western = new Uint8Array([...text].map((letter) => ({ '–': 0x96, '’': 0x92 })[letter] ?? letter.charCodeAt(0)));

  test.each([
    ['UTF-8', utf8(text)],
    ['UTF-8', utf8(`\uFEFF${text}`)],
    ['UTF-16', wide(false, true)],
    ['UTF-16', wide(false, false)],
    ['UTF-16, big-endian', wide(true, true)],
    ['UTF-16, big-endian', wide(true, false)],
    ['Windows-1252 (Western)', western],
  ])('%s', async (name, bytes) => {
    const { table, how } = await read(bytes);
    expect(table.columns).toEqual(['text', 'label']);
    expect(table.rows[0]).toEqual(['Très bon – vraiment', 'bon']);
    expect(table.rows[1]).toEqual(['C’était sale', 'mauvais']);
    expect(describeReading(how)).toContain(name);
  });

  test('a damaged letter makes no other encoding of UTF-8', async () => {
    const bytes = new Uint8Array([...utf8('text,label\nTrès café déjà été là,x\nb'), 0xc3, ...utf8(',y\n')]);
    const { table, how } = await read(bytes);
    expect(how.encoding).toBe('utf-8');
    expect(table.rows[0]![0]).toBe('Très café déjà été là');
  });
});

describe('JSON', () => {
  const records = [
    { text: 'kind', label: 'good' },
    { text: 'cold', label: 'bad' },
  ];
  const rows = records.map(({ text, label }) => [text, label]);

  test.each([
    ['an array of objects', JSON.stringify(records)],
    ['over many lines', JSON.stringify(records, undefined, 2)],
    ['an object of arrays', JSON.stringify({ text: ['kind', 'cold'], label: ['good', 'bad'] })],
    ['by column and row', JSON.stringify({ text: { 0: 'kind', 1: 'cold' }, label: { 0: 'good', 1: 'bad' } })],
    ['by row', JSON.stringify({ 0: records[0], 1: records[1] })],
    ['split', JSON.stringify({ columns: ['text', 'label'], index: [0, 1], data: rows })],
    ['a list in an object', JSON.stringify({ version: '1.0', data: records })],
    ['arrays of cells', JSON.stringify([['text', 'label'], ...rows])],
    ['lists of one', JSON.stringify(records.map(({ text, label }) => ({ text, label: [label] })))],
    ['JSON lines', records.map((record) => JSON.stringify(record)).join('\n')],
    ['lines of arrays', [['text', 'label'], ...rows].map((cells) => JSON.stringify(cells)).join('\n')],
  ])('as %s', async (_, text) => {
    for (const name of ['', 'x.json', 'x.txt']) {
      const { columns, rows: found } = await tableOf(text, name);
      expect({ columns, rows: found }).toEqual({ columns: ['text', 'label'], rows });
    }
  });

  test('fields may be missing, be numbers, be lists or have fields', async () => {
    const lines =
      '{"text": "a, b", "n": 1, "ok": true}\n\n{"text": "é", "ok": null, "by": {"name": "me"}, "tags": ["p", "q"]}\n';
    expect(await tableOf(lines)).toEqual({
      columns: ['text', 'n', 'ok', 'by.name', 'tags'],
      rows: [
        ['a, b', '1', 'true', '', ''],
        ['é', '', '', 'me', 'p, q'],
      ],
      rowNumbers: [1, 3],
    });
  });

  test('a list of texts is a column', async () => {
    expect(await tableOf('["kind staff", "cold food"]')).toMatchObject({
      columns: ['text'],
      rows: [['kind staff'], ['cold food']],
    });
  });

  test('what only begins with a bracket is none', async () => {
    const { table } = await read('{a,label\n[laughs] kind,good\nrude,bad\n');
    expect(table.columns).toEqual(['{a', 'label']);
  });
});

describe('a file packed with gzip', () => {
  const csv = 'text,label\nkind staff,good\ncold food,bad\n';

  test('is read as what is in it, text or JSON', async () => {
    expect((await read(new Uint8Array(gzipSync(csv)), 'notes.csv.gz')).table).toEqual((await read(csv)).table);
    const json = gzipSync('{"text": "kind", "label": "good"}\n{"text": "cold", "label": "bad"}\n');
    expect((await read(new Uint8Array(json), 'notes.jsonl.gz')).table.columns).toEqual(['text', 'label']);
  });

  test('is refused where it is damaged, holds too much, or holds no text', async () => {
    const packed = new Uint8Array(gzipSync(csv));
    expect((await problem(() => read(packed.subarray(0, 20)))).message).toMatch(/gzip, and is damaged/);
    const zeros = new Uint8Array(gzipSync(new Uint8Array(3 * 2 ** 20)));
    expect((await problem(() => gunzip(zeros, 2 ** 20))).message).toMatch(/holds more than 1 MiB/);
    expect((await gunzip(zeros, 3 * 2 ** 20)).length).toBe(3 * 2 ** 20);
    // One in another is not unpacked twice.
    expect((await problem(() => read(new Uint8Array(gzipSync(packed))))).message).toMatch(/not text/);
  });
});

describe('spreadsheets', () => {
  const rows = [
    ['text', 'label', 'urgent'],
    ['kind staff', 5, true],
    ['cold food', 1, false],
  ];

  test('cells are as the sheet shows them', async () => {
    const { table, how } = await read(xlsx({ Data: rows }), 'notes.xlsx');
    expect(table).toEqual({
      columns: ['text', 'label', 'urgent'],
      rows: [
        ['kind staff', '5', 'TRUE'],
        ['cold food', '1', 'FALSE'],
      ],
      rowNumbers: [2, 3],
    });
    expect(describeReading(how)).toBe('spreadsheet, first row is the header');
  });

  test('the longest sheet is read, or the one that is asked for, titles and all', async () => {
    const file = xlsx({ About: [['See the other sheet']], Notes: [['Ward report'], [null], ...rows] });
    const { table, how } = await read(file);
    expect(describeReading(how)).toBe('spreadsheet, sheet “Notes”, first row is the header; 1 row above skipped');
    expect(table.rowNumbers).toEqual([4, 5]);
    expect((await read(file, '', { sheet: 'About' })).table.rows).toEqual([['See the other sheet']]);
  });

  const sheet = xlsx({ Data: rows });
  const openDocument = (kind: string) => zip({ mimetype: `application/vnd.oasis.opendocument.${kind}` });
  const changed = (from: string, to: string) =>
    new Uint8Array(Buffer.from(Buffer.from(sheet).toString('latin1').replaceAll(from, to), 'latin1'));

  test.each([
    ['a spreadsheet of LibreOffice', openDocument('spreadsheet'), /\(\.ods\)/, /save it as \.xlsx/],
    ['a text of LibreOffice', openDocument('text'), /not a table/, /Copy its table/],
    ['a binary workbook', zip({ 'xl/workbook.bin': '' }), /\(\.xlsb\)/, /save it as \.xlsx/],
    ['a Word document', zip({ 'word/document.xml': '' }), /Word document/, /Copy its table/],
    ['a table of Numbers', zip({ 'Index/Document.iwa': '' }), /of Numbers/, /Export/],
    ['a packed CSV', zip({ 'notes.csv': 'text,label\na,b' }), /holds no Excel sheet/, /Unpack it/],
    ['nothing of an archive', new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]), /holds no Excel sheet/, /Unpack it/],
    ['a spreadsheet that was cut off', sheet.subarray(0, sheet.length - 200), /file is damaged/, /save it anew/],
    ['a spreadsheet of damaged XML', changed('</sheetData>', '<sheetData >'), /file is damaged/, /save it anew/],
    ['a spreadsheet with a password', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0]), /with a password/, /without/],
  ])('%s is refused in words of our own', async (_, file, message, remedy) => {
    const error = await problem(() => read(file));
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
  });
});

test('Parquet', async () => {
  // Three rows of text, label and idx, as hyparquet-writer writes them, compressed with Snappy.
  const file =
    'UEFSMRUGFVQVWFwVBhUAFQYVABUEFQAAAAMHKJwKAAAAa2luZCBzdGFmZgkAAABjb2xkIGZvb2QJAAAAd2FybSByb29tFQYVNBUkXBUGFQAVBhUAFQQVAAAAAwcYBAEANgEAHAEAAAAAAAAAFQYVHBUgXBUGFQAVBhUAFQQVAAAAAwcMLAAAAAABAAAAAgAAABUEGUxIBHJvb3QVBgAVDCUCGAR0ZXh0JQAAFQQlAhgFbGFiZWwAFQIlAhgDaWR4ABYGGRwZPCYIHBUMGRUAGRgEdGV4dBUCFgYWfhaCASYIPDYAKAl3YXJtIHJvb20YCWNvbGQgZm9vZAAZHBUGFQAVAgAAACaKARwVBBkVABkYBWxhYmVsFQIWBhZeFk4migE8NgAoCAEAAAAAAAAAGAgAAAAAAAAAAAAZHBUGFQAVAgAAACbYARwVAhkVABkYA2lkeBUCFgYWRhZKJtgBPDYAKAQCAAAAGAQAAAAAABkcFQYVABUCAAAAFqICFgY2mgIAKAloeXBhcnF1ZXQZPBwAABwAABwAAAAJAQAAUEFSMQ==';
  const bytes = new Uint8Array(Buffer.from(file, 'base64'));
  expect((await read(bytes, 'train.parquet')).table).toEqual({
    columns: ['text', 'label', 'idx'],
    rows: [
      ['kind staff', '1', '0'],
      ['cold food', '0', '1'],
      ['warm room', '1', '2'],
    ],
    rowNumbers: [1, 2, 3],
  });
  expect(await said(bytes)).toBe('Parquet');
  expect((await problem(() => read(bytes.subarray(0, 200)))).message).toMatch(/Parquet file cannot be read/);
});

describe('what is refused, where, and what to do', () => {
  const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);

  test.each([
    ['an image', png, {}, /not text/],
    ['zero bytes in text', utf8('text,label\na\0,b'), {}, /not text/],
    ['an old spreadsheet', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0, 0]), {}, /old kind/],
    ['nothing', new Uint8Array(0), {}, /empty/],
    ['white space', utf8('\n \n'), {}, /empty/],
    ['a header alone', utf8('text,label\n'), { row: 1 }, /no rows/],
    ['rows that do not fit', utf8('text,label\n\nslow, but kind,good'), { row: 3 }, /Row 3 .* it has 3 cells, not 2/],
    ['broken JSON lines', utf8('{"text": "a"}\n{"text": '), { row: 2 }, /Line 2 is not JSON/],
    ['JSON that is no object', utf8('{"text": "a"}\n1'), { row: 2 }, /Line 2 is not a JSON object/],
    ['JSON that is no list', utf8('[null]'), {}, /no list of examples/],
  ])('%s', async (_, source, place, message) => {
    const error = await problem(() => read(source));
    expect(error.message).toMatch(message);
    expect({ row: error.row, column: error.column }).toEqual({ row: undefined, column: undefined, ...place });
    expect(error.remedy).toMatch(/^[A-Z].*[.}]$/);
  });

  test('a file whose name says that it is JSON', async () => {
    expect((await problem(() => read('[{"text": ', 'x.json'))).message).toMatch(/not JSON/);
    expect((await problem(() => read('{"hidden_size": 768}', 'config.json'))).message).toMatch(/no list of examples/);
    expect((await problem(() => read('text,label', 'x.jsonl'))).message).toMatch(/Line 1 is not JSON/);
  });

  test(`more than ${MOST_ROWS} rows`, async () => {
    const rows = 'x,a\n'.repeat(MOST_ROWS);
    expect((await tableOf(`text,label\n${rows}`)).rows).toHaveLength(MOST_ROWS);
    expect((await problem(() => read(`text,label\n${rows}x,a\n`))).message).toContain('more than 200,000 rows');
    expect((await problem(() => read(`text,label\n${'x,a\n\n'.repeat(MOST_ROWS + 1)}`))).message).toContain('200,000');
    expect((await problem(() => read('{"a":1}\n'.repeat(MOST_ROWS + 1)))).message).toContain('more than 200,000 rows');
  });
});
