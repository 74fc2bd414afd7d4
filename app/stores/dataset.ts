/**
 * The data owner's files. A new file takes the old one's place only when it could be read; what is wrong with it is shown
 * beside the old one otherwise.
 */
import { create } from 'zustand';
import type { Several } from '../../src/data/dataset';
import type { Wishes } from '../../src/data/read-as';
import type { DataProblem, DatasetSummary, Slot, TableSummary } from '../data/messages';
import { buildExamples, ParseFailure, parseFile, rereadFile } from '../data/parser';
import { firstWords } from '../lib/suggestions';
import { useSettings } from './settings';

export interface DataFile {
  /** Name of the file being read. */
  reading?: string;
  /** The share of it that was read, 0 to 1. */
  fraction?: number;
  table?: TableSummary;
  /** What was said of how the file is to be read. */
  wishes?: Wishes;
  /** It is being read again, as that was said. */
  rereading?: boolean;
  text?: string;
  label?: string;
  /** Whether labels that are spelt alike are one. */
  merge?: boolean;
  several?: Several;
  dataset?: DatasetSummary;
  /** With the file, or with the columns chosen. */
  problem?: DataProblem & { file?: string };
}

/** What is taken from the table. */
type Choice = Pick<DataFile, 'text' | 'label' | 'merge' | 'several'>;

interface DatasetState {
  training: DataFile;
  evaluation: DataFile;
  load(slot: Slot, file: File): Promise<void>;
  loadSample(): Promise<void>;
  /** Reads the file again, as wished besides what was wished before. */
  reread(slot: Slot, wishes: Wishes): Promise<void>;
  choose(slot: Slot, choice: Choice): Promise<void>;
  remove(slot: Slot): void;
  /** Gives up the file being read; what was loaded before stays. */
  cancel(slot: Slot): void;
}

export const SAMPLE = 'patient-feedback.csv';
/** More of the same, to measure by. */
export const HELD_OUT_SAMPLE = 'patient-feedback-heldout.csv';

const fetchSample = async (name: string): Promise<ArrayBuffer> => {
  const response = await fetch(`${import.meta.env.BASE_URL}samples/${name}`);
  if (!response.ok) throw new Error(`The sample could not be fetched (${response.status}).`);
  return response.arrayBuffer();
};

const ONE_COLUMN: DataProblem = {
  message: 'The file has one column only.',
  remedy: 'Say how else it is to be read, or choose a file with a column of texts and one of labels.',
};

export const useDataset = create<DatasetState>((set, get) => {
  const change = (slot: Slot, part: Partial<DataFile>) =>
    set((files) => ({ [slot]: { ...files[slot], ...part } }) as Pick<DatasetState, Slot>);

  const failed = (error: unknown, file?: string): DataFile['problem'] => ({
    ...(error instanceof ParseFailure ? error.problem : { message: (error as Error).message }),
    file,
  });

  /** Columns stay chosen where the table has them. */
  const show = async (slot: Slot, table: TableSummary, wishes: Wishes, choice: Choice = {}) => {
    const { text, label } = get()[slot];
    const keep = (column?: string) => (column && table.columns.includes(column) ? column : undefined);
    change(slot, { reading: undefined, rereading: false, table, wishes, dataset: undefined });
    const columns = { text: keep(text) ?? table.guess.text, label: keep(label) ?? table.guess.label };
    await get().choose(slot, { ...choice, ...columns });
  };

  const read = async (slot: Slot, name: string, bytes: Promise<ArrayBuffer>) => {
    change(slot, { reading: name, fraction: undefined, problem: undefined });
    // Removed, or replaced by another choice, while it was read.
    const wanted = () => get()[slot].reading === name;
    const onProgress = (fraction: number) => wanted() && change(slot, { fraction });
    try {
      const table = await parseFile(slot, name, new Uint8Array(await bytes), onProgress);
      if (!wanted()) return;
      await show(slot, table, {}, { merge: false, several: 'first' });
    } catch (error) {
      if (wanted()) change(slot, { reading: undefined, problem: failed(error, name) });
    }
  };

  return {
    training: {},
    evaluation: {},
    load: async (slot, file) => {
      await read(slot, file.name, file.arrayBuffer());
      // The sample's notes say nothing about other data.
      const replaced = slot === 'training' && get().training.table?.name !== SAMPLE;
      if (replaced && get().evaluation.table?.name === HELD_OUT_SAMPLE) get().remove('evaluation');
    },
    loadSample: async () => {
      await Promise.all([
        read('training', SAMPLE, fetchSample(SAMPLE)),
        read('evaluation', HELD_OUT_SAMPLE, fetchSample(HELD_OUT_SAMPLE)),
      ]);
    },
    reread: async (slot, wishes) => {
      const { table: old, wishes: before } = get()[slot];
      if (!old) return;
      const wished = { ...before, ...wishes };
      change(slot, { wishes: wished, rereading: true, problem: undefined });
      const current = () => get()[slot].wishes === wished;
      try {
        const table = await rereadFile(old, wished);
        if (current()) await show(slot, table, wished);
      } catch (error) {
        if (current()) change(slot, { rereading: false, dataset: undefined, problem: failed(error) });
      }
    },
    choose: async (slot, choice) => {
      const before = get()[slot];
      const { table, text, label, merge = false, several = 'first' } = { ...before, ...choice };
      change(slot, { text, label, merge, several, dataset: undefined, problem: undefined });
      if (table?.columns.length === 1) change(slot, { problem: ONE_COLUMN });
      if (!table || !text || !label) return;
      const chosen = get()[slot];
      const current = () =>
        (['table', 'text', 'label', 'merge', 'several'] as const).every((key) => get()[slot][key] === chosen[key]);
      const { training } = get();
      const known = slot === 'evaluation' && training.merge ? training.dataset?.labels : undefined;
      try {
        const dataset = await buildExamples(table, { text, label, merge, several, known });
        if (!current()) return;
        change(slot, { dataset });
        if (slot === 'training') useSettings.getState().proposeWords(firstWords(dataset.labels));
        // Labels of both files are spelt alike.
        if (slot === 'training' && (merge || before.merge) && get().evaluation.table)
          await get().choose('evaluation', {});
      } catch (error) {
        if (current()) change(slot, { problem: failed(error) });
      }
    },
    cancel: (slot) => change(slot, { reading: undefined }),
    remove: (slot) => set({ [slot]: {} } as Pick<DatasetState, Slot>),
  };
});
