/** From a table to labelled examples: which labels there are, and what looks odd. */
import { alikeLabels, foldLabel, inOrder, labelsIn, MOST_LABELS } from './labels';
import { type Columns, columnIndex, DataError, type Skipped, type Table } from './table';

export interface Example {
  text: string;
  label: string;
  /** As a spreadsheet counts. */
  row: number;
}

export interface Warning {
  row: number;
  column: string;
  message: string;
}

export interface Dataset {
  examples: Example[];
  /** Numbers rising, others in the order of their first appearance. */
  labels: string[];
  /** Examples of each label. */
  counts: Record<string, number>;
  warnings: Warning[];
  /** Rows that are no examples. */
  skipped: Skipped[];
  /** Labels that are spelt alike, the most frequent spelling of each first. */
  alike: string[][];
  /** Rows with several labels in their cell. */
  listed: number;
}

export interface BuildOptions {
  /** The number of label words at hand, where that is known. */
  words?: number;
  /** Counts labels that are spelt alike as one, by their most frequent spelling. */
  merge?: boolean;
  /** Labels of another file, which those that are spelt like them are counted as. */
  known?: readonly string[] | undefined;
  /** What becomes of a cell with several labels: the first is taken, or the row left out, or all of it is one label. */
  several?: Several;
}

export const SEVERAL = ['first', 'leave out', 'together'] as const;
export type Several = (typeof SEVERAL)[number];

/**
 * The labelled examples of two columns. White space around texts and labels goes; rows without one of them are left out, and counted.
 * @throws DataError
 */
export function buildDataset(table: Table, { text, label }: Columns, options: BuildOptions = {}): Dataset {
  const { words = MOST_LABELS, merge = false, known = [], several = 'first' } = options;
  if (text === label) {
    throw new DataError(`“${text}” is chosen for both text and label.`, 'Choose two different columns.', {
      column: text,
    });
  }
  const textAt = columnIndex(table, text);
  const labelAt = columnIndex(table, label);
  const skipped: Skipped[] = [];
  let examples: Example[] = [];
  for (const [i, cells] of table.rows.entries()) {
    const example = { text: cells[textAt]!.trim(), label: cells[labelAt]!.trim(), row: table.rowNumbers[i]! };
    if (example.text !== '' && example.label !== '') examples.push(example);
    else skipped.push({ row: example.row, why: `it has no ${example.text === '' ? 'text' : 'label'}` });
  }
  const lists = listsOfLabels(count(examples));
  const listed = examples.filter((example) => lists.has(example.label)).length;
  if (several === 'leave out') {
    for (const { row, label } of examples) if (lists.has(label)) skipped.push({ row, why: 'it has several labels' });
    examples = examples.filter((example) => !lists.has(example.label));
  } else if (several === 'first') {
    for (const example of examples) if (lists.has(example.label)) example.label = labelsIn(example.label)[0]!;
  }
  if (examples.length === 0) {
    throw new DataError('No row has both a text and a label.', 'Choose other columns, or another file.', {
      column: label,
    });
  }
  const alike = alikeLabels(count(examples));
  const usual = new Map(known.map((label) => [foldLabel(label), label]));
  if (merge) for (const [label] of alike) if (!usual.has(foldLabel(label!))) usual.set(foldLabel(label!), label!);
  if (usual.size > 0)
    for (const example of examples) example.label = usual.get(foldLabel(example.label)) ?? example.label;
  const counts = count(examples);
  const labels = inOrder([...counts.keys()]);
  checkLabels(labels, words, label);
  return {
    examples,
    labels,
    counts: Object.fromEntries(counts),
    alike,
    listed,
    skipped: skipped.sort((a, b) => a.row - b.row),
    warnings: [...repeats(examples, { text, label }), ...singles(examples, counts, label)].sort(
      (a, b) => a.row - b.row,
    ),
  };
}

function count(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of examples) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

/** Cells of several labels, each of which other cells have too; a name with a comma in it is not one of them. */
function listsOfLabels(counts: ReadonlyMap<string, number>): Set<string> {
  const uses = new Map<string, number>();
  for (const cell of counts.keys())
    for (const part of new Set(labelsIn(cell))) uses.set(part, (uses.get(part) ?? 0) + 1);
  return new Set(
    [...counts.keys()].filter((cell) => {
      const parts = labelsIn(cell);
      return parts.length > 1 && parts.every((part) => uses.get(part)! > 1);
    }),
  );
}

function checkLabels(labels: string[], words: number, column: string): void {
  if (labels.length < 2) {
    throw new DataError(
      `All rows have the label “${labels[0]}”.`,
      'Tuning needs at least two classes: add rows of another label, or choose another label column.',
      { column },
    );
  }
  if (labels.length > words) {
    throw new DataError(
      `There are ${labels.length} different labels, but label words for ${words} at most.`,
      'Choose another label column, or merge labels.',
      { column },
    );
  }
}

/** A text that comes again: harmless with the same label, contradictory with another. */
function repeats(examples: Example[], columns: Columns): Warning[] {
  const first = new Map<string, Example>();
  const warnings: Warning[] = [];
  for (const example of examples) {
    const earlier = first.get(example.text);
    if (earlier === undefined) {
      first.set(example.text, example);
    } else if (earlier.label === example.label) {
      warnings.push({ row: example.row, column: columns.text, message: `The same text as in row ${earlier.row}.` });
    } else {
      const message = `The same text as in row ${earlier.row}, which is labelled “${earlier.label}”.`;
      warnings.push({ row: example.row, column: columns.label, message });
    }
  }
  return warnings;
}

function singles(examples: Example[], counts: Map<string, number>, column: string): Warning[] {
  return examples
    .filter(({ label }) => counts.get(label) === 1)
    .map(({ row, label }) => ({
      row,
      column,
      message: `This is the only example of “${label}”: none can be held out.`,
    }));
}
