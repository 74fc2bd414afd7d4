/** The page's end of the parser. */
import type {
  DataProblem,
  DatasetSummary,
  ParserReply,
  ParserRequest,
  Slot,
  TableSlot,
  TableSummary,
} from './messages';

export class ParseFailure extends Error {
  override name = 'ParseFailure';
  constructor(readonly problem: DataProblem) {
    super(problem.message);
  }
}

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, { resolve: (reply: ParserReply) => void; reject: (error: Error) => void }>();

function parser(): Worker {
  if (worker) return worker;
  worker = new Worker(new URL('./parser.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }: MessageEvent<ParserReply>) => {
    const asker = waiting.get(data.id);
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

function ask(request: Unnumbered<ParserRequest>, transfer: Transferable[]): Promise<ParserReply> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    parser().postMessage({ ...request, id }, transfer);
  });
}

export async function parseFile(slot: TableSlot, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<TableSummary> {
  const reply = await ask({ type: 'parse', slot, name, bytes }, [bytes.buffer]);
  return (reply as { table: TableSummary }).table;
}

export async function buildExamples(slot: Slot, text: string, label: string): Promise<DatasetSummary> {
  const reply = await ask({ type: 'build', slot, text, label }, []);
  return (reply as { dataset: DatasetSummary }).dataset;
}

/** Of the file of new texts. */
export async function newTexts(column: string): Promise<string[]> {
  const reply = await ask({ type: 'texts', column }, []);
  return (reply as { texts: string[] }).texts;
}
