/** The settings as fields: what they mean to a person, and what is wrong with what one typed. Kinds and limits are the schema's. */

import type { Task } from '../../src/models/config';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import {
  jointProblems,
  readSetting,
  SETTINGS_OF,
  type SettingKey,
  type TuningSettings,
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

/** In the order in which they are shown. */
const FIELDS: { readonly [Key in SettingKey]: Omit<SettingField, 'key'> } = {
  promptText: { label: 'Prompt text', help: 'Where the search starts: tokens in front of every text.' },
  generations: { label: 'Generations', help: 'Steps of the search. You can stop earlier.' },
  population: { label: 'Population', help: 'Candidate prompts tried in every generation.' },
  batch: { label: 'Batch', help: 'Examples every candidate is tried on.' },
  tokens: {
    label: 'Padded length',
    help: 'Tokens of every sequence. The only length the model owner sees; longer texts are cut.',
  },
  shots: { label: 'Shots', help: 'Training examples per label; empty: all that is not held out.' },
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
    label: 'Held-out examples',
    help: 'Most examples set aside to measure accuracy; at most a third of the data.',
    advanced: true,
  },
  evaluateEvery: { label: 'Evaluate every', help: 'Generations between two measurements.', advanced: true },
  dimension: { label: 'Dimension', help: 'Of the space the search moves in.', advanced: true },
  optimizer: {
    label: 'Optimiser',
    help: 'How the next candidates are chosen.',
    advanced: true,
    options: OPTIMIZERS,
  },
  sigma: { label: 'Step size σ', help: 'How far the first candidates are from the start.', advanced: true },
  seed: { label: 'Seed', help: 'Repeats a search exactly; empty: fresh. Never used for secrets.', advanced: true },
};

export const SETTING_FIELDS: readonly SettingField[] = Object.entries(FIELDS).map(([key, field]) => ({
  key: key as SettingKey,
  ...field,
}));

/** Settings as typed. */
export type Drafts = Readonly<Record<SettingKey, string>>;

export type SettingErrors = { readonly [Key in SettingKey]?: string };

/**
 * What is wrong with typed settings, by field; together only once each is right by itself. Only those count that make a difference to a
 * model of this task; while that is not known, all of them.
 */
export function settingErrors(drafts: Drafts, task?: Task): SettingErrors {
  const read = readDrafts(drafts, task);
  if ('errors' in read) return read.errors;
  return Object.fromEntries(jointProblems(read.settings, task).map(({ field, message }) => [field, sentence(message)]));
}

/** Typed settings as the worker takes them, defaults where none is asked for. Throws for drafts with errors. */
export function toSettings(drafts: Drafts, labelWords: Record<string, string>, task?: Task): TuningSettings {
  const read = readDrafts(drafts, task);
  if ('errors' in read) throw new Error(`settings with errors: ${Object.keys(read.errors).join(', ')}`);
  return { ...read.settings, labelWords };
}

function readDrafts(
  drafts: Drafts,
  task: Task = 'masked-lm',
): { settings: Omit<TuningSettings, 'labelWords'> } | { errors: SettingErrors } {
  const values: [SettingKey, unknown][] = [];
  const errors: [SettingKey, string][] = [];
  for (const key of SETTINGS_OF[task]) {
    const read = readSetting(key, drafts[key]);
    if (read.problem !== undefined) errors.push([key, sentence(read.problem)]);
    else if (read.value !== undefined) values.push([key, read.value]);
  }
  if (errors.length > 0) return { errors: Object.fromEntries(errors) };
  return { settings: { ...DEFAULT_SETTINGS, ...Object.fromEntries(values) } };
}
