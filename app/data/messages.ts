/** What the page and its parser say to each other. */
import type { Several } from '../../src/data/dataset';
import type { ReadAs, Wishes } from '../../src/data/read-as';
import type { Skipped } from '../../src/data/table';
import type { Examples } from '../../src/session/examples';

/** Which of the data owner's files of examples. */
export type Slot = 'training' | 'evaluation';

/** Or the file of new texts, which have no labels. */
export type TableSlot = Slot | 'new';

/** Rows that were left out: how many, and the first of them. */
export interface SkippedRows {
  count: number;
  first: Skipped[];
}

export interface TableSummary {
  /** By which the parser knows it. */
  id: number;
  name: string;
  bytes: number;
  how: ReadAs;
  columns: string[];
  rows: number;
  /** The first rows, with their numbers in the file. */
  preview: { row: number; cells: string[] }[];
  guess: { text: string; label?: string };
  skipped: SkippedRows;
}

/** How labels are taken from their column. */
export interface LabelChoices {
  text: string;
  label: string;
  merge: boolean;
  several: Several;
  /** Labels of the other file, which those that are spelt like them are counted as. */
  known?: readonly string[] | undefined;
}

export interface DatasetSummary {
  /** As the party's worker takes them: the page only passes them on. */
  examples: Examples;
  labels: string[];
  counts: Record<string, number>;
  /** The first warnings, as sentences; there may be one for every row. */
  warnings: string[];
  warningCount: number;
  skipped: SkippedRows;
  /** Labels that are spelt alike, the most frequent spelling of each first. */
  alike: string[][];
  /** Rows with several labels in their cell. */
  listed: number;
  /** Columns that could each be the label as well. */
  rivals: string[];
}

export interface TextsSummary {
  texts: string[];
  skipped: SkippedRows;
}

export interface DataProblem {
  message: string;
  row?: number;
  column?: string;
  remedy?: string;
}

export type ParserRequest =
  | { id: number; type: 'parse'; slot: TableSlot; name: string; bytes: Uint8Array }
  | { id: number; type: 'reread'; table: number; wishes: Wishes }
  | { id: number; type: 'build'; table: number; choices: LabelChoices }
  | { id: number; type: 'texts'; table: number; column: string };

export type ParserReply =
  | { id: number; table: TableSummary }
  | { id: number; dataset: DatasetSummary }
  | { id: number; texts: TextsSummary }
  | { id: number; problem: DataProblem };

/** Before a reply, any number of these: the share that is done, 0 to 1. */
export interface ParserProgress {
  id: number;
  fraction: number;
}
