/**
 * The data owner's files. A new file takes the old one's place only when it could be read; what is wrong with it is shown
 * beside the old one otherwise.
 */
import { create } from 'zustand';
import type { DataProblem, DatasetSummary, Slot, TableSummary } from '../data/messages';
import { buildExamples, ParseFailure, parseFile } from '../data/parser';
import { firstWords } from '../lib/suggestions';
import { useSettings } from './settings';

export interface DataFile {
  /** Name of the file being read. */
  reading?: string;
  table?: TableSummary;
  text?: string;
  label?: string;
  dataset?: DatasetSummary;
  /** With the file, or with the columns chosen. */
  problem?: DataProblem & { file?: string };
}

interface DatasetState {
  training: DataFile;
  evaluation: DataFile;
  load(slot: Slot, file: File): Promise<void>;
  loadSample(): Promise<void>;
  choose(slot: Slot, columns: { text?: string; label?: string }): Promise<void>;
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

export const useDataset = create<DatasetState>((set, get) => {
  const change = (slot: Slot, part: Partial<DataFile>) =>
    set((files) => ({ [slot]: { ...files[slot], ...part } }) as Pick<DatasetState, Slot>);

  const failed = (error: unknown, file?: string): DataFile['problem'] => ({
    ...(error instanceof ParseFailure ? error.problem : { message: (error as Error).message }),
    file,
  });

  const read = async (slot: Slot, name: string, bytes: Promise<ArrayBuffer>) => {
    change(slot, { reading: name, problem: undefined });
    try {
      const table = await parseFile(slot, name, new Uint8Array(await bytes));
      // Removed, or replaced by another choice, while it was read.
      if (get()[slot].reading !== name) return;
      const before = get()[slot];
      const keep = (column?: string) => (column && table.columns.includes(column) ? column : undefined);
      const columns = {
        text: keep(before.text) ?? table.guess.text,
        label: keep(before.label) ?? table.guess.label,
      };
      change(slot, { reading: undefined, table, dataset: undefined });
      await get().choose(slot, columns);
    } catch (error) {
      if (get()[slot].reading === name) change(slot, { reading: undefined, problem: failed(error, name) });
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
    choose: async (slot, { text, label }) => {
      change(slot, { text, label, dataset: undefined, problem: undefined });
      if (!text || !label) return;
      const current = () => get()[slot].text === text && get()[slot].label === label;
      try {
        const dataset = await buildExamples(slot, text, label);
        if (!current()) return;
        change(slot, { dataset });
        if (slot === 'training') useSettings.getState().proposeWords(firstWords(dataset.labels));
      } catch (error) {
        if (current()) change(slot, { problem: failed(error) });
      }
    },
    cancel: (slot) => change(slot, { reading: undefined }),
    remove: (slot) => set({ [slot]: {} } as Pick<DatasetState, Slot>),
  };
});
