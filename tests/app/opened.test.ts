/** What a model owner's browser remembers of a budget. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openedUnder, rememberOpened } from '../../app/lib/opened';
import { newKey } from '../../src/net/code';

/** As much of the browser's as is used: names are its own keys. */
class Storage {
  getItem(name: string): string | null {
    return (this as Record<string, unknown>)[name] === undefined
      ? null
      : String((this as Record<string, unknown>)[name]);
  }
  setItem(name: string, value: string): void {
    Object.assign(this, { [name]: value });
  }
  removeItem(name: string): void {
    delete (this as Record<string, unknown>)[name];
  }
}

beforeEach(() => vi.stubGlobal('localStorage', new Storage()));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('what was opened under an invitation', () => {
  it('is remembered by itself, without the key', () => {
    const [key, other] = [newKey(), newKey()];
    rememberOpened(key, 12);
    rememberOpened(key, 30);
    expect([openedUnder(key), openedUnder(other)]).toEqual([30, 0]);
    expect(JSON.stringify({ ...localStorage })).not.toContain(key);
  });

  it('is forgotten after a month', () => {
    const key = newKey();
    rememberOpened(key, 12);
    vi.useFakeTimers({ now: Date.now() + 31 * 24 * 3600 * 1000 });
    rememberOpened(newKey(), 1);
    expect(openedUnder(key)).toBe(0);
  });

  it.each(['not json', '{"numbers":-1,"written":0}', '{"numbers":1.5,"written":0}'])(
    'is 0 where %s is kept',
    (kept) => {
      const key = newKey();
      rememberOpened(key, 12);
      for (const name of Object.keys(localStorage)) localStorage.setItem(name, kept);
      expect(openedUnder(key)).toBe(0);
    },
  );

  it('is remembered by the page where the browser keeps nothing', () => {
    vi.stubGlobal('localStorage', undefined);
    const key = newKey();
    rememberOpened(key, 12);
    expect(openedUnder(key)).toBe(12);
  });

  it('is remembered by the page from when the disk is full', () => {
    const key = newKey();
    rememberOpened(key, 12);
    vi.spyOn(localStorage, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    rememberOpened(key, 30);
    expect(openedUnder(key)).toBe(30);
  });
});
