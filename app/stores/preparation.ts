/** The worker's answer to "would this work, and what would it cost?" for the data and settings at hand. */
import { create } from 'zustand';
import type { Problem, SessionEvent } from '../../src/session/messages';

export type Prepared = Extract<SessionEvent, { type: 'prepared' }>;

interface PreparationState {
  /** unknown: something changed since the last answer, or nothing was asked yet. */
  status: 'unknown' | 'checking' | 'prepared' | 'invalid';
  /** The last answer; still shown, dimmed, while a new one is on its way. */
  prepared?: Prepared;
  /** Everything that the last answer found wrong. */
  problems: readonly Problem[];
  setUnknown(): void;
  setChecking(): void;
  setPrepared(prepared: Prepared): void;
  setInvalid(problems: readonly Problem[]): void;
  forget(): void;
}

export const usePreparation = create<PreparationState>((set) => ({
  status: 'unknown',
  problems: [],
  setUnknown: () => set({ status: 'unknown' }),
  setChecking: () => set({ status: 'checking' }),
  setPrepared: (prepared) => set({ status: 'prepared', prepared, problems: [] }),
  setInvalid: (problems) => set({ status: 'invalid', problems }),
  forget: () => set({ status: 'unknown', prepared: undefined, problems: [] }),
}));

const NONE: readonly Problem[] = [];

/** What is wrong now; nothing while an answer is outdated. */
export const useProblems = (): readonly Problem[] =>
  usePreparation(({ status, problems }) => (status === 'invalid' ? problems : NONE));
