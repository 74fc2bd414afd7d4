/** What the worker says, and what the stores make of it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openedUnder } from '../../app/lib/opened';
import { applyEvent } from '../../app/party/events';
import { useActivity } from '../../app/stores/activity';
import { useOffer } from '../../app/stores/offer';
import { usePreparation } from '../../app/stores/preparation';
import { useSession } from '../../app/stores/session';
import { useTraffic } from '../../app/stores/traffic';
import { useTraining } from '../../app/stores/training';
import { newKey } from '../../src/net/code';
import type { SessionEvent, TuningSettings } from '../../src/session/messages';
import {
  ALONE,
  BASELINE,
  BYTES,
  byOperation,
  HEAD_RESULT,
  limitsOf,
  MODEL,
  PASS,
  PREPARED,
  RESULT,
  record,
} from './fixtures';

const SETTINGS = { generations: 30 } as TuningSettings;
const PROGRESS: SessionEvent = { type: 'progress', label: 'Reading', done: 1, total: 2 };

const activity = () => useActivity.getState().activity;
const training = () => useTraining.getState();

beforeEach(() => {
  for (const store of [useSession, usePreparation, useTraining, useTraffic]) store.getState().forget();
  useActivity.getState().clear();
  useOffer.setState({ offered: undefined, files: undefined, problem: undefined });
});

describe('progress', () => {
  it.each<SessionEvent>([
    { type: 'ready', model: MODEL, limits: limitsOf(MODEL) },
    PREPARED,
    { type: 'invalid', problems: [{ message: 'no' }] },
    { type: 'unusable', message: 'no' },
    { type: 'baseline', evaluation: BASELINE, alone: ALONE },
    { type: 'generation', record: record(1), secondsLeft: 9 },
    { type: 'paused' },
    { type: 'finished', result: RESULT },
    { type: 'classified', classifications: [] },
    { type: 'ended', reason: 'gone', expected: false, final: true, saved: '' },
  ])('is over with $type', (event) => {
    applyEvent(PROGRESS);
    expect(activity()).toMatchObject({ label: 'Reading', done: 1, total: 2 });
    applyEvent(event);
    expect(activity()).toBeUndefined();
  });

  it('goes on while only sums come', () => {
    applyEvent(PROGRESS);
    applyEvent({
      type: 'totals',
      rounds: 3,
      bytes: BYTES,
      sequences: 8,
      numbers: 16,
      astray: 0,
      clamped: 0,
      ahead: 0,
      passes: 1,
      byOperation: byOperation(),
    });
    expect(activity()).toBeDefined();
    expect(useTraffic.getState().totals).toMatchObject({ rounds: 3, sequences: 8, numbers: 16, bytes: BYTES });
  });
});

describe('the check', () => {
  it('keeps all problems of one answer, and none of an earlier one', () => {
    applyEvent({ type: 'invalid', problems: [{ message: 'a', field: 'batch' }, { message: 'b' }] });
    expect(usePreparation.getState()).toMatchObject({ status: 'invalid' });
    expect(usePreparation.getState().problems.map(({ message }) => message)).toEqual(['a', 'b']);
    applyEvent({ type: 'invalid', problems: [{ message: 'c' }] });
    expect(usePreparation.getState().problems.map(({ message }) => message)).toEqual(['c']);
    applyEvent(PREPARED);
    expect(usePreparation.getState()).toMatchObject({ status: 'prepared', problems: [], prepared: { training: 436 } });
  });

  it('leaves a model that cannot be offered to its owner, not to the settings', () => {
    useOffer.getState().setOffered(100);
    applyEvent({ type: 'unusable', message: 'config.json: hidden_size: too small' });
    expect(useOffer.getState()).toMatchObject({ offered: undefined, problem: 'config.json: hidden_size: too small' });
    expect(usePreparation.getState().status).toBe('unknown');
  });
});

describe('a run', () => {
  it('collects its generations and is in the list when it is finished', () => {
    training().begin(SETTINGS);
    applyEvent({ type: 'baseline', evaluation: BASELINE, alone: ALONE });
    applyEvent({ type: 'generation', record: record(1), secondsLeft: 12 });
    expect(training()).toMatchObject({ phase: 'running', baseline: BASELINE, secondsLeft: 12 });
    expect(training().history).toHaveLength(1);
    applyEvent({ type: 'finished', result: RESULT });
    expect(training()).toMatchObject({ phase: 'finished', runs: [{ result: RESULT, settings: SETTINGS }] });
  });

  it('that the model owner refuses is over, with the reason, and keeps what it had', () => {
    training().begin(SETTINGS);
    applyEvent({ type: 'invalid', problems: [{ message: 'the budget is used up' }] });
    expect(training()).toMatchObject({ phase: 'setup', refusal: 'the budget is used up' });
    applyEvent({ type: 'finished', result: RESULT });
    expect(training()).toMatchObject({ phase: 'finished', refusal: 'the budget is used up' });
    // What was refused then says nothing about texts that are yet to be classified.
    expect(usePreparation.getState().status).toBe('unknown');
  });

  it('pauses and goes on', () => {
    training().begin(SETTINGS);
    applyEvent({ type: 'paused' });
    expect(training().phase).toBe('paused');
    applyEvent({ type: 'resumed' });
    expect(training().phase).toBe('running');
  });

  it('that a lost session breaks off is saved once; one that had finished is not saved again', () => {
    useSession.getState().begin({ role: 'data-owner', code: 'A', host: true, dealer: 'server', backend: 'auto' });
    training().begin(SETTINGS);
    const ended: SessionEvent = {
      type: 'ended',
      reason: 'gone',
      expected: false,
      final: true,
      saved: 'the prompt',
      result: RESULT,
    };
    applyEvent(ended);
    expect(training().runs).toHaveLength(1);
    expect(useSession.getState()).toMatchObject({
      stage: 'ended',
      ending: { reason: 'gone', saved: 'the prompt', interrupted: true },
    });
    applyEvent({ ...ended, reason: 'an echo' });
    expect(training().runs).toHaveLength(1);
    expect(useSession.getState().ending?.reason).toBe('gone');
  });

  it('shows what was labelled, and why the rest was not', () => {
    const classifications = [{ text: 'fine', label: 'good', probabilities: { good: 1, bad: 0 } }];
    training().beginClassifying(['fine', '']);
    applyEvent({ type: 'classified', classifications, refusal: 'the budget is used up' });
    expect(training()).toMatchObject({ classifying: false, classifications, textProblems: ['the budget is used up'] });
    applyEvent({ type: 'classified', classifications });
    expect(training().textProblems).toEqual([]);
  });

  it('keeps what was labelled when the session breaks off, and asks for the rest only', () => {
    const label = (text: string) => ({ text, label: 'good', probabilities: { good: 1, bad: 0 } });
    const texts = ['a', 'b', 'c'];
    expect(training().beginClassifying(texts)).toEqual(texts);
    applyEvent({ type: 'labelled', classifications: [label('a'), label('b')] });
    applyEvent({ type: 'ended', reason: 'gone', expected: false, final: false, saved: '' });
    expect(training()).toMatchObject({ classifying: false, classifications: [label('a'), label('b')] });
    expect(training().textProblems[0]).toMatch(/broke off/);
    expect(training().beginClassifying(texts)).toEqual(['c']);
    applyEvent({ type: 'labelled', classifications: [label('c')] });
    applyEvent({ type: 'classified', classifications: [label('c')] });
    expect(training()).toMatchObject({ classifying: false, classifications: texts.map(label), textProblems: [] });
    // The same once more, or others, are begun with.
    expect(training().beginClassifying(texts)).toEqual(texts);
    expect(training().beginClassifying(['a', 'b', 'd'])).toEqual(['a', 'b', 'd']);
  });

  it('leaves texts where they are when labelling them is refused', () => {
    training().beginClassifying(['fine', '']);
    applyEvent({ type: 'invalid', problems: [{ message: 'Text 2 is empty.' }] });
    expect(training()).toMatchObject({ classifying: false, classifications: [], textProblems: ['Text 2 is empty.'] });
    // It is no problem of data or settings.
    expect(usePreparation.getState()).toMatchObject({ status: 'unknown', problems: [] });
    training().beginClassifying(['fine', '']);
    expect(training().textProblems).toEqual([]);
  });

  it('does not take for theirs what was asked of settings before', () => {
    usePreparation.getState().setChecking();
    training().beginClassifying(['fine']);
    const problems = [{ message: 'Too many tokens.' }];
    applyEvent({ type: 'invalid', problems });
    expect(training()).toMatchObject({ classifying: true, textProblems: [] });
    expect(usePreparation.getState()).toMatchObject({ status: 'invalid', problems });
  });
});

describe('a pass', () => {
  const enter = (role: 'data-owner' | 'model-owner') =>
    useSession.getState().begin({ role, code: 'A', host: true, dealer: 'server', backend: 'auto' });

  it("is added to the list; the model owner's work is done with it, the data owner's goes on", () => {
    for (const role of ['model-owner', 'data-owner'] as const) {
      useTraffic.getState().forget();
      enter(role);
      applyEvent(PROGRESS);
      applyEvent({ type: 'pass', ...PASS });
      expect(useTraffic.getState().passes).toEqual([PASS]);
      expect(activity() === undefined).toBe(role === 'model-owner');
    }
  });
});

describe('what the data owner is doing', () => {
  it('is shown in place of the pass before, and moves nothing', () => {
    applyEvent(PROGRESS);
    applyEvent({ type: 'activity', state: 'paused' });
    expect(activity()).toBeUndefined();
    expect(useSession.getState().peer).toBe('paused');
    useSession.getState().begin({ role: 'model-owner', code: 'A', host: true, dealer: 'server', backend: 'auto' });
    expect(useSession.getState().peer).toBeUndefined();
  });
});

describe('what a pass opens', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is remembered by the model owner’s browser as soon as the pass is granted, under that invitation', () => {
    const methods = {
      getItem(this: Record<string, string>, name: string) {
        return this[name] ?? null;
      },
      setItem(this: Record<string, string>, name: string, value: string) {
        this[name] = value;
      },
    };
    vi.stubGlobal('localStorage', Object.create(methods));
    const [key, another] = [newKey(), newKey()];
    const begin = (role: 'data-owner' | 'model-owner') =>
      useSession.getState().begin({ role, code: 'A', key, host: true, dealer: 'server', backend: 'auto' });
    begin('data-owner');
    applyEvent({ type: 'granted', used: 5 });
    expect(openedUnder(key)).toBe(0);
    begin('model-owner');
    applyEvent({ type: 'granted', used: 7 });
    expect([openedUnder(key), openedUnder(another)]).toEqual([7, 0]);
  });
});

describe('a file of an earlier run', () => {
  it('is there until something is learned; one that cannot be taken leaves the one before', () => {
    applyEvent({ type: 'loaded', what: 'head', labels: ['a', 'b'] });
    applyEvent({ type: 'unloadable', message: 'of another model' });
    expect(training()).toMatchObject({ loaded: { labels: ['a', 'b'] }, unloadable: 'of another model' });
    applyEvent({ type: 'loaded', what: 'head', labels: ['c', 'd'] });
    expect(training()).toMatchObject({ loaded: { labels: ['c', 'd'] }, unloadable: undefined });
    training().begin(SETTINGS);
    applyEvent({ type: 'finished', result: HEAD_RESULT });
    expect(training()).toMatchObject({ loaded: undefined, history: [], runs: [{ result: HEAD_RESULT }] });
  });
});
