/** What a person leaves to the data: how long sequences are padded, and how many examples are learned from, chosen by and measured by. */
import type { ModelConfig } from '../../models/config';
import { answerOf, isEncoder, textRoom } from '../../models/encode';
import { type Choice, choiceOf } from '../choices';
import { ONE } from '../pass-size';
import { RunPlans } from '../run';
import type { AskedSettings, TuningSettings } from '../settings';
import type { Data } from './data';
import { type OfferedModel, offerOf } from './handshake';

/** Of all texts, as many are whole in the length that is taken. */
const WHOLE = 0.95;
/** Lengths are multiples of it: there are few of them, and each tells the less of the texts. */
const STEP = 8;
/** Longer is for a person to decide: what a sequence costs grows faster than it does. */
const MOST_TOKENS = 64;

/** Bytes that a head's examples may bring over the network: those that it is learned from, and those that it is measured by. */
const LEARNING_BYTES = 8e9;
const MEASURING_BYTES = 4e9;
/** Of each label, whatever they cost; and more of them add little. */
const SHOTS = { least: 16, most: 500 };
/** Fewer hardly measure anything, more are known to two points already. */
const MEASURED = { least: 50, most: 400 };
/** Of fewer examples, a third are too few to measure by: cross-validation, by all of them, says more. */
const FEW_EXAMPLES = 3 * MEASURED.least;
/** A search looks at those that it chooses by again and again. */
const MOST_HELD_OUT = 64;

/** A length that can be chosen, and how many of the texts are whole in it. */
export interface LengthChoice {
  tokens: number;
  /** From 0 to 1. */
  whole: number;
}

/** Tokens of a sequence besides its text's. */
function frameOf({ config, tokenizer }: OfferedModel, { promptTokens }: Pick<AskedSettings, 'promptTokens'>): number {
  const tokens = 0;
  return -textRoom({ tokenizer, config, tokens, promptTokens: isEncoder(config) ? 0 : promptTokens });
}

/** The padded length, in steps, that a text of so many tokens is whole in. */
const paddedLength = (frame: number, length = 1): number => STEP * Math.ceil((frame + Math.max(1, length)) / STEP);

/** The lengths that half, three quarters, … and all of the texts are whole in, and what the model takes at most. `data` was read. */
export function lengthChoices(
  model: OfferedModel,
  { lengths }: Data,
  longest: number,
  settings: Pick<AskedSettings, 'promptTokens'>,
): LengthChoice[] {
  const frame = frameOf(model, settings);
  const sorted = lengths.toSorted((a, b) => a - b);
  const tokensFor = (share: number) => {
    const length = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return Math.min(longest, paddedLength(frame, length));
  };
  const wholeIn = (tokens: number) => sorted.filter((length) => length <= tokens - frame).length / sorted.length;
  const all = [0.5, 0.75, 0.9, WHOLE, 1].map(tokensFor);
  return [...new Set(all)].map((tokens) => ({ tokens, whole: wholeIn(tokens) }));
}

/** Lengths besides the padded one, all shorter, so that each is for about as many texts. `data` was read. */
export function shorterLengths(
  model: OfferedModel,
  { lengths }: Data,
  settings: Pick<TuningSettings, 'tokens' | 'lengths' | 'promptTokens'>,
): number[] {
  const frame = frameOf(model, settings);
  const sorted = lengths.toSorted((a, b) => a - b);
  const all = Array.from({ length: settings.lengths - 1 }, (_, i) =>
    paddedLength(frame, sorted[Math.floor(((i + 1) * sorted.length) / settings.lengths)]),
  );
  return [...new Set(all)].filter((tokens) => tokens < settings.tokens);
}

/** The settings with what was left open filled in. `data` was read. */
export function settled(model: OfferedModel, data: Data, longest: number, asked: AskedSettings): TuningSettings {
  const tokens = asked.tokens ?? suggestedTokens(lengthChoices(model, data, longest, asked));
  const counts =
    choiceOf(offerOf(model), asked).method === 'head'
      ? headCounts(model, data, { ...asked, tokens })
      : searchCounts(data, asked);
  // Drawn where it was left open, so that a run can be gone on with, or repeated.
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  return { ...asked, ...counts, tokens, seed: asked.seed ?? drawn };
}

const suggestedTokens = (choices: readonly LengthChoice[]): number => {
  const { tokens } = choices.find(({ whole }) => whole >= WHOLE) ?? choices.at(-1)!;
  const short = choices.findLast((choice) => choice.tokens <= MOST_TOKENS);
  return tokens <= MOST_TOKENS ? tokens : Math.max(MOST_TOKENS, short?.tokens ?? 0);
};

type Counts = Pick<TuningSettings, 'shots' | 'heldOut' | 'measured'>;

/** Every text of a head's is computed once: a costly model is asked for fewer. */
function headCounts(model: OfferedModel, data: Data, settings: AskedSettings & { tokens: number }): Counts {
  const { own, classes } = sizesOf(data);
  const cost = bytesOfText(model.config, settings, choiceOf(offerOf(model), settings), classes);
  const affordable = (bytes: number, { least, most }: typeof MEASURED) =>
    Math.min(most, Math.max(least, Math.floor(bytes / cost)));
  // What a person does not want to be learned from is there to measure by.
  const left =
    settings.shots === undefined ? (own < FEW_EXAMPLES ? 0 : own) : Math.max(0, own - classes * settings.shots);
  const measured = settings.measured ?? settings.heldOut ?? Math.min(left, affordable(MEASURING_BYTES, MEASURED));
  const shots = settings.shots ?? affordable(LEARNING_BYTES / classes, SHOTS);
  return { shots, measured, heldOut: settings.heldOut ?? 0 };
}

function searchCounts(data: Data, { shots, heldOut, measured }: AskedSettings): Counts {
  const { own, separate } = sizesOf(data);
  if (heldOut !== undefined) return { shots, heldOut, measured };
  const aside = Math.floor(own / 3);
  const chosenBy = Math.min(MOST_HELD_OUT, separate ? aside : Math.ceil(aside / 2));
  return { shots, heldOut: chosenBy, measured: measured ?? Math.min(MEASURED.most, aside - chosenBy) };
}

function sizesOf({ labels, evaluationFrom }: Data) {
  const own = evaluationFrom ?? labels.length;
  return { own, separate: evaluationFrom !== undefined, classes: new Set(labels).size };
}

function bytesOfText(
  config: ModelConfig,
  { tokens, promptTokens }: AskedSettings & { tokens: number },
  { reading }: Choice,
  classes: number,
): number {
  const answer = answerOf(config, promptTokens, tokens);
  const columns = reading === 'words' ? classes : 0;
  const { toModelOwner, toDataOwner, dealt } = new RunPlans(config, {
    tokens,
    answer,
    columns,
    deep: false,
    slots: 0,
  }).costOf(ONE);
  return toModelOwner + toDataOwner + dealt;
}
