/**
 * How many numbers this browser's models have opened under an invitation, in all sessions: a page that is loaded anew, or a session that broke
 * off, must not make the budget new. By a name that comes from the invitation's key, like that of a checkpoint; only counts are kept.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { parseKey } from '../../src/net/code';

const PREFIX = 'secfwt opened ';
const KEPT_MS = 30 * 24 * 3600 * 1000;

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
  try {
    forgetOld();
    localStorage.setItem(nameOf(key), JSON.stringify({ numbers, written: Date.now() }));
  } catch {
    unkept.set(nameOf(key), numbers);
  }
}

const nameOf = (key: string): string =>
  PREFIX + bytesToHex(hkdf(sha256, parseKey(key), undefined, utf8ToBytes('secfwt name of the budget'), 16));

function rowOf(name: string): z.infer<typeof rowSchema> | undefined {
  try {
    return rowSchema.safeParse(JSON.parse(localStorage.getItem(name) ?? 'null')).data;
  } catch {
    return undefined;
  }
}

function forgetOld(): void {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(PREFIX)) continue;
    const row = rowOf(name);
    if (!row || Date.now() - row.written > KEPT_MS) localStorage.removeItem(name);
  }
}
