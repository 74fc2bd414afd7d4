/** The settings as fields: what they mean to a person, and how typed text becomes a number or a reason why not. */
import type { TuningSettings } from '../../src/session/messages';
import type { SettingKey } from '../stores/settings';

interface NumberRule {
  kind: 'integer' | 'decimal';
  min: number;
  max: number;
  optional?: boolean;
}

interface ChoiceRule {
  kind: 'choice';
  options: { value: string; label: string }[];
}

export interface SettingField {
  key: SettingKey;
  label: string;
  help: string;
  advanced?: boolean;
  rule: NumberRule | ChoiceRule | { kind: 'text' };
}

const integer = (min: number, max: number, optional = false): NumberRule => ({ kind: 'integer', min, max, optional });

const OPTIMIZERS: Record<TuningSettings['optimizer'], string> = {
  'cma-es': 'CMA-ES',
  'sep-cma-es': 'separable CMA-ES',
  spsa: 'SPSA',
  'random-search': 'random search',
};

export const SETTING_FIELDS: readonly SettingField[] = [
  {
    key: 'promptText',
    label: 'Prompt text',
    help: 'Where the search starts: tokens in front of every text.',
    rule: { kind: 'text' },
  },
  {
    key: 'generations',
    label: 'Generations',
    help: 'Steps of the search. You can stop earlier.',
    rule: integer(1, 100_000),
  },
  {
    key: 'population',
    label: 'Population',
    help: 'Candidate prompts tried in every generation.',
    rule: integer(2, 1000),
  },
  {
    key: 'batch',
    label: 'Batch',
    help: 'Examples every candidate is tried on.',
    rule: integer(1, 10_000),
  },
  {
    key: 'tokens',
    label: 'Padded length',
    help: 'Tokens of every sequence, prompt included. The only length the model owner sees; longer texts are cut.',
    rule: integer(4, 4096),
  },
  {
    key: 'shots',
    label: 'Shots',
    help: 'Training examples per label; empty: all that is not held out.',
    rule: integer(1, 1_000_000, true),
  },
  {
    key: 'promptTokens',
    label: 'Prompt tokens',
    help: 'The prompt text is repeated or cut to this many.',
    advanced: true,
    rule: integer(1, 512),
  },
  {
    key: 'deepPrompts',
    label: 'Prompt in',
    help: 'Every layer: more to tune, at no cost in bytes.',
    advanced: true,
    rule: {
      kind: 'choice',
      options: [
        { value: 'false', label: 'the first layer' },
        { value: 'true', label: 'every layer' },
      ],
    },
  },
  {
    key: 'heldOut',
    label: 'Held-out examples',
    help: 'Most examples set aside to measure accuracy; at most a third of the data.',
    advanced: true,
    rule: integer(1, 1_000_000),
  },
  {
    key: 'evaluateEvery',
    label: 'Evaluate every',
    help: 'Generations between two measurements.',
    advanced: true,
    rule: integer(1, 100_000),
  },
  {
    key: 'dimension',
    label: 'Dimension',
    help: 'Of the space the search moves in.',
    advanced: true,
    rule: integer(1, 10_000),
  },
  {
    key: 'optimizer',
    label: 'Optimiser',
    help: 'How the next candidates are chosen.',
    advanced: true,
    rule: {
      kind: 'choice',
      options: Object.entries(OPTIMIZERS).map(([value, label]) => ({ value, label })),
    },
  },
  {
    key: 'sigma',
    label: 'Step size σ',
    help: 'How far the first candidates are from the start.',
    advanced: true,
    rule: { kind: 'decimal', min: 1e-6, max: 100 },
  },
  {
    key: 'seed',
    label: 'Seed',
    help: 'Repeats a search exactly; empty: fresh. Never used for secrets.',
    advanced: true,
    rule: integer(0, 2 ** 32 - 1, true),
  },
];

/** What is wrong with a typed value, or undefined. */
export function settingError(field: SettingField, text: string): string | undefined {
  const { rule } = field;
  const typed = text.trim();
  if (rule.kind === 'choice') return undefined;
  if (rule.kind === 'text') return typed ? undefined : 'Type at least one word.';
  if (!typed) return rule.optional ? undefined : 'Type a number.';
  const value = Number(typed);
  if (!Number.isFinite(value)) return `“${typed}” is no number.`;
  if (rule.kind === 'integer' && !Number.isInteger(value)) return 'Type a whole number.';
  if (value < rule.min) return `Must be at least ${rule.min}.`;
  if (value > rule.max) return `Must be at most ${rule.max}.`;
  return undefined;
}

export type SettingErrors = Partial<Record<SettingKey, string>>;

export function settingErrors(drafts: Record<SettingKey, string>): SettingErrors {
  return Object.fromEntries(
    SETTING_FIELDS.map((field) => [field.key, settingError(field, drafts[field.key])]).filter(([, error]) => error),
  );
}

/** Typed settings as the worker takes them. Only for drafts without errors. */
export function toSettings(drafts: Record<SettingKey, string>, words: Record<string, string>): TuningSettings {
  const entries = SETTING_FIELDS.flatMap((field): [string, string | number | boolean][] => {
    const typed = drafts[field.key].trim();
    if (typed === 'true' || typed === 'false') return [[field.key, typed === 'true']];
    if (field.rule.kind === 'text' || field.rule.kind === 'choice') return [[field.key, typed]];
    return typed ? [[field.key, Number(typed)]] : [];
  });
  return { ...Object.fromEntries(entries), words } as unknown as TuningSettings;
}
