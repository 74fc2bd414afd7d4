/**
 * What two pages keep to at the door. Nothing is believed that the signalling server said: both sides prove the invitation first
 * (authentication.ts). Then the host decides whether the guest may come in: an empty chunk is welcome, a goodbye frame is the reason why not.
 */
import type { Met } from './authentication';
import type { Link } from './channel';
import type { PresenceChannel } from './presence';
import type { Probe } from './probe';

/** A heartbeat, to any reader but the one who waits at the door. */
export const WELCOME = new Uint8Array(0);
/** How long either side may take to prove the invitation. */
export const PROOF_MS = 15_000;
/** Wrong guesses at a code, after which it is void: 5 of 2^20. */
export const MOST_GUESSES = 5;

export interface Invitation {
  /** As parseCode gives it. */
  code: string;
  /** 16 bytes; see parseKey. */
  key: Uint8Array;
}

/** An authenticated link, and who is at its other end. */
export interface Reached {
  link: Link;
  met: Met;
  /** Measures the way to who is there. */
  probe: Probe;
  presence: PresenceChannel;
}
