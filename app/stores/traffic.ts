/** What has crossed the network in this session, as the worker counts it. */
import { create } from 'zustand';
import type { SessionEvent } from '../../src/session/messages';

export type Totals = Omit<Extract<SessionEvent, { type: 'totals' }>, 'type'>;
export type Pass = Omit<Extract<SessionEvent, { type: 'pass' }>, 'type'>;

interface TrafficState {
  totals: Totals;
  /** Every pass, as both owners see it. */
  passes: Pass[];
  setTotals(totals: Totals): void;
  addPass(pass: Pass): void;
  forget(): void;
}

const NOTHING: { totals: Totals; passes: Pass[] } = {
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
};

export const useTraffic = create<TrafficState>((set) => ({
  ...NOTHING,
  setTotals: (totals) => set({ totals }),
  addPass: (pass) => set(({ passes }) => ({ passes: [...passes, pass] })),
  forget: () => set(NOTHING),
}));
