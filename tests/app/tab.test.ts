/** What leaves a tab when its session ends. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { connect } from '../../app/party/links';
import { PartyTab } from '../../app/party/tab';
import { useSession } from '../../app/stores/session';
import { CODE, KEY } from './fixtures';

vi.mock('../../app/party/links', () => ({ connect: vi.fn(() => new Promise(() => {})) }));

class FailingWorker {
  static last: FailingWorker;
  onerror?: (event: { message: string }) => void;
  constructor() {
    FailingWorker.last = this;
  }
  postMessage(): void {}
  terminate(): void {}
}

beforeEach(() => vi.stubGlobal('Worker', FailingWorker));
afterEach(() => {
  vi.unstubAllGlobals();
  useSession.getState().forget();
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
  const ended = new Promise<void>((resolve) => new PartyTab(terms, { patient: false, onEnded: resolve }));
  const error = `Uncaught SyntaxError: Unexpected token, "a private text" is not valid JSON`;
  FailingWorker.last.onerror?.({ message: error });
  await ended;
  expect(useSession.getState().ending?.reason).toContain('a private text');
  const { signal, hosting } = vi.mocked(connect).mock.lastCall![1];
  await vi.waitFor(() => expect([signal.aborted, hosting.aborted]).toEqual([true, true]));
  for (const { reason } of [signal, hosting]) expect(reason).toBe('the other side ended the session');
});
