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
/** Where those that are measured by cannot give way alone, so much of what may be computed is learned from. */
const LEARNED = 2 / 3;
/** Of a label, to fit a head and test it by cross-validation. */
const LEAST_SHOTS = 2;
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

export interface Settled {
  settings: TuningSettings;
  /** Why a head has fewer examples than it would have without a budget, where it has. */
  fewer?: string;
}

/** The settings with what was left open filled in. `data` was read. `left`: numbers that may still be opened. */
export function settled(model: OfferedModel, data: Data, longest: number, asked: AskedSettings, left: number): Settled {
  const tokens = asked.tokens ?? suggestedTokens(lengthChoices(model, data, longest, asked));
  // Drawn where it was left open, so that a run can be gone on with, or repeated.
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  const known = { ...asked, tokens, seed: asked.seed ?? drawn };
  if (choiceOf(offerOf(model), asked).method !== 'head')
    return { settings: { ...known, ...searchCounts(data, asked) } };
  const { sequence, ...counts } = headCounts(model, data, known);
  const within = withinBudget(data, counts, asked, roomOf(model.config, left, sequence));
  return { settings: { ...known, ...(within ?? counts) }, fewer: within && whyFewer(left, sequence) };
}

const suggestedTokens = (choices: readonly LengthChoice[]): number => {
  const { tokens } = choices.find(({ whole }) => whole >= WHOLE) ?? choices.at(-1)!;
  const short = choices.findLast((choice) => choice.tokens <= MOST_TOKENS);
  return tokens <= MOST_TOKENS ? tokens : Math.max(MOST_TOKENS, short?.tokens ?? 0);
};

type Counts = Pick<TuningSettings, 'shots' | 'heldOut' | 'measured'>;
type HeadCounts = Required<Pick<Counts, 'shots' | 'measured'>> & Pick<Counts, 'heldOut'>;

/** Every text of a head's is computed once: a costly model is asked for fewer. `sequence`: numbers that one opens. */
function headCounts(
  model: OfferedModel,
  data: Data,
  settings: AskedSettings & { tokens: number },
): HeadCounts & { sequence: number } {
  const { own, separate, classes } = sizesOf(data);
  const plans = plansOf(model.config, settings, choiceOf(offerOf(model), settings), classes.length);
  const { toModelOwner, toDataOwner, dealt } = plans.costOf(ONE);
  const affordable = (bytes: number, { least, most }: typeof MEASURED) =>
    Math.min(most, Math.max(least, Math.floor(bytes / (toModelOwner + toDataOwner + dealt))));
  // What a person does not want to be learned from is there to measure by.
  const spare =
    settings.shots === undefined ? (own < FEW_EXAMPLES ? 0 : own) : Math.max(0, own - classes.length * settings.shots);
  const measured = settings.measured ?? settings.heldOut ?? Math.min(spare, affordable(MEASURING_BYTES, MEASURED));
  return {
    shots: settings.shots ?? affordable(LEARNING_BYTES / classes.length, SHOTS),
    // A file of its own is taken whole, unless that is said.
    measured: settings.measured ?? (separate || measured),
    heldOut: settings.heldOut ?? 0,
    sequence: plans.numbersOf(1),
  };
}

/** Texts that may be computed. A language model's head has an empty one besides. */
const roomOf = (config: ModelConfig, left: number, sequence: number): number =>
  Math.floor(left / sequence) - Number(!isEncoder(config));

/**
 * A head's examples, cut to so many texts: those that it is measured by first, for learning needs the others; what a person said stays.
 * undefined where nothing has to be cut, or cutting does not do.
 */
function withinBudget(data: Data, counts: HeadCounts, asked: AskedSettings, room: number): HeadCounts | undefined {
  const { own, separate, classes } = sizesOf(data);
  /** At most: of each label those that are not measured by. */
  const learnedWith = (shots: number, measured: number) => {
    const share = separate ? 0 : measured / own;
    return classes.reduce((sum, members) => sum + Math.min(shots, members - Math.floor(share * members)), 0);
  };
  const most = Math.min(counts.measured, separate || Math.floor(own / 3));
  const learned = learnedWith(counts.shots, most);
  if (learned + most <= room) return undefined;
  const [learning, measuring] = [asked.shots !== undefined, (asked.measured ?? asked.heldOut) !== undefined];
  let { shots } = counts;
  let measured = most;
  if (!measuring) {
    const least = learning ? 1 : Math.max(1, Math.min(most, learned) / 2);
    while (measured >= least && learnedWith(shots, measured) + measured > room) measured--;
    if (measured >= least) return { ...counts, measured };
  }
  if (learning) return undefined;
  const forLearning = measuring ? room - most : most === 0 ? room : Math.floor(room * LEARNED);
  while (shots >= LEAST_SHOTS && learnedWith(shots, 0) > forLearning) shots--;
  if (shots < LEAST_SHOTS) return undefined;
  return { ...counts, shots, measured: measuring ? counts.measured : Math.min(most, room - learnedWith(shots, 0)) };
}

const whyFewer = (left: number, sequence: number): string =>
  `The model owner last let ${left.toLocaleString('en-US')} numbers be opened, and a text opens ${sequence.toLocaleString('en-US')}: fewer examples are taken, so that the run fits. For more, ask the model owner to raise its limit, and type how many to take.`;

function searchCounts(data: Data, { shots, heldOut, measured }: AskedSettings): Counts {
  const { own, separate } = sizesOf(data);
  const ofFile = separate ? { measured: measured ?? separate } : undefined;
  if (heldOut !== undefined) return { shots, heldOut, measured, ...ofFile };
  const aside = Math.floor(own / 3);
  const chosenBy = Math.min(MOST_HELD_OUT, separate ? aside : Math.ceil(aside / 2));
  return { shots, heldOut: chosenBy, measured: measured ?? Math.min(MEASURED.most, aside - chosenBy), ...ofFile };
}

/** Examples that are not of a file to measure by, of each label too, and those of that file. */
function sizesOf({ labels, evaluationFrom }: Data) {
  const own = evaluationFrom ?? labels.length;
  const counts = new Map<string, number>();
  for (const label of labels.slice(0, own)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { own, separate: labels.length - own, classes: [...counts.values()] };
}

function plansOf(
  config: ModelConfig,
  { tokens, promptTokens }: AskedSettings & { tokens: number },
  { reading }: Choice,
  classes: number,
): RunPlans {
  const answer = answerOf(config, promptTokens, tokens);
  const columns = reading === 'words' ? classes : 0;
  return new RunPlans(config, { tokens, answer, columns, deep: false, slots: 0 });
}
