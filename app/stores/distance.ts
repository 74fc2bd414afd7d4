/** How far away the others are, as measured. */
import { create } from 'zustand';
import type { Line } from '../../src/net/line';
import type { Distance, Probe } from '../../src/net/probe';

type PeerProbe = Pick<Probe, 'measure' | 'tell' | 'ondealer'>;
/** Measures the line from the dealer. */
type DealerProbe = (signal: AbortSignal) => Promise<Line>;

interface DistanceState {
  /** To the other party. */
  distance?: Distance;
  /** From the dealer to the model owner, who alone is dealt more than a seed; it tells the data owner. */
  fromDealer?: Line;
  measuring: boolean;
  /** There is another party, connected to. */
  measurable: boolean;
  /** Why there is no figure of the other party. */
  problem?: string;
  /** A connection to the other party is there: measures it once. */
  begin(probe: PeerProbe): void;
  /** The model owner's to the dealer is: measures that, too. */
  beginDealer(probe: DealerProbe): void;
  again(): void;
  /** Ends a measurement. */
  stop(): void;
  forget(): void;
}

/** A page that is busy, as many are at first, may not answer in time. */
const TRIES = 3;

async function persistently<T>(attempt: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await attempt(signal);
    } catch (error) {
      if (left === 0 || signal.aborted) throw error;
    }
  }
}

const NOTHING = {
  distance: undefined,
  fromDealer: undefined,
  measuring: false,
  measurable: false,
  problem: undefined,
};

export const useDistance = create<DistanceState>((set, get) => {
  let peer: PeerProbe | undefined;
  let dealer: DealerProbe | undefined;
  let running: AbortController | undefined;

  /** One after the other, since both may share a line. */
  const measure = async (signal: AbortSignal, anew: boolean): Promise<void> => {
    if (peer && (anew || !get().distance)) {
      const { measure } = peer;
      const found = await persistently(measure.bind(peer), signal).then(
        (distance) => ({ distance }),
        ({ message }: Error) => ({ problem: message }),
      );
      if (signal.aborted) return;
      set(found);
    }
    if (dealer && (anew || !get().fromDealer)) {
      // Where there is no figure, the assumption stays.
      const fromDealer = await persistently(dealer, signal).catch(() => undefined);
      if (signal.aborted) return;
      set({ fromDealer });
    }
    const { fromDealer } = get();
    if (fromDealer) peer?.tell(fromDealer);
  };

  const run = async (anew: boolean): Promise<void> => {
    const before = running;
    const own = new AbortController();
    running = own;
    before?.abort();
    set({ measuring: true, problem: undefined });
    await measure(own.signal, anew);
    if (running !== own) return;
    running = undefined;
    set({ measuring: false });
  };

  return {
    ...NOTHING,
    begin(probe) {
      peer = probe;
      probe.ondealer = (fromDealer) => set({ fromDealer });
      set({ distance: undefined, measurable: true });
      run(false);
    },
    beginDealer(probe) {
      dealer = probe;
      set({ fromDealer: undefined });
      if (peer) run(false);
    },
    again() {
      if (peer && !running) run(true);
    },
    stop() {
      running?.abort();
      running = undefined;
      set({ measuring: false });
    },
    forget() {
      get().stop();
      peer = dealer = undefined;
      set(NOTHING);
    },
  };
});
