/**
 * Parses off the page, which stays responsive while a hundred thousand rows are read. Files and tables stay here; the page gets
 * what it shows and the examples.
 */
import { guessColumns, rivalLabels } from '../../src/data/columns';
import { buildDataset } from '../../src/data/dataset';
import { readTable } from '../../src/data/read';
import type { Wishes } from '../../src/data/read-as';
import { DataError, type Skipped, type Table } from '../../src/data/table';
import { textsOf } from '../../src/data/texts';
import { packExamples } from '../../src/session/examples';
import type {
  DataProblem,
  DatasetSummary,
  LabelChoices,
  ParserProgress,
  ParserReply,
  ParserRequest,
  SkippedRows,
  TableSlot,
  TableSummary,
} from './messages';

const PREVIEW_ROWS = 8;
const SHOWN_WARNINGS = 6;
const SHOWN_SKIPPED = 100;

interface Source {
  slot: TableSlot;
  name: string;
  bytes: Uint8Array;
  table: Table;
}

/** By the number of the request that each came of. The page may go on with an older one, where it gave up or could not use a newer one. */
const sources = new Map<number, Source>();

/** Those of its slot that are older are of no use any more. */
function sourceOf(id: number): Source {
  const source = sources.get(id);
  if (!source) throw new Error('This file is not read any more: choose it once more.');
  for (const [other, { slot }] of sources) if (slot === source.slot && other < id) sources.delete(other);
  return source;
}

async function parse(id: number, { slot, name, bytes }: Omit<Source, 'table'>, wishes: Wishes): Promise<TableSummary> {
  const onProgress = (fraction: number) => postMessage({ id, fraction } satisfies ParserProgress);
  const { table, how, skipped } = await readTable(bytes, name, { ...wishes, onProgress });
  sources.set(id, { slot, name, bytes, table });
  return {
    id,
    name,
    bytes: bytes.length,
    how,
    columns: table.columns,
    rows: table.rows.length,
    preview: table.rows.slice(0, PREVIEW_ROWS).map((cells, i) => ({ row: table.rowNumbers[i]!, cells })),
    guess: guessColumns(table),
    skipped: firstOf(skipped),
  };
}

const firstOf = (skipped: Skipped[]): SkippedRows => ({
  count: skipped.length,
  first: skipped.slice(0, SHOWN_SKIPPED),
});

function build(table: Table, { text, label, ...options }: LabelChoices): DatasetSummary {
  const { examples, warnings, skipped, ...found } = buildDataset(table, { text, label }, options);
  return {
    ...found,
    examples: packExamples(examples),
    warnings: warnings.slice(0, SHOWN_WARNINGS).map(({ row, message }) => `Row ${row}: ${message}`),
    warningCount: warnings.length,
    skipped: firstOf(skipped),
    rivals: rivalLabels(table, { text, label }),
  };
}

const problem = (error: unknown): DataProblem =>
  error instanceof DataError
    ? { message: error.message, row: error.row, column: error.column, remedy: error.remedy }
    : { message: error instanceof Error ? error.message : String(error) };

async function answer(request: ParserRequest): Promise<ParserReply> {
  const { id } = request;
  try {
    switch (request.type) {
      case 'parse':
        return { id, table: await parse(id, request, {}) };
      case 'reread':
        return { id, table: await parse(id, sourceOf(request.table), request.wishes) };
      case 'build':
        return { id, dataset: build(sourceOf(request.table).table, request.choices) };
      case 'texts': {
        const { texts, skipped } = textsOf(sourceOf(request.table).table, request.column);
        return { id, texts: { texts, skipped: firstOf(skipped) } };
      }
    }
  } catch (error) {
    return { id, problem: problem(error) };
  }
}

/** In the order in which they are asked, though a file is waited for. */
let turn = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<ParserRequest>) => {
  turn = turn.then(async () => postMessage(await answer(data)));
});
