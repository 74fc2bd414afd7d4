/** Settings as typed, and the one schema behind the form, the worker and the command line. */
import { beforeEach, describe, expect, it } from 'vitest';
import { choiceIn, needsWords, SETTING_FIELDS, settingErrors, toSettings } from '../../app/lib/settings-form';
import { useSettings } from '../../app/stores/settings';
import type { Offer } from '../../src/session/choices';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { MOST_GENERATION } from '../../src/session/limits';
import { defaultSettings, readSetting, SETTING_KEYS, settingKind, settingProblems } from '../../src/session/settings';

const drafts = (changes: Partial<Record<string, string>> = {}) => ({
  ...useSettings.getState().drafts,
  method: 'prompt and head',
  ...changes,
});

const ENCODER: Offer = { task: 'embedding', hidden: 384, mostOfSequence: 384 };
const MODEL: Offer = { task: 'masked-lm', hidden: 64, mostOfSequence: 64 };

beforeEach(() => useSettings.getState().restoreDefaults());

describe('label words', () => {
  it('that were proposed give way to those for other data; typed ones stay', () => {
    // Other files share the store.
    useSettings.setState({ labelWords: new Map(), proposed: new Map() });
    const { proposeWords, setWord } = useSettings.getState();
    const words = () => Object.fromEntries(useSettings.getState().labelWords);
    proposeWords(
      new Map([
        ['1', 'terrible'],
        ['5', 'great'],
      ]),
    );
    setWord('5', 'superb');
    proposeWords(
      new Map([
        ['0', 'terrible'],
        ['1', 'great'],
        ['5', 'wonderful'],
      ]),
    );
    expect(words()).toEqual({ 0: 'terrible', 1: 'great', 5: 'superb' });
  });
});

describe('the form', () => {
  it('has every setting once, and defaults without an error that say what the defaults are', () => {
    expect(SETTING_FIELDS.map(({ key }) => key).sort()).toEqual([...SETTING_KEYS].sort());
    expect(settingErrors(drafts())).toEqual({});
    expect(toSettings(drafts({ method: '' }), { a: 'good' })).toEqual({
      ...defaultSettings(),
      labelWords: { a: 'good' },
    });
  });

  it('offers a choice for everything that is chosen, and nothing but what the schema takes', () => {
    for (const { key, options } of SETTING_FIELDS) {
      expect(Boolean(options), key).toBe(['choice', 'switch'].includes(settingKind(key)));
      for (const value of Object.keys(options ?? {})) expect(readSetting(key, value), key).toHaveProperty('value');
    }
  });

  it.each([
    ['batch', 'many', /whole number from 1 to 10,000/],
    ['batch', '2.5', /whole number/],
    ['batch', '', /whole number/],
    ['batch', '0', /from 1 to/],
    ['batch', '10001', /to 10,000/],
    ['sigma', 'half', /a number from 0.000001 to 1,000/],
    ['sigma', 'Infinity', /a number/],
    ['promptText', '  ', /at least one word/],
    ['seed', '-1', /from 0 to 4,294,967,295/],
    ['optimizer', 'adam', /one of cma-es/],
    ['deepPrompts', 'perhaps', /true or false/],
  ])('says what is wrong with “%s” of “%s”', (key, typed, message) => {
    const errors = settingErrors(drafts({ [key]: typed }));
    expect(Object.keys(errors)).toEqual([key]);
    expect(Object.values(errors)[0]).toMatch(message);
    expect(() => toSettings(drafts({ [key]: typed }), {})).toThrow(key);
  });

  it('says all that is wrong at once', () => {
    expect(Object.keys(settingErrors(drafts({ batch: 'x', generations: '0', tokens: '1e9' }))).sort()).toEqual([
      'batch',
      'generations',
      'tokens',
    ]);
  });

  it('leaves out what may be missing, and reads switches and spaces', () => {
    const settings = toSettings(drafts({ shots: '', seed: ' 7 ', deepPrompts: 'true', sigma: '.5' }), {});
    expect(settings).not.toHaveProperty('shots');
    expect(settings).toMatchObject({ seed: 7, deepPrompts: true, sigma: 0.5 });
  });

  it('knows what does not go together before the worker is asked', () => {
    expect(settingErrors(drafts({ population: '1000', batch: '10000' })).batch).toMatch(/10,000,000 texts/);
    expect(settingErrors(drafts({ optimizer: 'spsa', population: '5' })).population).toMatch(/even/);
    expect(settingErrors(drafts({ tokens: '9', promptTokens: '5' })).tokens).toMatch(/from 10 to/);
  });

  it('of a sentence encoder asks for what makes a difference, and for nothing else', () => {
    expect(settingErrors(drafts({ sigma: 'half', promptTokens: '600', tokens: '3' }), ENCODER)).toEqual({});
    expect(settingErrors(drafts({ tokens: '2' }), ENCODER).tokens).toMatch(/from 3 to/);
    expect(settingErrors(drafts({ shots: 'few', measured: '-1' }), ENCODER)).toEqual({
      shots: expect.stringMatching(/whole number/),
      measured: expect.stringMatching(/whole number/),
    });
    const settings = toSettings(drafts({ sigma: 'half', tokens: '9', seed: '7' }), {}, ENCODER);
    expect(settings).toEqual({ ...defaultSettings(), tokens: 9, seed: 7, labelWords: {} });
  });

  it('asks a method for what makes a difference to it, and suggests a head', () => {
    const asked = (method: string, offer = MODEL) =>
      Object.keys(settingErrors(drafts({ method, reading: 'x', sigma: 'x', promptText: '', seed: 'x' }), offer)).sort();
    expect(asked('')).toEqual(['promptText', 'reading', 'seed']);
    expect(asked('head')).toEqual(asked(''));
    expect(asked('prompt')).toEqual(['promptText', 'seed', 'sigma']);
    expect(asked('prompt and head')).toEqual(['promptText', 'reading', 'seed', 'sigma']);
    expect(asked('', ENCODER)).toEqual(['seed']);
  });

  it('chooses what the model owner lets be opened, and needs words where they are read', () => {
    const few = { ...MODEL, mostOfSequence: 63 };
    const choose = (typed: object, offer = MODEL) => [
      choiceIn(drafts(typed), offer).reading,
      needsWords(drafts(typed), offer),
    ];
    expect(choose({ method: '' })).toEqual(['state', false]);
    expect(choose({ method: '' }, few)).toEqual(['words', true]);
    expect(choose({ method: 'head', reading: 'words' })).toEqual(['words', true]);
    expect(choose({ method: 'prompt', reading: 'state' })).toEqual(['words', true]);
    expect(choose({ method: 'prompt and head' })).toEqual(['words', true]);
    expect(choose({ method: 'prompt' }, ENCODER)).toEqual(['state', false]);
    expect(settingErrors(drafts({ method: 'head', reading: 'state' }), few).reading).toMatch(/63 numbers of a text/);
    expect(settingErrors(drafts(), { ...ENCODER, mostOfSequence: 383 }).reading).toMatch(/its vector has 384/);
  });

  it('takes presets of the address for settings, and for nothing else', () => {
    useSettings.getState().preset({ generations: '3', labelWords: 'x', model: 'tiny', constructor: 'y' });
    expect(drafts().generations).toBe('3');
    expect(Object.keys(drafts()).sort()).toEqual([...SETTING_KEYS].sort());
  });
});

describe('the check against a model', () => {
  const settings = { ...DEFAULT_SETTINGS, method: 'prompt' as const, labelWords: {} };
  const model = { task: 'masked-lm' as const, longestSequence: 32, hidden: 64, layers: 2, mostOfSequence: 64 };
  const fields = (changes: object) => settingProblems({ ...settings, ...changes }, model).map(({ field }) => field);

  it('reports every problem with its field and its value', () => {
    const problems = settingProblems({ ...settings, population: 1, sigma: 0, seed: 'x' }, model);
    expect(problems.map(({ field }) => field).sort()).toEqual(['population', 'seed', 'sigma']);
    expect(problems.find(({ field }) => field === 'population')?.message).toMatch(/^population must be .*, not 1\.$/);
  });

  it("knows the model's own limits", () => {
    expect(fields({})).toEqual([]);
    expect(fields({ tokens: 33 })).toEqual(['tokens']);
    expect(fields({ promptTokens: 28 })).toEqual(['promptTokens']);
    expect(settingProblems({ ...settings, dimension: 10_000 }, { ...model, hidden: 16_384 })[0]?.field).toBe(
      'dimension',
    );
  });

  it('takes the largest generation that the messages allow, and no larger one', () => {
    expect(fields({ population: 8, batch: MOST_GENERATION / 8 })).toEqual([]);
    expect(fields({ population: 9, batch: MOST_GENERATION / 8 })).toEqual(['batch']);
  });

  it('of a sentence encoder is of its length only', () => {
    const encoder = { ...model, task: 'embedding' as const };
    const settings = { ...DEFAULT_SETTINGS, labelWords: {} };
    expect(settingProblems({ ...settings, method: 'prompt' }, encoder).map(({ field }) => field)).toEqual(['method']);
    expect(settingProblems({ ...settings, tokens: 32, promptTokens: 500 }, encoder)).toEqual([]);
    expect(settingProblems({ ...settings, tokens: 33 }, encoder).map(({ field }) => field)).toEqual(['tokens']);
  });

  it('refuses what no field is called', () => {
    expect(settingProblems({ ...settings, learningRate: 1 }, model)[0]?.message).toMatch(/learningRate/);
    expect(settingProblems({ ...settings, labelWords: { good: 3 } }, model)[0]?.field).toBe('labelWords.good');
    expect(settingProblems(undefined)).toHaveLength(1);
  });
});
