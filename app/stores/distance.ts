/** How far away the other party is, as measured. */
import { create } from 'zustand';
import type { Distance, Probe } from '../../src/net/probe';

interface DistanceState {
  distance?: Distance;
  measuring: boolean;
  /** There is another party, connected to. */
  measurable: boolean;
  /** Why there is no figure. */
  problem?: string;
  /** A connection to the other party is there: measures it once. */
  begin(probe: Pick<Probe, 'measure'>): void;
  again(): void;
  /** Ends a measurement. */
  stop(): void;
  forget(): void;
}

const NOTHING = { distance: undefined, measuring: false, measurable: false, problem: undefined };

export const useDistance = create<DistanceState>((set, get) => {
  let probe: Pick<Probe, 'measure'> | undefined;
  let running: AbortController | undefined;
  return {
    ...NOTHING,
    begin(of) {
      get().forget();
      probe = of;
      set({ measurable: true });
      get().again();
    },
    again() {
      if (!probe || running) return;
      const own = new AbortController();
      running = own;
      set({ measuring: true, problem: undefined });
      const tell = (found: Partial<DistanceState>) => {
        if (running !== own) return;
        running = undefined;
        set({ ...found, measuring: false });
      };
      probe.measure(own.signal).then(
        (distance) => tell({ distance }),
        (error: Error) => tell({ problem: error.message }),
      );
    },
    stop() {
      running?.abort();
      running = undefined;
      set({ measuring: false });
    },
    forget() {
      get().stop();
      probe = undefined;
      set(NOTHING);
    },
  };
});
