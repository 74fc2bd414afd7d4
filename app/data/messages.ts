/** What the page and its parser say to each other. */
import type { Examples } from '../../src/session/examples';

/** Which of the data owner's files of examples. */
export type Slot = 'training' | 'evaluation';

/** Or the file of new texts, which have no labels. */
export type TableSlot = Slot | 'new';

export interface TableSummary {
  name: string;
  bytes: number;
  columns: string[];
  rows: number;
  /** The first rows, with their numbers in the file. */
  preview: { row: number; cells: string[] }[];
  guess: { text?: string; label?: string };
}

export interface DatasetSummary {
  /** As the party's worker takes them: the page only passes them on. */
  examples: Examples;
  labels: string[];
  counts: Record<string, number>;
  /** The first warnings, as sentences; there may be one for every row. */
  warnings: string[];
  warningCount: number;
}

export interface DataProblem {
  message: string;
  row?: number;
  column?: string;
  remedy?: string;
}

export type ParserRequest =
  | { id: number; type: 'parse'; slot: TableSlot; name: string; bytes: Uint8Array }
  | { id: number; type: 'build'; slot: Slot; text: string; label: string }
  | { id: number; type: 'texts'; column: string };

export type ParserReply =
  | { id: number; table: TableSummary }
  | { id: number; dataset: DatasetSummary }
  | { id: number; texts: string[] }
  | { id: number; problem: DataProblem };
