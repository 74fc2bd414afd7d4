/** What a browser keeps for this site, as JSON that is checked when it is read. It may keep nothing, as in some private windows. */
import type { z } from 'zod';

/** For good, or for as long as the tab lives. */
type Storage = 'localStorage' | 'sessionStorage';

/** Undefined where nothing is kept, or something else. */
export function readKept<T>(storage: Storage, name: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(globalThis[storage].getItem(name) ?? 'null')).data;
  } catch {
    return undefined;
  }
}

/** Whether it is kept. */
export function keep(storage: Storage, name: string, value: unknown): boolean {
  try {
    globalThis[storage].setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forgetKept(storage: Storage, name: string): void {
  try {
    globalThis[storage].removeItem(name);
  } catch {
    // Nothing was kept.
  }
}

/** Of what is kept for good, those that begin so. */
export function keptNames(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}
