/**
 * Parses off the page, which stays responsive while a hundred thousand rows are read. The tables stay here; the page gets
 * what it shows and the examples.
 */
import { buildDataset } from '../../src/data/dataset';
import { DataError, guessColumns, parseTable, type Table } from '../../src/data/table';
import { guessTextColumn, textsOf } from '../../src/data/texts';
import { packExamples } from '../../src/session/examples';
import type {
  DataProblem,
  DatasetSummary,
  ParserReply,
  ParserRequest,
  Slot,
  TableSlot,
  TableSummary,
} from './messages';

const PREVIEW_ROWS = 8;
const SHOWN_WARNINGS = 6;

const tables = new Map<TableSlot, Table>();

function parse(slot: TableSlot, name: string, bytes: Uint8Array): TableSummary {
  const table = parseTable(bytes, name);
  tables.set(slot, table);
  return {
    name,
    bytes: bytes.length,
    columns: table.columns,
    rows: table.rows.length,
    preview: table.rows.slice(0, PREVIEW_ROWS).map((cells, i) => ({ row: table.rowNumbers[i]!, cells })),
    guess: slot === 'new' ? { text: guessTextColumn(table) } : guessColumns(table),
  };
}

function tableIn(slot: TableSlot): Table {
  const table = tables.get(slot);
  if (!table) throw new Error('There is no table to take texts from.');
  return table;
}

function build(slot: Slot, text: string, label: string): DatasetSummary {
  const table = tableIn(slot);
  const { examples, labels, counts, warnings } = buildDataset(table, { text, label });
  return {
    examples: packExamples(examples),
    labels,
    counts,
    warnings: warnings.slice(0, SHOWN_WARNINGS).map(({ row, message }) => `Row ${row}: ${message}`),
    warningCount: warnings.length,
  };
}

const problem = (error: unknown): DataProblem =>
  error instanceof DataError
    ? { message: error.message, row: error.row, column: error.column, remedy: error.remedy }
    : { message: error instanceof Error ? error.message : String(error) };

addEventListener('message', ({ data }: MessageEvent<ParserRequest>) => {
  const reply = (message: ParserReply) => postMessage(message);
  try {
    if (data.type === 'parse') {
      reply({ id: data.id, table: parse(data.slot, data.name, data.bytes) });
    } else if (data.type === 'texts') {
      reply({ id: data.id, texts: textsOf(tableIn('new'), data.column) });
    } else {
      reply({ id: data.id, dataset: build(data.slot, data.text, data.label) });
    }
  } catch (error) {
    reply({ id: data.id, problem: problem(error) });
  }
});
