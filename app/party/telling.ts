/** What this page is at, told to the other party, who sees no reason why nothing comes otherwise. */
import type { PartyRole } from '../../src/net/code';
import type { Doing, PresenceChannel } from '../../src/net/presence';
import { useDataset } from '../stores/dataset';
import { useOffer } from '../stores/offer';
import { useSession } from '../stores/session';

/** In the background for so long, a page has nobody in front of it. */
const AWAY_MS = 10_000;

/** Until what it returns is called. */
export function keepTelling(channel: PresenceChannel, role: PartyRole): () => void {
  let away = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { store, doing } = ROLES[role];
  const tell = () => channel.say({ doing: doing(), away });
  const look = () => {
    clearTimeout(timer);
    away = false;
    tell();
    if (document.visibilityState !== 'hidden') return;
    timer = setTimeout(() => {
      away = true;
      tell();
    }, AWAY_MS);
  };
  channel.onheard = (there) => useSession.getState().setThere(there);
  let last = doing();
  const stop = store.subscribe(() => {
    if (doing() === last) return;
    last = doing();
    tell();
  });
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    stop();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
    channel.onheard = undefined;
  };
}

interface OfRole {
  store: { subscribe(listener: () => void): () => void };
  doing(): Doing;
}

const ROLES: Record<PartyRole, OfRole> = {
  'data-owner': {
    store: useDataset,
    doing() {
      const { training, evaluation } = useDataset.getState();
      const isReading = [training, evaluation].some(({ reading, rereading }) => reading !== undefined || rereading);
      return isReading ? 'reading' : training.dataset ? 'settled' : 'choosing';
    },
  },
  'model-owner': {
    store: useOffer,
    doing() {
      const { loading, calibrating, offered } = useOffer.getState();
      if (calibrating) return 'calibrating';
      return loading !== undefined ? 'reading' : offered !== undefined ? 'settled' : 'choosing';
    },
  },
};
