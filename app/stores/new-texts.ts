/** The file of new texts to be labelled, and which of its columns holds them. */
import { create } from 'zustand';
import type { DataProblem, TableSummary } from '../data/messages';
import { newTexts, ParseFailure, parseFile } from '../data/parser';

interface NewTexts {
  /** Name of the file being read. */
  reading?: string;
  table?: TableSummary;
  column?: string;
  /** Of that column. */
  texts?: readonly string[];
  problem?: DataProblem;
  load(file: File): Promise<void>;
  choose(column: string): Promise<void>;
}

const problemOf = (error: unknown): DataProblem =>
  error instanceof ParseFailure ? error.problem : { message: (error as Error).message };

export const useNewTexts = create<NewTexts>((set, get) => ({
  async load(file) {
    const { name } = file;
    set({ reading: name, table: undefined, column: undefined, texts: undefined, problem: undefined });
    try {
      const table = await parseFile('new', name, new Uint8Array(await file.arrayBuffer()));
      // Another was chosen while this one was read.
      if (get().reading !== name) return;
      set({ reading: undefined, table });
      if (table.guess.text) await get().choose(table.guess.text);
    } catch (error) {
      if (get().reading === name) set({ reading: undefined, problem: problemOf(error) });
    }
  },
  async choose(column) {
    set({ column, texts: undefined, problem: undefined });
    try {
      const texts = await newTexts(column);
      if (get().column === column) set({ texts });
    } catch (error) {
      if (get().column === column) set({ problem: problemOf(error) });
    }
  },
}));
