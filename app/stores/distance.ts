/** How far away the others are, as measured. */
import { create } from 'zustand';
import { counterpart, type PartyRole } from '../../src/net/code';
import type { Line } from '../../src/net/line';
import type { Distance, Probe } from '../../src/net/probe';
import type { FromDealer } from '../lib/run-time';

type PeerProbe = Pick<Probe, 'measure' | 'tell' | 'ondealer'>;
/** Measures the line from the dealer. */
type DealerProbe = (signal: AbortSignal) => Promise<Line>;

interface DistanceState {
  /** To the other party. */
  distance?: Distance;
  /** From the dealer to either party: each measures its own line and tells the other. */
  fromDealer: FromDealer;
  measuring: boolean;
  /** There is another party, connected to. */
  measurable: boolean;
  /** Why there is no figure of the other party. */
  problem?: string;
  /** A connection to the other party is there: measures it once. */
  begin(probe: PeerProbe, role: PartyRole): void;
  /** One to the dealer is: measures that, too. */
  beginDealer(probe: DealerProbe, role: PartyRole): void;
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
  fromDealer: {},
  measuring: false,
  measurable: false,
  problem: undefined,
};

export const useDistance = create<DistanceState>((set, get) => {
  let peer: PeerProbe | undefined;
  let dealer: DealerProbe | undefined;
  let own: PartyRole = 'model-owner';
  const setLine = (role: PartyRole, line: Line | undefined) =>
    set(({ fromDealer }) => ({ fromDealer: { ...fromDealer, [role]: line } }));
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
    for (let asked: DealerProbe | undefined; dealer && dealer !== asked; ) {
      if (!anew && get().fromDealer[own]) break;
      asked = dealer;
      // Where there is no figure, the assumption stays.
      const line = await persistently(dealer, signal).catch(() => undefined);
      if (signal.aborted) return;
      setLine(own, line);
    }
    const line = get().fromDealer[own];
    if (line) peer?.tell(line);
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
    begin(probe, role) {
      peer = probe;
      own = role;
      probe.ondealer = (line) => setLine(counterpart(role), line);
      set({ distance: undefined, measurable: true });
      run(false);
    },
    beginDealer(probe, role) {
      dealer = probe;
      own = role;
      setLine(role, undefined);
      // What is being measured comes to it.
      if (peer && !running) run(false);
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
