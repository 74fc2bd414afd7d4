/** From a table to labelled examples: which labels there are, and what looks odd. */
import { type Columns, DataError, type Table } from './table';

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
  /** In the order of their first appearance. */
  labels: string[];
  /** Examples of each label. */
  counts: Record<string, number>;
  warnings: Warning[];
}

/** As many classes as tuning can tell apart by label words in practice; more are a sign of the wrong column. */
export const MOST_LABELS = 50;

/**
 * The labelled examples of two columns. White space around texts and labels goes; rows without one of them are refused.
 * `words` is the number of label words at hand, where that is known.
 * @throws DataError
 */
export function buildDataset(table: Table, { text, label }: Columns, { words = MOST_LABELS } = {}): Dataset {
  if (text === label) {
    throw new DataError(`“${text}” is chosen for both text and label.`, 'Choose two different columns.', {
      column: text,
    });
  }
  const textAt = columnIndex(table, text);
  const labelAt = columnIndex(table, label);
  const examples = table.rows.map((cells, i): Example => {
    const row = table.rowNumbers[i]!;
    const example = { text: cells[textAt]!.trim(), label: cells[labelAt]!.trim(), row };
    if (example.text === '') {
      throw new DataError(`Row ${row} has no text.`, 'Write a text or delete the row.', { row, column: text });
    }
    if (example.label === '') {
      throw new DataError(`Row ${row} has no label.`, 'Write a label or delete the row.', { row, column: label });
    }
    return example;
  });

  const counts = new Map<string, number>();
  for (const example of examples) counts.set(example.label, (counts.get(example.label) ?? 0) + 1);
  const labels = [...counts.keys()];
  checkLabels(labels, words, label);
  return {
    examples,
    labels,
    counts: Object.fromEntries(counts),
    warnings: [...repeats(examples, { text, label }), ...oddLabels(examples, counts, label)].sort(
      (a, b) => a.row - b.row,
    ),
  };
}

function columnIndex({ columns }: Table, name: string): number {
  const index = columns.indexOf(name);
  if (index < 0) {
    const known = columns.map((column) => `“${column}”`).join(', ');
    throw new DataError(`There is no column “${name}”.`, `Choose one of ${known}.`, { row: 1, column: name });
  }
  return index;
}

function checkLabels(labels: string[], words: number, column: string): void {
  if (labels.length < 2) {
    throw new DataError(
      `All rows have the label “${labels[0]}”.`,
      'Tuning needs at least two classes: add rows of another label, or choose another label column.',
      { column },
    );
  }
  // Labels are keys of plain objects on their way; these would find what is not theirs.
  const reserved = labels.find((name) => name in Object.prototype);
  if (reserved !== undefined) {
    throw new DataError(`“${reserved}” cannot be a label here.`, 'Give this label another name.', { column });
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

/** Labels that differ from another one by capitals only, and labels with a single example. */
function oddLabels(examples: Example[], counts: Map<string, number>, column: string): Warning[] {
  const spelling = new Map<string, string>();
  const warnings: Warning[] = [];
  for (const [label, n] of counts) {
    const known = spelling.get(label.toLowerCase());
    const { row } = examples.find((example) => example.label === label)!;
    if (known === undefined) spelling.set(label.toLowerCase(), label);
    else warnings.push({ row, column, message: `“${label}” and “${known}” count as two labels.` });
    if (n === 1)
      warnings.push({ row, column, message: `This is the only example of “${label}”: none can be held out.` });
  }
  return warnings;
}
