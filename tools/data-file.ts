/** Labelled examples of a file, read as the data owner's page reads it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { buildDataset, type Example } from '../src/data/dataset';
import { guessColumns, parseTable } from '../src/data/table';

/** Columns that are not given are guessed. Throws DataError for what the page would refuse. */
export async function readExamples(
  path: string,
  given: { text?: string | undefined; label?: string | undefined } = {},
): Promise<Example[]> {
  const table = parseTable(await readFile(path), basename(path));
  const guessed = guessColumns(table);
  return buildDataset(table, { text: given.text ?? guessed.text, label: given.label ?? guessed.label }).examples;
}
