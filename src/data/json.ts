/** JSON as programs and hubs write lists of examples: an array, an object of columns, or one record on every line. */
import { DataError } from './error';
import type { FileRecord } from './records';
import { checkCount, type Table } from './table';

type Value = unknown;
interface Item {
  row: number;
  record: Value;
}
type Fields = { [name: string]: Value };

const isFields = (value: Value): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: Value) => typeof value !== 'object' || value === null;

export interface ReadJson {
  format: 'json' | 'jsonl';
  /** Rows of cells, the first of which may name the columns; or a table, where fields have names. */
  content: Table | FileRecord[];
}

/**
 * An array of objects, of arrays or of texts; an object of columns; an object that has such a list; or an object on every line. Undefined
 * for what is no JSON, unless the name's `ending` says that it should be.
 * @throws DataError for JSON that is no list, and for what only the ending says is JSON.
 */
export function readJson(text: string, ending: string | undefined): ReadJson | undefined {
  const lines = ending === 'jsonl' || ending === 'ndjson';
  if (!lines && ending !== 'json' && !/^\s*[[{]/.test(text)) return undefined;
  const { value, problem } = parsed(text);
  if (problem === undefined) {
    const records = recordsOf(value);
    if (records) return { format: 'json', content: contentOf(records.map((record, i) => ({ row: i + 1, record }))) };
    if (ending !== 'json' && isFields(value))
      return { format: 'jsonl', content: contentOf([{ row: 1, record: value }]) };
    throw new DataError(
      'The JSON file has no list of examples.',
      'Choose a file with an array of objects, such as [{"text": "…", "label": "…"}].',
    );
  }
  const first = parsed(text.trimStart().split('\n', 1)[0]!);
  if (lines || (first.problem === undefined && !isScalar(first.value)))
    return { format: 'jsonl', content: parseJsonLines(text) };
  if (ending !== 'json') return undefined;
  throw new DataError(`The file is not JSON: ${problem}.`, 'Choose a JSON file that is complete.');
}

function parsed(json: string): { value?: Value; problem?: string } {
  try {
    return { value: JSON.parse(json) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Throws a DataError that names the line. */
function parseJsonLines(text: string): Table | FileRecord[] {
  const remedy = 'Write one JSON object on every line, such as {"text": "…", "label": "…"}.';
  const records: Item[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const row = i + 1;
    const { value, problem } = parsed(line);
    if (problem !== undefined) throw new DataError(`Line ${row} is not JSON: ${problem}.`, remedy, { row });
    if (isScalar(value)) throw new DataError(`Line ${row} is not a JSON object.`, remedy, { row });
    records.push({ row, record: value });
    checkCount(records.length);
  }
  return contentOf(records);
}

const contentOf = (items: Item[]): Table | FileRecord[] =>
  items.every(({ record }) => Array.isArray(record))
    ? items.map(({ row, record }) => ({ row, cells: (record as Value[]).map(cell) }))
    : table(items);

function recordsOf(value: Value): Value[] | undefined {
  if (Array.isArray(value)) return value.every((item) => item === null) ? undefined : value;
  if (!isFields(value)) return undefined;
  const { columns, data } = value;
  if (Array.isArray(columns) && Array.isArray(data) && data.every(Array.isArray)) {
    return data.map((cells: Value[]) => Object.fromEntries(columns.map((name, i) => [String(name), cells[i]])));
  }
  const fields = Object.values(value);
  if (fields.length === 0) return undefined;
  const [first] = fields;
  if (fields.every((field) => Array.isArray(field) && field.length === (first as Value[]).length)) {
    return transposed(value as { [column: string]: Value[] }, [...(first as Value[]).keys()].map(String));
  }
  if (fields.every(isFields)) {
    // By row, or by column and then row, as pandas writes it: rows are numbered.
    return Object.keys(value).every((name) => /^\d+$/.test(name))
      ? fields
      : transposed(value as { [column: string]: Fields }, [
          ...new Set(fields.flatMap((field) => Object.keys(field as Fields))),
        ]);
  }
  const lists = fields.filter(
    (field): field is Value[] => Array.isArray(field) && field.length > 0 && field.every(isFields),
  );
  return lists.sort((a, b) => b.length - a.length)[0];
}

const transposed = (columns: { [name: string]: Fields | Value[] }, keys: string[]): Fields[] =>
  keys.map((key) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, (column as Fields)[key]])),
  );

/** Columns in the order in which fields first appear. */
function table(records: Item[]): Table {
  checkCount(records.length);
  const index = new Map<string, number>();
  const found = records.map(({ row, record }) => {
    const cells: string[] = [];
    const put = (name: string, value: Value) => {
      if (isFields(value)) {
        for (const [part, inner] of Object.entries(value)) put(name ? `${name}.${part}` : part, inner);
        return;
      }
      if (!index.has(name)) index.set(name, index.size);
      cells[index.get(name)!] = cell(value);
    };
    put(isFields(record) ? '' : 'text', record);
    return { row, cells };
  });
  const columns = [...index.keys()];
  if (columns.length === 0) {
    throw new DataError(
      'The JSON file has no fields.',
      'Choose a file with objects such as {"text": "…", "label": "…"}.',
    );
  }
  return {
    columns,
    rows: found.map(({ cells }) => columns.map((_, i) => cells[i] ?? '')),
    rowNumbers: found.map(({ row }) => row),
  };
}

/** A list of one is its element; of several, which is what several labels are, they stand beside each other. */
function cell(value: Value): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.every(isScalar) ? value.map(cell).join(', ') : JSON.stringify(value);
  if (value instanceof Date) return value.toISOString();
  return String(value);
}

/** A table of objects that another format has, with the same rules for what is in a field. */
export const tableOf = (records: readonly object[]): Table =>
  table(records.map((record, i) => ({ row: i + 1, record })));
