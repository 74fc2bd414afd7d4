/** Labelled examples of a file, read as the data owner's page reads it. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { guessColumns } from '../src/data/columns';
import { buildDataset, type Example } from '../src/data/dataset';
import { readTable } from '../src/data/read';
import { DataError } from '../src/data/table';
import type { ChosenFile } from './two-tabs';

/** Columns that are not given are guessed. Throws DataError for what the page would refuse. */
export async function readExamples({ path, reading = {}, ...given }: ChosenFile): Promise<Example[]> {
  const { table } = await readTable(await readFile(path), basename(path), reading);
  const guessed = guessColumns(table);
  const { text = guessed.text, label = guessed.label } = given;
  if (label === undefined)
    throw new DataError(`${path} has no column that looks like labels.`, 'Name one with --label.');
  return buildDataset(table, { text, label }).examples;
}
