/** A relay (TURN) or STUN server of a person's own, beside those of this site: for networks that let no direct way through. Kept in this browser. */
import { z } from 'zod';
import { create } from 'zustand';
import { isIceAddress } from '../../src/net/relay';
import { keep, readKept } from '../lib/kept';

const NAME = 'secfwt relay';

const relaySchema = z.object({ url: z.string(), user: z.string(), password: z.string() });

export type Relay = z.infer<typeof relaySchema>;

const NO_RELAY: Relay = { url: '', user: '', password: '' };

interface RelayState extends Relay {
  change(part: Partial<Relay>): void;
}

export const useRelay = create<RelayState>((set, get) => ({
  ...(readKept('localStorage', NAME, relaySchema) ?? NO_RELAY),
  change(part) {
    set(part);
    const { url, user, password } = get();
    keep('localStorage', NAME, { url, user, password });
  },
}));

/** Why it can't be used; undefined where it can, or where there is none. */
export function relayProblem({ url, user, password }: Relay): string | undefined {
  const address = url.trim();
  if (address === '') return undefined;
  if (!isIceAddress(address))
    return 'An address is like turn:relay.example.org:3478 or turns:relay.example.org?transport=tcp, or begins with stun:.';
  if (/^turn/i.test(address) && (user.trim() === '' || password === ''))
    return 'A TURN server needs a user and a password.';
  return undefined;
}

/** None for one with a problem. */
export function relayServers(relay: Relay): RTCIceServer[] {
  const url = relay.url.trim();
  if (url === '' || relayProblem(relay)) return [];
  return [/^stun/i.test(url) ? { urls: url } : { urls: url, username: relay.user.trim(), credential: relay.password }];
}
