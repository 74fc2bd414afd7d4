/**
 * What the data owner chooses before training, every field once: its kind, its limits, its default. The page's form, the presets of an
 * address, the command line and the worker's check all read it here.
 *
 * All of it stays on the data owner's side, save batch, population and tokens, which are shapes.
 */
import { z } from 'zod';
import type { Task } from '../models/config';
import { optimizerNames } from '../tuning/optimizer';
import { labelWordsSchema } from '../tuning/verbalizer';
import { type Choice, choiceOf, choiceProblems, methodNames, type Offer, readingNames } from './choices';
import { MOST_GENERATION, MOST_PROJECTION, MOST_TOKENS } from './limits';
import type { Problem } from './problem';

const show = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 6 });

/** Messages go on after the field's name: “batch must be …”. */
const bounded =
  (kind: (error: string) => z.ZodNumber, what: string) =>
  (least: number, most: number): z.ZodNumber => {
    const error = `must be ${what} from ${show(least)} to ${show(most)}`;
    return kind(error).min(least, error).max(most, error);
  };
const whole = bounded(z.int, 'a whole number');
const decimal = bounded(z.number, 'a number');

const fields = {
  /** What is tuned; undefined: what is suggested for the model. */
  method: z.enum(methodNames, `must be one of ${methodNames.join(', ')}`).optional(),
  /** What of a language model a head is learned from; undefined: what is suggested for the method. */
  reading: z.enum(readingNames, `must be one of ${readingNames.join(', ')}`).optional(),
  /** Tokens that start the prompt, as text; repeated or cut to `promptTokens`. */
  promptText: z.string('must be text').trim().min(1, 'needs at least one word').default('in short , it was'),
  promptTokens: whole(1, 512).default(5),
  /** A prompt for every layer, not just the first. */
  deepPrompts: z.boolean('must be true or false').default(false),
  /**
   * Padded length of every sequence, in tokens: the only length the model owner sees. The model has a limit of its own. undefined: by the
   * texts, as are the counts of examples below.
   */
  tokens: whole(1, MOST_TOKENS).optional(),
  /** Padded lengths of a head's texts: each is padded to the shortest that it is whole in. More than one tells how many texts are of which. */
  lengths: whole(1, 4).default(1),
  /** Dimension of z in p = p0 + A z. */
  dimension: whole(1, 10_000).default(24),
  optimizer: z.enum(optimizerNames, `must be one of ${optimizerNames.join(', ')}`).default('cma-es'),
  /** Candidate prompts a generation. */
  population: whole(2, 1000).default(8),
  /** Examples per candidate and generation. */
  batch: whole(1, 10_000).default(16),
  generations: whole(1, 100_000).default(30),
  /** Step size of the search at its beginning. */
  sigma: decimal(1e-6, 1000).default(1),
  /** Training examples per class drawn from the data; for a search undefined: all that is not held out. */
  shots: whole(1, 1_000_000).optional(),
  /** Held-out examples (most) that a search chooses by, drawn stratified; with those below also bounded by a third of the data. */
  heldOut: whole(0, 1_000_000).optional(),
  /** Examples (most) that are measured by: of a file of them, or held out; undefined: the whole file, or as many as are chosen by, where that is said. */
  measured: whole(0, 1_000_000).optional(),
  /** Held-out accuracy every so many generations. */
  evaluateEvery: whole(1, 100_000).default(5),
  /** A search ends after so many generations without a gain on held-out examples. */
  patience: whole(1, 100_000).default(20),
  /** Fixes everything random in tuning (never in the protocol). undefined: fresh. */
  seed: whole(0, 2 ** 32 - 1).optional(),
};

/** Every setting but the label words, which come with the data. */
export type SettingKey = keyof typeof fields;

export const settingsSchema = z.strictObject({
  ...fields,
  /** label → label word; each word one token of the model's tokenizer. */
  labelWords: labelWordsSchema,
});

/** As a person gives them: some are left to the data. */
export type AskedSettings = z.output<typeof settingsSchema>;

/** As a run takes them (data-owner/from-data.ts). */
export type TuningSettings = AskedSettings & { tokens: number; heldOut: number; seed: number };

/** Sensible values for everything that has one whatever the data. */
export const defaultSettings = (): Omit<AskedSettings, 'labelWords'> => z.object(fields).parse({});

export const SETTING_KEYS = Object.keys(fields) as SettingKey[];

/** Of a head, which needs no examples to choose by. */
const DATA_KEYS: readonly SettingKey[] = ['tokens', 'lengths', 'shots', 'measured', 'seed'];

/** Which settings make a difference: a sentence encoder has no prompt, a head no search, a search without a head one reading. */
export function settingsAsked(
  { task }: Pick<Offer, 'task'>,
  { method }: Pick<Choice, 'method'>,
): readonly SettingKey[] {
  if (task === 'embedding') return DATA_KEYS;
  if (method === 'head') return ['method', 'reading', 'promptText', 'promptTokens', ...DATA_KEYS];
  const search = SETTING_KEYS.filter((key) => key !== 'lengths');
  return method === 'prompt' ? search.filter((key) => key !== 'reading') : search;
}

/** How a setting is typed. */
export type SettingKind = 'whole' | 'decimal' | 'text' | 'choice' | 'switch';

export function settingKind(key: SettingKey): SettingKind {
  const schema = bare(key);
  if (schema instanceof z.ZodBoolean) return 'switch';
  if (schema instanceof z.ZodEnum) return 'choice';
  if (schema instanceof z.ZodString) return 'text';
  return schema.isInt ? 'whole' : 'decimal';
}

/**
 * A setting from its text. Empty text is undefined for a setting that may be missing, and a problem for any other. The problem goes on
 * after the setting's name: “must be …”.
 */
export function readSetting<K extends SettingKey>(
  key: K,
  typed: string,
): { value: AskedSettings[K]; problem?: undefined } | { problem: string } {
  const text = typed.trim();
  const kind = settingKind(key);
  if (text === '' && fields[key] instanceof z.ZodOptional) return { value: undefined as AskedSettings[K] };
  const number = (kind === 'whole' || kind === 'decimal') && text !== '';
  const said = number ? Number(text) : kind === 'switch' && /^(true|false)$/.test(text) ? text === 'true' : text;
  const result = bare(key).safeParse(said);
  if (!result.success) return { problem: firstIssue(result.error) };
  return { value: result.data as AskedSettings[K] };
}

/** Everything that is wrong with settings for a model of these limits, each with its field. */
export function settingProblems(settings: unknown, model?: ModelLimits): Problem[] {
  const result = settingsSchema.safeParse(settings);
  if (result.success) return jointProblems(result.data, model, model);
  const byField = new Map<string, Problem>();
  for (const { path, message } of result.error.issues) {
    const field = path.join('.');
    if (byField.has(field)) continue;
    const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], settings);
    byField.set(field, {
      field,
      message: field ? `${field} ${message}, not ${shown(value)}.` : `Settings: ${message}.`,
    });
  }
  return [...byField.values()];
}

export interface ModelLimits extends Offer {
  longestSequence: number;
  layers: number;
}

/** What is assumed of a model that is not known yet. */
export const ANY_OFFER: Offer = { task: 'masked-lm', hidden: 1, mostOfSequence: Number.POSITIVE_INFINITY };

/** Tokens of a sequence besides prompt and text: beginning, mask, the full stop behind it, end. */
const FRAME = 4;
/** Of a sentence encoder's sequence: beginning and end. */
const ENCODER_FRAME = 2;

type Joint = (settings: Omit<AskedSettings, 'labelWords'>, model: ModelLimits | undefined) => Problem[];

/** What is wrong with settings only together, or only with this model: as far as that is known of it. */
export function jointProblems(
  settings: Omit<AskedSettings, 'labelWords'>,
  offer: Offer = ANY_OFFER,
  model?: ModelLimits,
): Problem[] {
  const problems = [...choiceProblems(offer, settings), ...LENGTHS[offer.task](settings, model)];
  return choiceOf(offer, settings).method === 'head' ? problems : [...problems, ...searchProblems(settings, model)];
}

const encoderLength: Joint = ({ tokens }, model) => {
  const [least, most] = [ENCODER_FRAME + 1, model?.longestSequence ?? MOST_TOKENS];
  if (tokens === undefined || (tokens >= least && tokens <= most)) return [];
  const message = `The padded length (tokens) must be a whole number from ${least} to ${most}, not ${tokens}: more the model does not read.`;
  return [{ field: 'tokens', message }];
};

const promptedLength: Joint = ({ tokens, promptTokens }, model) => {
  const least = promptTokens + FRAME + 1;
  const most = model?.longestSequence ?? MOST_TOKENS;
  if (least > most) {
    const message = `The prompt may have at most ${most - FRAME - 1} tokens (promptTokens), not ${promptTokens}: the model reads ${most} in all, and a text needs some.`;
    return [{ field: 'promptTokens', message }];
  }
  if (tokens === undefined || (tokens >= least && tokens <= most)) return [];
  const message = `The padded length (tokens) must be a whole number from ${least} to ${most}, not ${tokens}: the prompt takes ${promptTokens} of it, and the model reads ${most} in all.`;
  return [{ field: 'tokens', message }];
};

const LENGTHS: { readonly [K in Task]: Joint } = {
  'masked-lm': promptedLength,
  'causal-lm': promptedLength,
  embedding: encoderLength,
};

const searchProblems: Joint = (settings, model) => {
  const { promptTokens, population, batch, optimizer, dimension, deepPrompts } = settings;
  const problems: Problem[] = [];
  if (optimizer === 'spsa' && population % 2 !== 0) {
    problems.push({
      field: 'population',
      message: `SPSA tries candidates in pairs: the population must be even, not ${population}.`,
    });
  }
  if (population * batch > MOST_GENERATION) {
    problems.push({
      field: 'batch',
      message: `A generation would compute ${show(population * batch)} texts (population × batch), and ${show(MOST_GENERATION)} is the most: lower either.`,
    });
  }
  if (model && dimension * promptTokens * model.hidden * (deepPrompts ? model.layers : 1) > MOST_PROJECTION) {
    problems.push({
      field: 'dimension',
      message: `A prompt of ${promptTokens} tokens in ${dimension} dimensions is too large for this model: lower the dimension or the prompt’s tokens.`,
    });
  }
  return problems;
};

/** A field's schema without its default and its being optional. */
function bare(key: SettingKey) {
  const schema = fields[key];
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
}

const firstIssue = ({ issues }: z.ZodError): string => issues[0]?.message ?? '';

const shown = (value: unknown): string => (typeof value === 'string' ? `“${value}”` : String(value));
