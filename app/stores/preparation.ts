/** The worker's answer to "would this work, and what would it cost?" for the data and settings at hand. */
import { create } from 'zustand';
import type { Event } from '../../src/session/messages';

export type Prepared = Extract<Event, { type: 'prepared' }>;
export type Invalid = Extract<Event, { type: 'invalid' }>;

interface PreparationState {
  /** unknown: something changed since the last answer, or nothing was asked yet. */
  status: 'unknown' | 'checking' | 'prepared' | 'invalid';
  /** The last answer; still shown, dimmed, while a new one is on its way. */
  prepared?: Prepared;
  /** Everything that the last answer found wrong. */
  invalids: Invalid[];
  setUnknown(): void;
  setChecking(): void;
  setPrepared(prepared: Prepared): void;
  setInvalid(invalid: Invalid): void;
  forget(): void;
}

export const usePreparation = create<PreparationState>((set) => ({
  status: 'unknown',
  invalids: [],
  setUnknown: () => set({ status: 'unknown' }),
  setChecking: () => set({ status: 'checking' }),
  setPrepared: (prepared) => set({ status: 'prepared', prepared, invalids: [] }),
  // One answer may be several events, one for each thing that is wrong.
  setInvalid: (invalid) =>
    set(({ status, invalids }) => ({
      status: 'invalid',
      invalids: status === 'invalid' ? [...invalids, invalid] : [invalid],
    })),
  forget: () => set({ status: 'unknown', prepared: undefined, invalids: [] }),
}));

const NONE: Invalid[] = [];

/** What is wrong now; nothing while an answer is outdated. */
export const useInvalids = (): Invalid[] =>
  usePreparation(({ status, invalids }) => (status === 'invalid' ? invalids : NONE));
