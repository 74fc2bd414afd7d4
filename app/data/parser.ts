/** The page's end of the parser. */
import type { Wishes } from '../../src/data/read-as';
import type {
  DataProblem,
  DatasetSummary,
  LabelChoices,
  ParserProgress,
  ParserReply,
  ParserRequest,
  TableSlot,
  TableSummary,
  TextsSummary,
} from './messages';

export class ParseFailure extends Error {
  override name = 'ParseFailure';
  constructor(readonly problem: DataProblem) {
    super(problem.message);
  }
}

let worker: Worker | undefined;
let lastId = 0;
interface Asker {
  resolve(reply: ParserReply): void;
  reject(error: Error): void;
  onProgress: OnProgress | undefined;
}
const waiting = new Map<number, Asker>();

/** Hears the share of a file that was read, 0 to 1. */
type OnProgress = (fraction: number) => void;

function parser(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('./parser.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<ParserReply | ParserProgress>) => {
    const asker = waiting.get(data.id);
    if ('fraction' in data) return asker?.onProgress?.(data.fraction);
    waiting.delete(data.id);
    if ('problem' in data) asker?.reject(new ParseFailure(data.problem));
    else asker?.resolve(data);
  };
  worker.onerror = (event) => {
    // Out of memory is the likely cause. The next file gets a fresh worker.
    worker?.terminate();
    worker = undefined;
    const failure = new ParseFailure({
      message: `Reading failed: ${event.message || 'the browser stopped the parser'}.`,
      remedy: 'Try a smaller file.',
    });
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  return worker;
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

function ask(
  request: Unnumbered<ParserRequest>,
  { transfer = [], onProgress }: { transfer?: Transferable[]; onProgress?: OnProgress | undefined } = {},
): Promise<ParserReply> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, onProgress });
    parser().postMessage({ ...request, id }, transfer);
  });
}

export async function parseFile(
  slot: TableSlot,
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  onProgress?: OnProgress,
): Promise<TableSummary> {
  const reply = await ask({ type: 'parse', slot, name, bytes }, { transfer: [bytes.buffer], onProgress });
  return (reply as { table: TableSummary }).table;
}

/** A table's file once more, as wished. */
export async function rereadFile({ id: table }: TableSummary, wishes: Wishes): Promise<TableSummary> {
  const reply = await ask({ type: 'reread', table, wishes });
  return (reply as { table: TableSummary }).table;
}

export async function buildExamples({ id: table }: TableSummary, choices: LabelChoices): Promise<DatasetSummary> {
  const reply = await ask({ type: 'build', table, choices });
  return (reply as { dataset: DatasetSummary }).dataset;
}

/** The texts of a column. */
export async function columnTexts({ id: table }: TableSummary, column: string): Promise<TextsSummary> {
  const reply = await ask({ type: 'texts', table, column });
  return (reply as { texts: TextsSummary }).texts;
}
