/**
 * Where a person is, as the hash of the address.
 *
 *   #/                                 lobby
 *   #/join/CODE?role=&dealer=&key=     lobby with an invitation: what a host's link opens. `role` presets the choice.
 *   #/session?role=&code=&…            inside a session
 *
 * Parameters of #/session (automated runs may open it directly; there is nothing here that the pages can't do):
 *   role     data-owner | model-owner | dealer                      required
 *   code     the session's code; a host without one gets a fresh one
 *   key      the invitation's key, as a link carries it; who joins without one asks the host for it by the code, and a host
 *            without one gets a fresh one. Like all of a hash it is sent to no server.
 *   host     1: opens the session and waits for the peer; absent: joins one
 *   dealer   server (default): randomness from this site's server | tab: from a third person's tab
 *   backend  auto (default) | webgpu | cpu
 *   model    model owner: id of a built-in model to load at once ('tiny')
 *   budget   model owner: sequences it will compute at most
 *   solo     1: one person plays both parties, in two tabs of one browser
 *   any key of TuningSettings (generations=3&population=4&promptText=…): presets the data owner's settings
 */
import { useSyncExternalStore } from 'react';
import { BACKEND_PREFERENCES, type BackendPreference } from '../../src/compute/create';
import type { Role } from '../../src/session/messages';
import { isRole } from './roles';

export type DealerPlace = 'server' | 'tab';

export type Route =
  | { page: 'lobby' }
  | { page: 'join'; code: string; key?: string; role?: Role; dealer: DealerPlace }
  | {
      page: 'session';
      role: Role;
      code: string;
      key?: string;
      host: boolean;
      dealer: DealerPlace;
      solo: boolean;
      backend: BackendPreference;
      presets: Record<string, string>;
    };

const OWN_PARAMETERS = new Set(['role', 'code', 'key', 'host', 'dealer', 'solo', 'backend']);

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const parameters = new URLSearchParams(query);
  const role = parameters.get('role');
  const dealer: DealerPlace = parameters.get('dealer') === 'tab' ? 'tab' : 'server';
  const key = parameters.get('key') ?? undefined;
  const steps = path.split('/').filter(Boolean);

  if (steps[0] === 'join' && steps[1]) {
    return { page: 'join', code: readable(steps[1]), key, role: isRole(role) ? role : undefined, dealer };
  }
  if (steps[0] === 'session' && isRole(role)) {
    const backend = parameters.get('backend');
    return {
      page: 'session',
      role,
      code: parameters.get('code') ?? '',
      key,
      host: parameters.get('host') === '1' && role !== 'dealer',
      dealer: role === 'dealer' ? 'tab' : dealer,
      solo: parameters.get('solo') === '1',
      backend: BACKEND_PREFERENCES.find((known) => known === backend) ?? 'auto',
      presets: Object.fromEntries([...parameters].filter(([key]) => !OWN_PARAMETERS.has(key))),
    };
  }
  return { page: 'lobby' };
}

/** Without the escapes; as it stands where they are broken, for the code's own check to refuse. */
function readable(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

interface Place {
  role: Role;
  code: string;
  key?: string;
  host: boolean;
  dealer: DealerPlace;
  solo?: boolean;
}

export function sessionHash({ role, code, key, host, dealer, solo }: Place): string {
  const parameters = new URLSearchParams({ role, code });
  if (key) parameters.set('key', key);
  if (host) parameters.set('host', '1');
  if (dealer === 'tab') parameters.set('dealer', 'tab');
  if (solo) parameters.set('solo', '1');
  return `#/session?${parameters}`;
}

/** The whole address that invites someone as `role`. */
export function invitation({ code, key, dealer }: Omit<Place, 'role' | 'host'>, role: Role): string {
  const parameters = new URLSearchParams({ role });
  if (dealer === 'tab') parameters.set('dealer', 'tab');
  if (key) parameters.set('key', key);
  return `${location.origin}${location.pathname}#/join/${code}?${parameters}`;
}

export function navigate(hash: string): void {
  location.hash = hash;
}

const subscribe = (changed: () => void) => {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
};

/** The hash itself is the store: back and forward work, and nothing can disagree with the address. */
export const useHash = (): string => useSyncExternalStore(subscribe, () => location.hash);
