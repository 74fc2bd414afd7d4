/** What leaves a tab when its session ends. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ConnectOptions } from '../../app/party/links';
import { PartyTab } from '../../app/party/tab';
import { useSession } from '../../app/stores/session';
import { useTraining } from '../../app/stores/training';
import { SilentWorker } from '../support/silent-worker';
import { CODE, KEY, PREPARED } from './fixtures';

beforeEach(() => vi.stubGlobal('Worker', SilentWorker));
afterEach(() => {
  vi.unstubAllGlobals();
  useSession.getState().forget();
});

it('says that a run is kept which has no result yet, when nobody waits for the others any more', async () => {
  const terms = { role: 'data-owner', code: CODE, key: KEY, host: true, dealer: 'server', backend: 'auto' } as const;
  const leave = () => {
    useSession.getState().begin(terms);
    const reach = () => new Promise<never>(() => {});
    new PartyTab(terms, { patient: true, onEnded: () => {}, reach }).leave();
    return useSession.getState().ending?.saved;
  };
  expect(leave()).toBe('');
  useTraining.getState().begin(PREPARED.settings);
  useTraining.getState().interrupt(undefined);
  expect(leave()).toMatch(/^What was opened for the run is kept in this browser/);
  useTraining.getState().forget();
});

it('tells its own page of an error in its worker, and links and guests no word of it', async () => {
  const terms = {
    role: 'data-owner',
    code: CODE,
    key: KEY,
    host: true,
    dealer: 'server',
    backend: 'auto',
  } as const;
  useSession.getState().begin(terms);
  let links!: ConnectOptions;
  const ended = new Promise<void>((resolve) => {
    const reach = (_: unknown, options: ConnectOptions) => {
      links = options;
      return new Promise<never>(() => {});
    };
    new PartyTab(terms, { patient: false, onEnded: resolve, reach });
  });
  const error = `Uncaught SyntaxError: Unexpected token, "a private text" is not valid JSON`;
  SilentWorker.last.onerror?.({ message: error });
  await ended;
  expect(useSession.getState().ending?.reason).toContain('a private text');
  const { signal, hosting } = links;
  await vi.waitFor(() => expect([signal.aborted, hosting.aborted]).toEqual([true, true]));
  for (const { reason } of [signal, hosting]) expect(reason).toBe('the other side ended the session');
});
