/** The file of new texts to be labelled, how it is read, and which of its columns holds them. */
import { create } from 'zustand';
import type { Wishes } from '../../src/data/read-as';
import type { DataProblem, SkippedRows, TableSummary } from '../data/messages';
import { columnTexts, ParseFailure, parseFile, rereadFile } from '../data/parser';

interface NewTexts {
  /** Name of the file being read. */
  reading?: string;
  table?: TableSummary;
  /** What was said of how the file is to be read. */
  wishes?: Wishes;
  column?: string;
  /** Of that column. */
  texts?: readonly string[];
  /** Rows of that column without a text. */
  skipped?: SkippedRows;
  problem?: DataProblem;
  load(file: File): Promise<void>;
  /** Reads the file again, as wished besides what was wished before. */
  reread(wishes: Wishes): Promise<void>;
  choose(column: string): Promise<void>;
}

const problemOf = (error: unknown): DataProblem =>
  error instanceof ParseFailure ? error.problem : { message: (error as Error).message };

const NOTHING = { column: undefined, texts: undefined, skipped: undefined, problem: undefined };

export const useNewTexts = create<NewTexts>((set, get) => ({
  async load(file) {
    const { name } = file;
    set({ ...NOTHING, reading: name, table: undefined, wishes: {} });
    try {
      const table = await parseFile('new', name, new Uint8Array(await file.arrayBuffer()));
      // Another was chosen while this one was read.
      if (get().reading !== name) return;
      set({ reading: undefined, table });
      await get().choose(table.guess.text);
    } catch (error) {
      if (get().reading === name) set({ reading: undefined, problem: problemOf(error) });
    }
  },
  async reread(wishes) {
    const wished = { ...get().wishes, ...wishes };
    const { column: before, table: old } = get();
    if (!old) return;
    set({ ...NOTHING, wishes: wished });
    try {
      const table = await rereadFile(old, wished);
      if (get().wishes !== wished) return;
      set({ table });
      await get().choose(before && table.columns.includes(before) ? before : table.guess.text);
    } catch (error) {
      if (get().wishes === wished) set({ problem: problemOf(error) });
    }
  },
  async choose(column) {
    set({ ...NOTHING, column });
    const { table } = get();
    if (!table) return;
    const current = () => get().column === column && get().table === table;
    try {
      const { texts, skipped } = await columnTexts(table, column);
      if (!current()) return;
      const problem =
        texts.length === 0 ? { message: 'No row has a text there.', remedy: 'Choose another column.' } : undefined;
      set(problem ? { problem } : { texts, skipped });
    } catch (error) {
      if (current()) set({ problem: problemOf(error) });
    }
  },
}));
