/** The run that broke off and is kept in this browser, as the worker found it. */
import { create } from 'zustand';
import type { CheckpointSummary } from '../../src/session/messages';

interface CheckpointState {
  found?: CheckpointSummary;
  /** Why it can't be gone on with now; without a run, why the one under way is not kept. */
  problem?: string;
  set(found: CheckpointSummary | undefined, problem: string | undefined): void;
}

export const useCheckpoint = create<CheckpointState>((set) => ({
  set: (found, problem) => set({ found, problem }),
}));
