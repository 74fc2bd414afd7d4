/** When the page asks whether data and settings would do, and what goes to the worker with the question. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DatasetSummary } from '../../app/data/messages';
import { applyEvent } from '../../app/party/events';
import { keepPrepared, type Preparing } from '../../app/party/prepare';
import { useDataset } from '../../app/stores/dataset';
import { useDistance } from '../../app/stores/distance';
import { usePreparation } from '../../app/stores/preparation';
import { useSession } from '../../app/stores/session';
import { useSettings } from '../../app/stores/settings';
import { useStock } from '../../app/stores/stock';
import { useTraining } from '../../app/stores/training';
import { packExamples } from '../../src/session/examples';
import type { Command } from '../../src/session/messages';
import { ENCODER, limitsOf, MODEL, PREPARED, RESULT } from './fixtures';

const dataset = (text: string): DatasetSummary => ({
  examples: packExamples([
    { text, label: 'good', row: 2 },
    { text: 'poor', label: 'bad', row: 3 },
  ]),
  labels: ['good', 'bad'],
  counts: { good: 1, bad: 1 },
  warnings: [],
  warningCount: 0,
  skipped: { count: 0, first: [] },
  alike: [],
  listed: 0,
  rivals: [],
});

let sent: Command[];
let preparing: Preparing;

const types = () => sent.map(({ type }) => type);
const pause = () => vi.advanceTimersByTime(1000);
const load = (text = 'fine') => useDataset.setState({ training: { dataset: dataset(text) } });
const setDraft = useSettings.getState().setDraft;

/** Data, words and model are there, and the first question was answered. */
function answered(): void {
  load();
  useSession.getState().setReady(MODEL, limitsOf(MODEL));
  pause();
  applyEvent(PREPARED);
  sent.length = 0;
}

beforeEach(() => {
  vi.useFakeTimers();
  for (const store of [useSession, usePreparation, useTraining, useStock, useDistance]) store.getState().forget();
  useDataset.setState({ training: {}, evaluation: {} });
  useSettings.getState().restoreDefaults();
  useSettings.setState({ labelWords: new Map(Object.entries({ good: 'great', bad: 'awful' })) });
  setDraft('method', 'prompt');
  sent = [];
  preparing = keepPrepared((command) => sent.push(command));
});

afterEach(() => {
  preparing.stop();
  vi.useRealTimers();
});

describe('the question', () => {
  it('is asked when model and data are there, with the data before it', () => {
    load();
    pause();
    expect(sent).toEqual([]);
    useSession.getState().setReady(MODEL, limitsOf(MODEL));
    pause();
    expect(types()).toEqual(['data', 'prepare']);
    expect(sent[1]).toMatchObject({ settings: { labelWords: { good: 'great', bad: 'awful' }, batch: 16 } });
    expect(usePreparation.getState().status).toBe('checking');
  });

  it('is asked once for many keystrokes, and says settings only', () => {
    answered();
    for (const text of ['1', '12', '120']) setDraft('generations', text);
    expect(sent).toEqual([]);
    expect(usePreparation.getState().status).toBe('unknown');
    pause();
    expect(sent).toEqual([
      { type: 'prepare', settings: expect.objectContaining({ generations: 120 }), dealtTo: undefined },
    ]);
  });

  it('has the data with it again when those have changed, evaluation examples too', () => {
    answered();
    load('other');
    pause();
    expect(types()).toEqual(['data', 'prepare']);
    applyEvent(PREPARED);
    useDataset.setState({ evaluation: { dataset: dataset('more') } });
    pause();
    expect(types()).toEqual(['data', 'prepare', 'data', 'prepare']);
    expect(sent[2]).toMatchObject({ evaluation: { texts: ['more', 'poor'] } });
  });

  it('says, and is asked again, where the own line from the dealer is too slow to be dealt over', () => {
    answered();
    const line = (bandwidth: number) => ({ roundTripMs: 20, bandwidth });
    const dealer = (own: number) =>
      useDistance.setState({ fromDealer: { 'data-owner': line(own), 'model-owner': line(9e6) } });
    dealer(8e6);
    pause();
    expect(sent).toEqual([]);
    dealer(4e6);
    pause();
    expect(sent).toMatchObject([{ type: 'prepare', dealtTo: 'model-owner' }]);
    applyEvent(PREPARED);
    dealer(5e6);
    pause();
    expect(sent.slice(1).map((command) => [command.type, (command as { dealtTo?: string }).dealtTo])).toEqual([
      ['prepare', undefined],
    ]);
  });

  it('waits for the answer to the one before', () => {
    answered();
    setDraft('generations', '7');
    pause();
    setDraft('generations', '8');
    pause();
    expect(types()).toEqual(['prepare']);
    applyEvent({ type: 'invalid', problems: [{ message: 'no' }] });
    pause();
    expect(types()).toEqual(['prepare', 'prepare']);
    expect(sent[1]).toMatchObject({ settings: { generations: 8 } });
  });

  it.each([
    ['a setting is not readable', () => setDraft('batch', 'many')],
    ['a label has no word', () => useSettings.getState().setWord('bad', ' ')],
    ['an evaluation file has no columns yet', () => useDataset.setState({ evaluation: { table: {} as never } })],
    ['training is under way', () => useTraining.getState().begin({} as never)],
  ])('is not asked while %s', (_, change) => {
    answered();
    change();
    preparing.again();
    pause();
    expect(sent).toEqual([]);
    expect(usePreparation.getState().status).toBe('unknown');
  });

  it.each<[string, () => void, () => void]>([
    [
      'texts are labelled',
      () => void useTraining.getState().beginClassifying(['fine']),
      () => applyEvent({ type: 'classified', classifications: [] }),
    ],
    [
      'passes are prepared ahead',
      () => applyEvent({ type: 'stock', making: { done: 0, total: 2 } }),
      () => applyEvent({ type: 'stock' }),
    ],
  ])('with a line that was measured while %s is asked after that', (_, begin, end) => {
    answered();
    begin();
    const line = (megabits: number) => ({ roundTripMs: 20, bandwidth: 1e6 * megabits });
    useDistance.setState({ fromDealer: { 'data-owner': line(4), 'model-owner': line(9) } });
    pause();
    expect(sent).toEqual([]);
    end();
    pause();
    expect(sent).toMatchObject([{ type: 'prepare', dealtTo: 'model-owner' }]);
  });

  it('is not asked again after work in which nothing changed', () => {
    answered();
    applyEvent({ type: 'stock', making: { done: 0, total: 2 } });
    applyEvent({ type: 'stock' });
    pause();
    expect(sent).toEqual([]);
  });

  it('is asked without a word of every label where a head reads states', () => {
    answered();
    setDraft('method', 'head');
    useSettings.getState().setWord('bad', ' ');
    pause();
    expect(sent).toMatchObject([{ settings: { method: 'head', labelWords: { good: 'great', bad: '' } } }]);
  });

  it('is asked again after a run, when somebody asks, and no more after the end', () => {
    answered();
    useTraining.getState().begin({} as never);
    applyEvent({ type: 'finished', result: RESULT });
    useTraining.getState().setPhase('setup');
    pause();
    applyEvent(PREPARED);
    preparing.again();
    pause();
    expect(types()).toEqual(['prepare', 'prepare']);
    applyEvent(PREPARED);
    preparing.stop();
    setDraft('generations', '9');
    pause();
    expect(types()).toEqual(['prepare', 'prepare']);
  });

  it('for a sentence encoder says no words and only settings that matter, however the others are typed', () => {
    load();
    useSettings.setState({ labelWords: new Map() });
    setDraft('sigma', 'half');
    setDraft('shots', '16');
    useSession.getState().setReady(ENCODER, limitsOf(ENCODER));
    pause();
    expect(types()).toEqual(['data', 'prepare']);
    expect(sent[1]).toMatchObject({ settings: { labelWords: {}, shots: 16, sigma: 1 } });
    setDraft('tokens', 'long');
    applyEvent(PREPARED);
    pause();
    expect(sent).toHaveLength(2);
  });

  it('of data that are gone leaves no estimate behind', () => {
    answered();
    useDataset.setState({ training: {} });
    pause();
    expect(usePreparation.getState()).toMatchObject({ status: 'unknown', prepared: undefined });
  });
});
