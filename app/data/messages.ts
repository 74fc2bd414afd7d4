/** What the page and its parser say to each other. */
import type { LabelledText } from '../../src/session/messages';

/** Which of the data owner's two files. */
export type Slot = 'training' | 'evaluation';

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
  examples: LabelledText[];
  labels: string[];
  counts: Record<string, number>;
  /** The first warnings, as sentences; there may be one for every row. */
  warnings: string[];
  warningCount: number;
}

/** Examples on their way between threads: a few long arrays are copied several times faster than as many small objects. */
export interface PackedExamples {
  texts: string[];
  /** Index into `labels`. */
  labelAt: Uint16Array;
  rows: Uint32Array;
}

export type PackedDataset = Omit<DatasetSummary, 'examples'> & { packed: PackedExamples };

export interface DataProblem {
  message: string;
  row?: number;
  column?: string;
  remedy?: string;
}

export type ParserRequest =
  | { id: number; type: 'parse'; slot: Slot; name: string; bytes: Uint8Array }
  | { id: number; type: 'build'; slot: Slot; text: string; label: string };

export type ParserReply =
  | { id: number; table: TableSummary }
  | { id: number; dataset: PackedDataset }
  | { id: number; problem: DataProblem };
