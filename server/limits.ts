/** What the server gives to strangers at most. Each has a name that `--limit NAME=NUMBER` changes. */
import { totalmem } from 'node:os';

/** Half of the machine's memory, in MiB. */
const HALF = Math.round(totalmem() / 2 / 2 ** 20);

interface Limit {
  usual: number;
  /** What is counted, in which unit. */
  says: string;
}

/** An address is an IPv4 address or, of IPv6, the 64 bits that a household shares. */
export const LIMITS = {
  'address-connections': { usual: 64, says: 'WebSockets of one address at a time' },
  'address-calls': { usual: 120, says: 'new WebSockets of one address a minute' },
  'address-ids': { usual: 32, says: 'pages of one address at the signalling at a time' },
  'address-signals': { usual: 50, says: 'signalling messages of one address a second' },
  // A page that waits for a dealer in a third tab asks every two seconds.
  'address-joins': { usual: 90, says: 'joins of one address a minute, which are guesses of codes' },
  'address-seats': { usual: 16, says: 'places of one address at the dealer; a session has two' },
  'address-memory': { usual: Math.round(HALF / 2), says: 'MiB for the dealers of one address' },
  'address-dealt': { usual: 512, says: 'GiB dealt to one address a day' },
  ids: { usual: 4096, says: 'pages at the signalling' },
  seats: { usual: 256, says: 'parties that wait at the dealer; the next one takes the place of the first' },
  sessions: { usual: 64, says: 'sessions that are dealt to' },
  memory: { usual: HALF, says: 'MiB for all dealers' },
  'session-memory': { usual: 3584, says: 'MiB for the dealer of one session' },
  'session-idle': { usual: 60, says: 'minutes in which a session that says nothing is ended' },
  'seat-wait': { usual: 60, says: 'seconds that one party waits at the dealer for the other' },
  unread: { usual: 16, says: 'MiB that a party may send before the dealer has read any' },
  backlog: { usual: 1024, says: 'KiB that may wait for a page that does not read its signalling' },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;
export type Limits = Readonly<Record<LimitName, number>>;

export const isLimit = (name: string): name is LimitName => Object.hasOwn(LIMITS, name);

export const USUAL_LIMITS = Object.fromEntries(
  Object.entries(LIMITS).map(([name, { usual }]) => [name, usual]),
) as Limits;
