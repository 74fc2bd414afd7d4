/** Which columns are probably meant, by what is in them and by the parts of their names. */
import { MOST_LABELS } from './labels';
import { nameParts } from './names';
import { type Columns, spread, type Table } from './table';

const SAMPLE = 1000;

interface Measured {
  name: string;
  parts: string[];
  /** Of the cells that are not empty, in characters. */
  length: number;
  /** Words of a cell, on average. */
  words: number;
  /** Different ones. */
  distinct: number;
  /** Not empty. */
  filled: number;
  rows: number;
}

/** Texts are long and different, labels come again. A table may have no column for labels. */
export function guessColumns(table: Table): { text: string; label?: string } {
  const columns = measure(table);
  const text = best(columns, textScore)!;
  const label = best(
    columns.filter((column) => column !== text && canBeLabel(column)),
    labelScore,
  );
  return { text: text.name, ...(label && { label: label.name }) };
}

/** Columns of 0 and 1, or true and false, that are each a label of their own. */
export function rivalLabels(table: Table, { text, label }: Columns): string[] {
  const isFlag = (name: string) => {
    const at = table.columns.indexOf(name);
    const values = new Set(spread(table.rows, SAMPLE).map((cells) => cells[at]!.trim().toLowerCase()));
    values.delete('');
    return values.size > 0 && [...values].every((value) => /^(0|1|true|false|yes|no)$/.test(value));
  };
  if (!isFlag(label)) return [];
  return table.columns.filter((name) => name !== text && name !== label && isFlag(name));
}

function measure({ columns, rows }: Table): Measured[] {
  const sample = spread(rows, SAMPLE);
  return columns.map((name, i) => {
    const cells = sample.map((row) => row[i]!.trim()).filter((cell) => cell !== '');
    const mean = (of: (cell: string) => number) => cells.reduce((sum, cell) => sum + of(cell), 0) / (cells.length || 1);
    return {
      name,
      parts: nameParts(name),
      length: mean((cell) => cell.length),
      words: mean((cell) => cell.split(/\s+/).length),
      distinct: new Set(cells).size,
      filled: cells.length,
      rows: sample.length,
    };
  });
}

function best(columns: Measured[], score: (column: Measured) => number): Measured | undefined {
  return columns.toSorted((a, b) => score(b) - score(a))[0];
}

const TEXT_PARTS = new Set(
  'text texts note notes comment comments feedback review reviews sentence message messages content body tweet question utterance complaint description document'.split(
    ' ',
  ),
);
const LABEL_PARTS = new Set(
  'label labels class category target sentiment polarity rating stars score y intent emotion topic toxic spam type department'.split(
    ' ',
  ),
);
/** What is about a label, about a text or about its writer. */
const OTHER_PARTS = new Set(
  'id index confidence date created time timestamp count user author name url reason gold coord location'.split(' '),
);

function textScore({ parts, length, words, distinct, filled, rows }: Measured): number {
  if (filled === 0) return Number.NEGATIVE_INFINITY;
  const named = parts.some((part) => TEXT_PARTS.has(part)) ? 1 : 0;
  const other = parts.some((part) => OTHER_PARTS.has(part)) ? 1 : 0;
  const varied = distinct / filled;
  return (
    Math.log2(1 + length) * varied + 2 * Math.min(words - 1, 2) * varied + 3 * named * varied + filled / rows - other
  );
}

/** Some of them come again, unless there are few rows. */
function canBeLabel({ distinct, filled }: Measured): boolean {
  return distinct > 1 && (distinct <= filled / 2 || (distinct <= MOST_LABELS && distinct < filled) || filled < 4);
}

function labelScore({ parts, words, distinct, filled, rows }: Measured): number {
  const last = parts.at(-1);
  const named = parts.length === 1 && LABEL_PARTS.has(last!) ? 6 : last && LABEL_PARTS.has(last) ? 5 : 0;
  const part = named === 0 && parts.some((each) => LABEL_PARTS.has(each)) ? 3 : 0;
  const other = parts.some((each) => OTHER_PARTS.has(each)) ? 5 : 0;
  const many = distinct > MOST_LABELS ? 6 : Math.log2(distinct);
  return named + part - other - many - Math.max(0, words - 3) + 2 * (filled / rows);
}
