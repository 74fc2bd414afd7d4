/** What has crossed the network in this session, as the worker counts it. */
import { create } from 'zustand';
import type { PlannedRound, SessionEvent } from '../../src/session/messages';

export type Totals = Omit<Extract<SessionEvent, { type: 'totals' }>, 'type'>;
export type Pass = Omit<Extract<SessionEvent, { type: 'pass' }>, 'type'>;

/** A pass by which others are foretold. */
type LargePass = Pick<Pass, 'sequences' | 'seconds'> & { rounds: readonly PlannedRound[] };

interface TrafficState {
  totals: Totals;
  /** Every pass, as both owners see it. */
  passes: Pass[];
  /** By padded length, the pass of most texts, and of those the last. */
  largest: Record<number, LargePass>;
  setTotals(totals: Totals): void;
  /** `rounds`: what they carried. */
  addPass(pass: Pass, rounds: readonly PlannedRound[]): void;
  forget(): void;
}

const NOTHING: Pick<TrafficState, 'totals' | 'passes' | 'largest'> = {
  totals: {
    rounds: 0,
    bytes: { toModelOwner: 0, toDataOwner: 0, dealt: 0 },
    sequences: 0,
    numbers: 0,
    astray: 0,
    clamped: 0,
    passes: 0,
    ahead: 0,
    byOperation: {},
  },
  passes: [],
  largest: {},
};

export const useTraffic = create<TrafficState>((set) => ({
  ...NOTHING,
  setTotals: (totals) => set({ totals }),
  addPass: (pass, rounds) =>
    set(({ passes, largest }) => {
      const { tokens, sequences, seconds } = pass;
      const before = largest[tokens];
      const isLarger = sequences >= (before?.sequences ?? 0);
      return {
        passes: [...passes, pass],
        largest: isLarger ? { ...largest, [tokens]: { sequences, seconds, rounds } } : largest,
      };
    }),
  forget: () => set(NOTHING),
}));
