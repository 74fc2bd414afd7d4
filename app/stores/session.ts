/** Who this tab is in which session, and how far the three have come together. */
import { create } from 'zustand';
import type { BackendPreference } from '../../src/compute/create';
import type { Met } from '../../src/net/authentication';
import type { Turned } from '../../src/net/host';
import type { Presence } from '../../src/net/presence';
import type { Offer } from '../../src/session/choices';
import type { Limits, ModelCard, PeerActivity, Role } from '../../src/session/messages';
import { othersOf } from '../lib/roles';
import type { DealerPlace } from '../lib/route';

/** connecting: links are being made; handshake: all links are there; ready: all three agree on model and plan. */
export type Stage = 'none' | 'connecting' | 'handshake' | 'ready' | 'ended';

export type LinkState = 'waiting' | 'connected' | 'lost';

export interface SessionTerms {
  role: Role;
  code: string;
  /** Of the invitation; who joined by a typed code has none before the host gave it. */
  key?: string;
  host: boolean;
  dealer: DealerPlace;
  /** One person plays both parties, in two tabs of this browser. */
  solo?: boolean;
  backend: BackendPreference;
}

export interface Ending {
  reason: string;
  expected: boolean;
  /** Nobody should come back by itself. */
  final: boolean;
  /** In words, what is saved of it. */
  saved: string;
  /** It broke off a run. */
  interrupted: boolean;
}

/** A session broke off, and this tab meets the others again by itself. */
export interface Returning {
  /** What broke it off. */
  reason: string;
  /** Milliseconds since 1970. */
  since: number;
}

interface SessionState {
  stage: Stage;
  terms?: SessionTerms;
  /** By the role at the other end. */
  links: Partial<Record<Role, LinkState>>;
  /** Why a link is still being waited for, if there is more to say than "not yet". */
  notes: Partial<Record<Role, string>>;
  /** Who proved to be at the other end; nobody did of a dealer on the server. */
  met: Partial<Record<Role, Met>>;
  /** Those who came without the invitation. */
  turned?: Turned;
  /** What the other side last said that it is doing; a model owner hears of it. */
  peer?: PeerActivity;
  /** What the other party's page says that it is at; nothing depends on it. */
  there?: Presence;
  compute?: { backend: string; notice?: string };
  model?: ModelCard;
  /** Numbers that may be opened, as they were when the model was offered. */
  limits?: Limits;
  ending?: Ending;
  /** Until all three agree again. */
  returning?: Returning;
  /** How long the computation has given no sign of life, in seconds, once that is long. */
  silentSeconds?: number;
  begin(terms: SessionTerms, returning?: Returning): void;
  setLink(role: Role, state: LinkState, note?: string): void;
  setKey(key: string): void;
  setMet(role: Role, met: Met): void;
  setTurned(turned: Turned): void;
  setCompute(compute: { backend: string; notice?: string }): void;
  setPeer(peer: PeerActivity): void;
  setThere(there: Presence): void;
  setSilent(seconds: number | undefined): void;
  setReady(model: ModelCard, limits: Limits): void;
  end(ending: Ending): void;
  forget(): void;
}

const NOTHING = {
  stage: 'none',
  terms: undefined,
  links: {},
  notes: {},
  met: {},
  turned: undefined,
  peer: undefined,
  there: undefined,
  compute: undefined,
  model: undefined,
  limits: undefined,
  ending: undefined,
  returning: undefined,
  silentSeconds: undefined,
} as const;

/** Whether leaving now would end something for somebody. `busy`: this tab trains. */
export const isNeeded = (stage: Stage, role: Role | undefined, busy: boolean): boolean =>
  // A dealer is told of shapes only, not of when the other two agree.
  role === 'dealer' ? stage === 'handshake' : stage === 'ready' && (role === 'model-owner' || busy);

export const useSession = create<SessionState>((set) => ({
  ...NOTHING,
  begin: (terms, returning) =>
    set({
      ...NOTHING,
      stage: 'connecting',
      terms,
      returning,
      links: Object.fromEntries(othersOf(terms.role).map((role) => [role, 'waiting'])),
    }),
  setLink: (role, state, note) =>
    set((session) => {
      const links = { ...session.links, [role]: state };
      const complete = Object.values(links).every((link) => link === 'connected');
      return {
        links,
        notes: { ...session.notes, [role]: note },
        stage: session.stage === 'connecting' && complete ? 'handshake' : session.stage,
        // A dealer is told of nothing that comes after that.
        ...(complete && session.terms?.role === 'dealer' && { returning: undefined }),
      };
    }),
  setKey: (key) => set(({ terms }) => ({ terms: terms && { ...terms, key } })),
  setMet: (role, met) => set((session) => ({ met: { ...session.met, [role]: met } })),
  setTurned: (turned) => set({ turned }),
  setPeer: (peer) => set({ peer }),
  setThere: (there) => set({ there }),
  setCompute: (compute) => set({ compute }),
  setSilent: (silentSeconds) => set({ silentSeconds }),
  setReady: (model, limits) =>
    set((session) => (session.stage === 'ended' ? session : { stage: 'ready', model, limits, returning: undefined })),
  // The first reason is the true one; what follows is its echo (closing links, a stopped worker).
  end: (ending) => set((session) => (session.stage === 'ended' ? session : { stage: 'ended', ending })),
  forget: () => set(NOTHING),
}));

/** What methods are chosen by, once there is a model. */
export const offerIn = ({ model, limits }: Pick<SessionState, 'model' | 'limits'>): Offer | undefined =>
  model && limits && { task: model.task, hidden: model.hidden, mostOfSequence: limits.sequence };

/** The same for a page. */
export function useOfferIn(): Offer | undefined {
  const model = useSession((session) => session.model);
  const limits = useSession((session) => session.limits);
  return offerIn({ model, limits });
}
