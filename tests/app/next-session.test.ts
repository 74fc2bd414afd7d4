/** What stays from one session to the next: what a model owner's page offers by itself, and results. */
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { placeIn } from '../../app/lib/tab-place';
import { changeBudget, offerModel } from '../../app/party/offer-actions';
import { closeSession, enterSession } from '../../app/party/session-actions';
import { useOffer } from '../../app/stores/offer';
import { type SessionTerms, useSession } from '../../app/stores/session';
import { useTraining } from '../../app/stores/training';
import { SilentWorker } from '../support/silent-worker';
import { CODE, KEY, RESULT } from './fixtures';

const TERMS: SessionTerms = {
  role: 'model-owner',
  code: CODE,
  key: KEY,
  host: true,
  dealer: 'server',
  backend: 'auto',
};

const kept = new Map<string, string>();
const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
};

const files = {
  name: 'ours',
  privateParameters: 83_200,
  config: '{}',
  summary: { task: 'masked-lm', hidden_size: 64 },
  estimate: {},
};
/** Nobody comes by way of a server, which answers only when all is over. */
let hangUp = () => {};
const silence = new Promise<never>((_, reject) => {
  hangUp = () => reject(new Error('the test is over'));
});
silence.catch(() => {});
afterAll(() => hangUp());

const offer = () => useOffer.getState();
const offered = () => placeIn(TERMS)?.offered;

function meet(): void {
  for (const role of ['data-owner', 'dealer'] as const) useSession.getState().setLink(role, 'connected');
}

const breakOff = (how: object = {}) =>
  SilentWorker.last.onmessage?.({
    data: { type: 'ended', reason: 'gone', expected: false, final: false, saved: '', ...how },
  });

beforeEach(() => {
  kept.clear();
  vi.stubGlobal('Worker', SilentWorker);
  vi.stubGlobal('sessionStorage', storage);
  vi.stubGlobal('localStorage', undefined);
  vi.stubGlobal('fetch', () => silence);
  useOffer.setState({ files: files as never, source: { from: 'built-in', id: 'ours' }, offered: undefined });
  // Other files share the store.
  useTraining.getState().forget();
  enterSession(TERMS);
  offer().setBudget('1000');
  offer().setMostOfSequence('8');
  meet();
});

afterEach(() => {
  breakOff({ final: true });
  closeSession();
  useOffer.setState({ files: undefined, source: undefined, budget: undefined, mostOfSequence: undefined });
  vi.unstubAllGlobals();
});

describe('a session that ended, once more', () => {
  it('has the results of before, and another session has not', () => {
    useTraining.getState().finish(RESULT);
    breakOff({ final: true });
    enterSession(TERMS);
    expect(useTraining.getState()).toMatchObject({ phase: 'finished', runs: [{ result: RESULT }] });
    breakOff({ final: true });
    closeSession();
    enterSession(TERMS);
    expect(useTraining.getState()).toMatchObject({ phase: 'setup', runs: [] });
  });
});

describe('a page that has met the others', () => {
  it('is known to have, once it is loaded anew, though nothing was offered yet', () => {
    expect(placeIn(TERMS)).toEqual({ code: CODE, role: 'model-owner' });
  });
});

describe('a model on offer', () => {
  beforeEach(offerModel);

  it.each(['', '99999999'])(
    'is offered again with the budget that was agreed to while “%s” is being typed',
    (typed) => {
      offer().setBudget(typed);
      breakOff();
      kept.clear();
      meet();
      expect(offer().offered).toBe(1000);
      expect(offered()).toMatchObject({ budget: '1000', mostOfSequence: '8' });
    },
  );

  it('is offered by a page that is loaded anew with the budget that was changed to', () => {
    offer().setBudget('500');
    changeBudget();
    expect(offered()).toMatchObject({ budget: '500' });
  });

  it.each([
    ['somebody left', { final: true }],
    ['its owner left', { final: true, expected: true }],
  ])('is offered by no page that is loaded anew after %s', (_, how) => {
    expect(offered()).toBeDefined();
    breakOff(how);
    expect(placeIn(TERMS)).toBeUndefined();
  });

  it('is remembered where the session is to go on', () => {
    breakOff();
    expect(offered()).toBeDefined();
  });
});
