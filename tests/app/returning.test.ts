/** Coming back by itself: when, and what goes on. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { applyEvent } from '../../app/party/events';
import { type Acts, type KeepsReturning, keepReturning } from '../../app/party/returning';
import { useOffer } from '../../app/stores/offer';
import { usePreparation } from '../../app/stores/preparation';
import { type SessionTerms, useSession } from '../../app/stores/session';
import { useTraffic } from '../../app/stores/traffic';
import { useTraining } from '../../app/stores/training';
import type { Role } from '../../src/session/messages';
import { BASELINE, CODE, KEY, limitsOf, MODEL, PASS, PREPARED, RESULT, record } from './fixtures';

const REASON = 'the model owner is gone: the other side closed its page or lost its network';

let acts: { [Name in keyof Acts]: ReturnType<typeof vi.fn<Acts[Name]>> };
let keeps: KeepsReturning;

function enter(role: Role, isLoadedAnew = false): void {
  const terms: SessionTerms = { role, code: CODE, key: KEY, host: true, dealer: 'server', backend: 'auto' };
  useSession.getState().begin(terms);
  acts = { meetAgain: vi.fn(), goOn: vi.fn(), offerAgain: vi.fn(), loadAgain: vi.fn(), finish: vi.fn() };
  keeps = keepReturning(acts, isLoadedAnew);
}

/** All three are connected; the model is there. */
function meet(): void {
  for (const role of Object.keys(useSession.getState().links) as Role[])
    useSession.getState().setLink(role, 'connected');
  if (useSession.getState().terms?.role !== 'dealer')
    applyEvent({ type: 'ready', model: MODEL, limits: limitsOf(MODEL) });
}

function breakOff(how: { expected?: boolean; final?: boolean } = {}): void {
  applyEvent({ type: 'ended', reason: REASON, expected: false, final: false, saved: '', ...how });
  keeps.ended();
}

/** As the page does when it is asked to. */
function meetAgain(): void {
  const [broken] = acts.meetAgain.mock.lastCall!;
  useTraffic.getState().forget();
  usePreparation.getState().forget();
  useSession.getState().begin(useSession.getState().terms!, broken);
}

beforeEach(() => {
  keeps?.stop();
  for (const store of [useSession, usePreparation, useTraining, useTraffic]) store.getState().forget();
  useOffer.setState({ offered: undefined, files: undefined, again: undefined, source: undefined });
});

describe('a session that broke off', () => {
  it.each<Role>(['data-owner', 'model-owner', 'dealer'])('is made anew by the %s', (role) => {
    enter(role);
    meet();
    breakOff();
    expect(acts.meetAgain).toHaveBeenCalledOnce();
    expect(acts.meetAgain.mock.lastCall![0].reason).toBe(REASON);
    meetAgain();
    expect(useSession.getState().returning).toBeDefined();
    meet();
    expect(useSession.getState().returning).toBeUndefined();
  });

  it.each([
    ['somebody left', { final: true }],
    ['this side left', { final: true, expected: true }],
  ])('is over where %s', (_, how) => {
    enter('data-owner');
    meet();
    breakOff(how);
    expect(acts.meetAgain).not.toHaveBeenCalled();
    expect(acts.finish).toHaveBeenCalledOnce();
  });

  it('is over where nobody ever came', () => {
    enter('data-owner');
    breakOff();
    expect(acts.meetAgain).not.toHaveBeenCalled();
  });

  it('is waited for however often the way there breaks off', () => {
    enter('data-owner');
    meet();
    useTraffic.getState().addPass(PASS, []);
    for (let i = 0; i < 10; i++) {
      breakOff();
      meetAgain();
    }
    expect(acts.meetAgain).toHaveBeenCalledTimes(10);
  });

  it('is given up after three in a row that brought nothing, and not after ten that did', () => {
    enter('data-owner');
    for (let i = 0; i < 10; i++) {
      meet();
      useTraffic.getState().addPass(PASS, []);
      breakOff();
      meetAgain();
    }
    for (let i = 0; i < 2; i++) {
      meet();
      breakOff();
      meetAgain();
    }
    // The more of them, the longer it takes breath.
    expect(acts.meetAgain.mock.calls.slice(-3).map(([, afterMs]) => afterMs)).toEqual([0, 5000, 10_000]);
    expect(acts.finish).not.toHaveBeenCalled();
    meet();
    breakOff();
    expect(acts.meetAgain).toHaveBeenCalledTimes(12);
    expect(acts.finish).toHaveBeenCalledOnce();
  });
});

describe('what was under way', () => {
  const train = () => {
    enter('data-owner');
    meet();
    useTraining.getState().begin(PREPARED.settings);
    applyEvent({ type: 'baseline', evaluation: BASELINE, alone: [] });
    applyEvent({ type: 'best', result: { ...RESULT, bestGeneration: 1, history: [] } });
    for (const generation of [1, 2]) applyEvent({ type: 'generation', record: record(generation), secondsLeft: 9 });
  };

  it('goes on once data and settings were checked against the model, and tells again what it had come to', () => {
    train();
    breakOff();
    expect(useTraining.getState()).toMatchObject({ phase: 'interrupted', wasPaused: false, runs: [] });
    meetAgain();
    meet();
    expect(acts.goOn).not.toHaveBeenCalled();
    applyEvent(PREPARED);
    expect(acts.goOn).toHaveBeenCalledOnce();
    useTraining.getState().setPhase('running');
    for (const generation of [1, 2, 3]) applyEvent({ type: 'generation', record: record(generation), secondsLeft: 9 });
    expect(useTraining.getState().history.map(({ generation }) => generation)).toEqual([1, 2, 3]);
  });

  it('says why where it cannot go on, and keeps its best', () => {
    train();
    breakOff();
    meetAgain();
    meet();
    applyEvent({ type: 'invalid', problems: [{ message: 'The model owner lets too little be opened.' }] });
    expect(useTraining.getState()).toMatchObject({
      phase: 'finished',
      refusal: 'The model owner lets too little be opened.',
      runs: [{ result: { bestGeneration: 1 } }],
    });
  });

  it('keeps its best where the new session refuses to take it up, once', () => {
    train();
    breakOff();
    meetAgain();
    meet();
    useTraining.getState().setPhase('running');
    applyEvent({ type: 'invalid', problems: [{ message: 'It is of another model.' }] });
    expect(useTraining.getState().runs).toMatchObject([{ result: { bestGeneration: 1 } }]);
  });

  it('is in the list once where the model owner refuses it after it had gone on', () => {
    train();
    breakOff();
    meetAgain();
    meet();
    useTraining.getState().setPhase('running');
    applyEvent({ type: 'best', result: { ...RESULT, bestGeneration: 2 } });
    applyEvent({ type: 'invalid', problems: [{ message: 'The budget is used up.' }] });
    applyEvent({ type: 'finished', result: { ...RESULT, bestGeneration: 2 } });
    expect(useTraining.getState().runs).toMatchObject([{ result: { bestGeneration: 2 } }]);
  });

  it('stays paused where it was', () => {
    train();
    applyEvent({ type: 'paused' });
    breakOff();
    expect(useTraining.getState().wasPaused).toBe(true);
    breakOff();
    expect(useTraining.getState().wasPaused).toBe(true);
  });

  it('does not stay paused where a person had resumed it since', () => {
    train();
    applyEvent({ type: 'paused' });
    breakOff();
    meetAgain();
    meet();
    useTraining.getState().setPhase('pausing');
    applyEvent({ type: 'paused' });
    applyEvent({ type: 'resumed' });
    breakOff();
    expect(useTraining.getState().wasPaused).toBe(false);
  });

  it('leads back to the steps where it was being stopped and had come to nothing', () => {
    enter('data-owner');
    meet();
    useTraining.getState().begin(PREPARED.settings);
    useTraining.getState().setPhase('stopping');
    breakOff();
    expect(useTraining.getState()).toMatchObject({ phase: 'setup', runs: [] });
  });

  it('is over where it was being stopped, with the best that the page knows', () => {
    train();
    useTraining.getState().setPhase('stopping');
    breakOff();
    const [run] = useTraining.getState().runs;
    expect(run?.result).toMatchObject({ bestGeneration: 1 });
    expect(run?.result.method !== 'head' && run?.result.history.length).toBe(2);
  });

  it('is a tuned prompt that texts are labelled with', () => {
    enter('data-owner');
    meet();
    useTraining.getState().begin(PREPARED.settings);
    applyEvent({ type: 'finished', result: RESULT });
    const classifications = [{ text: 'fine', label: 'good', probabilities: { good: 1, bad: 0 } }];
    applyEvent({ type: 'classified', classifications });
    acts.loadAgain.mockClear();
    breakOff();
    meetAgain();
    meet();
    expect(acts.loadAgain).toHaveBeenCalledOnce();
    const { file, setLoading } = useTraining.getState();
    expect(file).toBe(RESULT.file.bytes);
    setLoading(file!);
    applyEvent({ type: 'loaded', what: 'prompt', labels: ['good', 'bad'] });
    // What was labelled with it before is still there, and stays there when the next texts are broken off.
    expect(useTraining.getState()).toMatchObject({ loaded: undefined, classifications });
    useTraining.getState().beginClassifying(['fine', '']);
    breakOff();
    expect(useTraining.getState()).toMatchObject({
      classifying: false,
      classifications,
      textProblems: [expect.stringContaining('broke off')],
    });
  });

  it('is a file that was loaded to label texts with', () => {
    enter('data-owner');
    meet();
    const file = new Uint8Array(8);
    useTraining.getState().setLoading(file);
    applyEvent({ type: 'loaded', what: 'head', labels: ['good', 'bad'] });
    acts.loadAgain.mockClear();
    breakOff();
    meetAgain();
    meet();
    expect(acts.loadAgain).toHaveBeenCalledOnce();
    expect(useTraining.getState()).toMatchObject({ file, loaded: { what: 'head' } });
  });

  it('is a model on offer', () => {
    enter('model-owner');
    useOffer.getState().setOffered(1000);
    meet();
    breakOff();
    acts.offerAgain.mockClear();
    meetAgain();
    for (const role of ['data-owner', 'dealer'] as const) useSession.getState().setLink(role, 'connected');
    expect(acts.offerAgain).toHaveBeenCalledOnce();
  });
});

describe('a page that is loaded anew', () => {
  it('waits on where one of the others goes before all have met', () => {
    enter('data-owner', true);
    useSession.getState().setLink('model-owner', 'connected');
    breakOff();
    expect(acts.meetAgain).toHaveBeenCalledOnce();
  });

  const source = { from: 'files', name: 'ours' } as const;
  const files = (name: string) => ({ files: { name, estimate: {} } as never, source: { ...source, name } });

  it('offers what it had offered once its files are chosen again, and nothing else', () => {
    enter('model-owner');
    useOffer.setState({ again: source });
    for (const role of ['data-owner', 'dealer'] as const) useSession.getState().setLink(role, 'connected');
    useOffer.setState(files('another'));
    expect(acts.offerAgain).not.toHaveBeenCalled();
    useOffer.setState(files('ours'));
    expect(acts.offerAgain).toHaveBeenCalledOnce();
  });
});
