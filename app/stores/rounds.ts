/** The pass under way, round by round; the last one when there is none. */
import { create } from 'zustand';
import type { PlannedRound } from '../../src/session/messages';

interface RoundsState {
  sequences: number;
  rounds: readonly PlannedRound[];
  /** The one under way; undefined between two passes. */
  current?: number;
  begin(sequences: number, rounds: readonly PlannedRound[]): void;
  reach(round: number): void;
  finish(): void;
  forget(): void;
}

const NOTHING = { sequences: 0, rounds: [], current: undefined };

export const useRounds = create<RoundsState>((set) => ({
  ...NOTHING,
  begin: (sequences, rounds) => set({ sequences, rounds, current: 0 }),
  reach: (current) => set({ current }),
  finish: () => set({ current: undefined }),
  forget: () => set(NOTHING),
}));
