/**
 * How many numbers this browser's models have opened under an invitation, in all sessions: a page that is loaded anew, or a session that broke
 * off, must not make the budget new. By a name that comes from the invitation's key, like that of a checkpoint; only counts are kept.
 */
import { z } from 'zod';
import { nameFrom, parseKey } from '../../src/net/code';
import { KEPT_MS } from '../../src/session/limits';
import { forgetKept, keep, keptNames, readKept } from './kept';

const PREFIX = 'secfwt opened ';

const rowSchema = z.object({
  numbers: z.number().int().nonnegative(),
  /** Milliseconds since 1970. */
  written: z.number(),
});

/** What the browser did not keep, by name, for as long as this page is there. */
const unkept = new Map<string, number>();

/** 0 where nothing is known, as on a page that was loaded anew where the browser keeps nothing. */
export function openedUnder(key: string): number {
  const name = nameOf(key);
  return Math.max(rowOf(name)?.numbers ?? 0, unkept.get(name) ?? 0);
}

/** `numbers`: with all that were opened before. */
export function rememberOpened(key: string, numbers: number): void {
  forgetOld();
  if (!keep('localStorage', nameOf(key), { numbers, written: Date.now() })) unkept.set(nameOf(key), numbers);
}

const nameOf = (key: string): string => PREFIX + nameFrom(parseKey(key), 'budget');

const rowOf = (name: string) => readKept('localStorage', name, rowSchema);

function forgetOld(): void {
  for (const name of keptNames(PREFIX)) {
    const row = rowOf(name);
    if (!row || Date.now() - row.written > KEPT_MS) forgetKept('localStorage', name);
  }
}
