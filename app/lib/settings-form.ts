/** The settings as fields: what they mean to a person, and what is wrong with what one typed. Kinds and limits are the schema's. */

import { type Choice, choiceOf, type MethodName, type Offer, type ReadingName } from '../../src/session/choices';
import {
  ANY_OFFER,
  type AskedSettings,
  defaultSettings,
  jointProblems,
  readSetting,
  type SettingKey,
  settingsAsked,
} from '../../src/session/settings';
import type { OptimizerName } from '../../src/tuning/optimizer';
import { sentence } from './format';

export interface SettingField {
  key: SettingKey;
  label: string;
  help: string;
  advanced?: boolean;
  /** Names by value, for what is chosen and not typed. */
  options?: Readonly<Record<string, string>>;
}

const OPTIMIZERS: Record<OptimizerName, string> = {
  'cma-es': 'CMA-ES',
  'sep-cma-es': 'separable CMA-ES',
  spsa: 'SPSA',
  'random-search': 'random search',
};

export const METHOD_NAMES: Record<MethodName, string> = {
  head: 'a head of your own',
  prompt: 'a prompt',
  'prompt and head': 'a prompt and a head',
};

export const READING_NAMES: Record<ReadingName, string> = {
  state: 'its whole answer',
  words: 'how it leans to label words',
};

/** In the order in which they are shown. */
const FIELDS: { readonly [Key in SettingKey]: Omit<SettingField, 'key'> } = {
  method: {
    label: 'What to tune',
    help: 'A head is a last layer of your own: every text is computed once. A prompt is numbers in front of every text, searched for step by step, many times as long.',
    options: { '': 'as suggested', ...METHOD_NAMES },
  },
  reading: {
    label: 'Learn from',
    help: 'What of the model’s answer to a text is opened to you: its state before it says a word, or a number (logit) for each label word.',
    options: { '': 'as suggested', ...READING_NAMES },
  },
  promptText: { label: 'Prompt text', help: 'Words in front of every text, from which a search starts.' },
  generations: { label: 'Generations', help: 'Steps of the search. You can stop earlier.' },
  population: { label: 'Population', help: 'Candidate prompts tried in every generation.' },
  batch: { label: 'Batch', help: 'Examples every candidate is tried on.' },
  tokens: {
    label: 'Padded length',
    help: 'Tokens, which are words and pieces of words, that every text is filled up or cut to: the only length the model owner sees. Empty: by your texts.',
  },
  lengths: {
    label: 'Lengths',
    help: 'Short texts padded to so many shorter lengths cost less; the model owner then sees how many texts are of which.',
    advanced: true,
  },
  shots: {
    label: 'Shots',
    help: 'Training examples of each label. Empty: by your data, what a text costs and what may be opened.',
  },
  promptTokens: {
    label: 'Prompt tokens',
    help: 'The prompt text is repeated or cut to this many.',
    advanced: true,
  },
  deepPrompts: {
    label: 'Prompt in',
    help: 'Every layer: more to tune, at no cost in bytes.',
    advanced: true,
    options: { false: 'the first layer', true: 'every layer' },
  },
  heldOut: {
    label: 'To choose by',
    help: 'Examples kept aside that candidates are compared on, at most. Empty: by your data.',
    advanced: true,
  },
  measured: {
    label: 'To measure by',
    help: 'Examples for the figures at the end, at most: of the file to measure by, or kept aside. Empty: that whole file, or by your data.',
    advanced: true,
  },
  evaluateEvery: { label: 'Evaluate every', help: 'Generations between two measurements.', advanced: true },
  patience: {
    label: 'Patience',
    help: 'The search ends after so many generations without a gain on the examples to choose by.',
    advanced: true,
  },
  dimension: { label: 'Dimension', help: 'How many numbers the search turns to change a prompt.', advanced: true },
  optimizer: {
    label: 'Optimiser',
    help: 'How the next candidates are chosen.',
    advanced: true,
    options: OPTIMIZERS,
  },
  sigma: { label: 'Step size σ', help: 'How far the first candidates are from the start.', advanced: true },
  seed: {
    label: 'Seed',
    help: 'The same number draws the same examples and repeats a search exactly; empty: a new one. Never used for secrets.',
    advanced: true,
  },
};

export const SETTING_FIELDS: readonly SettingField[] = Object.entries(FIELDS).map(([key, field]) => ({
  key: key as SettingKey,
  ...field,
}));

/** Settings as typed. */
export type Drafts = Readonly<Record<SettingKey, string>>;

export type SettingErrors = { readonly [Key in SettingKey]?: string };

/**
 * What is wrong with typed settings, by field; together only once each is right by itself. Only those count that make a difference to the
 * chosen method with this model; while that is not known, with any language model.
 */
export function settingErrors(drafts: Drafts, offer?: Offer): SettingErrors {
  const read = readDrafts(drafts, offer);
  if ('errors' in read) return read.errors;
  return Object.fromEntries(
    jointProblems(read.settings, offer).map(({ field, message }) => [field, sentence(message)]),
  );
}

/** What these drafts choose; what is suggested where they say nothing that can be chosen. */
export function choiceIn(drafts: Drafts, offer: Offer = ANY_OFFER): Choice {
  const [method, reading] = [readSetting('method', drafts.method), readSetting('reading', drafts.reading)];
  return choiceOf(offer, offer.task === 'embedding' ? {} : { method: known(method), reading: known(reading) });
}

const known = <T>(read: { value: T; problem?: undefined } | { problem: string }): T | undefined =>
  read.problem === undefined ? read.value : undefined;

/** Whether every label needs its word: where words are read out. */
export const needsWords = (drafts: Drafts, offer: Offer = ANY_OFFER): boolean =>
  offer.task !== 'embedding' && choiceIn(drafts, offer).reading === 'words';

/** Typed settings as the worker takes them, defaults where none is asked for. Throws for drafts with errors. */
export function toSettings(drafts: Drafts, labelWords: Record<string, string>, offer?: Offer): AskedSettings {
  const read = readDrafts(drafts, offer);
  if ('errors' in read) throw new Error(`settings with errors: ${Object.keys(read.errors).join(', ')}`);
  return { ...read.settings, labelWords };
}

function readDrafts(
  drafts: Drafts,
  offer: Offer = ANY_OFFER,
): { settings: Omit<AskedSettings, 'labelWords'> } | { errors: SettingErrors } {
  const values: [SettingKey, unknown][] = [];
  const errors: [SettingKey, string][] = [];
  for (const key of settingsAsked(offer, choiceIn(drafts, offer))) {
    const read = readSetting(key, drafts[key]);
    if (read.problem !== undefined) errors.push([key, sentence(read.problem)]);
    else if (read.value !== undefined) values.push([key, read.value]);
  }
  if (errors.length > 0) return { errors: Object.fromEntries(errors) };
  return { settings: { ...defaultSettings(), ...Object.fromEntries(values) } };
}
