/** Who is told of an end outside the page, and who is not. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { applyEvent } from '../../app/party/events';
import { keepReturning } from '../../app/party/returning';
import { useNotice } from '../../app/stores/notice';
import { useSession } from '../../app/stores/session';
import { useTraining } from '../../app/stores/training';
import { CODE, RESULT } from './fixtures';

let told: string[];
let answer: NotificationPermission;
let sends: boolean;
const tab = { hidden: true };

class Recorder {
  static requestPermission = async () => answer;
  constructor(title: string, { body }: { body: string }) {
    if (!sends) throw new TypeError('Illegal constructor.');
    told.push(`${title}: ${body}`);
  }
}

beforeEach(() => {
  told = [];
  answer = 'granted';
  sends = true;
  tab.hidden = true;
  vi.stubGlobal('Notification', Recorder);
  vi.stubGlobal('document', tab);
  useNotice.setState({ wanted: false, problem: undefined });
  useTraining.getState().forget();
});

afterEach(() => {
  useNotice.setState({ wanted: false });
  vi.unstubAllGlobals();
});

const finish = () => applyEvent({ type: 'finished', result: RESULT });

it('tells who asked for it and looks at something else', async () => {
  finish();
  expect(told).toEqual([]);
  await useNotice.getState().want();
  finish();
  expect(told).toEqual(['Training is done: Accuracy 82.8\u00a0%.']);
  tab.hidden = false;
  finish();
  expect(told).toHaveLength(1);
});

it('says why it can’t, where the browser refuses or has no way to', async () => {
  answer = 'denied';
  await useNotice.getState().want();
  expect(useNotice.getState()).toMatchObject({ wanted: false, problem: expect.stringMatching(/site’s settings/) });
  answer = 'granted';
  await useNotice.getState().want();
  expect(useNotice.getState()).toMatchObject({ wanted: true, problem: undefined });
  sends = false;
  finish();
  expect(useNotice.getState()).toMatchObject({ wanted: false, problem: expect.stringMatching(/no notifications/) });
  expect(useTraining.getState().phase).toBe('finished');
});

it('tells once that a session will not be made anew, whether it was to end or not', async () => {
  await useNotice.getState().want();
  for (const final of [true, false]) {
    told = [];
    useSession.getState().begin({ role: 'dealer', code: CODE, host: false, dealer: 'tab', backend: 'auto' });
    const acts = { meetAgain() {}, goOn() {}, offerAgain() {}, loadAgain() {}, finish() {} };
    const keeps = keepReturning(acts);
    applyEvent({ type: 'ended', reason: 'gone', expected: false, final, saved: '' });
    keeps.ended();
    keeps.stop();
    expect(told).toEqual(['The session has ended: gone']);
  }
  useSession.getState().forget();
});
