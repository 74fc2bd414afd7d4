/** Data and settings checked against the offered model: a run that can begin, and what a person should know before. */
import { architectureOf } from '../../models/architectures';
import type { ModelConfig } from '../../models/config';
import { wilson } from '../../tuning/interval';
import { percent } from '../../tuning/percent';
import { CALIBRATED_TOKENS } from '../defaults';
import type { Estimate, SessionEvent } from '../messages';
import { type Problem, ProblemsError } from '../problem';
import { type AskedSettings, settingProblems, type TuningSettings } from '../settings';
import type { Data } from './data';
import { lengthChoices, type Settled, settled } from './from-data';
import { type OfferedModel, offerOf } from './handshake';
import { chosenMethod } from './methods';
import type { Prepared } from './methods/method';

type Notes = Omit<SessionEvent & { type: 'prepared' }, 'type' | 'estimate' | 'ahead'>;

const PREVIEWS = 5;
/** Besides those, of texts that the model cannot spell. */
const ILLEGIBLE_PREVIEWS = 2;
const SHOWN_ROWS = 5;
/** An accuracy that was measured on fewer is known to ten points at best. */
const FEW = 100;
/** Of examples of a label, beside another's. */
const UNEQUAL = 4;

/**
 * `left`: numbers that may still be opened. Throws ProblemsError with all that is wrong. `onProgress` hears of texts read, the first time
 * that they are.
 */
export function prepare(
  model: OfferedModel,
  data: Data,
  asked: AskedSettings,
  left: number,
  onProgress: (done: number, total: number) => void,
): Prepared & Pick<Settled, 'fewer'> {
  check(model, data, asked);
  data.read(model, onProgress);
  const { settings, fewer } = settled(model, data, longestOf(model), asked, left);
  const { does, reading } = chosenMethod(model, settings);
  const prepared = does.prepare(model, data, settings, reading);
  const tooLarge = prepared.reading.plans.memoryProblem();
  if (tooLarge) throw new ProblemsError([{ field: 'tokens', message: `${tooLarge}.` }]);
  return { ...prepared, fewer };
}

const longestOf = ({ config }: OfferedModel): number => architectureOf(config).longestSequence(config);

function check(model: OfferedModel, data: Data, settings: AskedSettings): void {
  const { config } = model;
  const problems: Problem[] = [
    ...data.problems(),
    ...settingProblems(settings, {
      ...offerOf(model),
      longestSequence: longestOf(model),
      layers: config.num_hidden_layers,
    }),
  ];
  const { does, reading } = chosenMethod(model, settings);
  problems.push(...does.problems(model, data, settings, reading));
  if (problems.length > 0) throw new ProblemsError(problems);
}

/** What a person should know of a run, and how the model reads the first texts. */
export function notesOn(
  { method, readingName: reading, settings, data, room, task, labels, warnings }: Prepared,
  model: OfferedModel,
): Notes {
  const { tokenizer } = model;
  const { rows, texts, lengths } = data;
  const { training, validation, evaluation, targets } = task;
  const count = (examples: readonly number[], c: number) => examples.filter((i) => targets[i] === c).length;
  const first = [...texts.keys()].slice(0, PREVIEWS);
  const illegible = data.illegible.filter((i) => !first.includes(i)).slice(0, ILLEGIBLE_PREVIEWS);
  const previews = [...first, ...illegible].map((i) => ({
    row: rows[i]!,
    pieces: tokenizer.pieces(texts[i]!),
    truncated: lengths[i]! > room,
  }));
  return {
    method,
    reading,
    training: training.length,
    heldOut: validation.length,
    evaluation: evaluation.length,
    classes: labels.map((label, c) => ({ label, training: count(training, c), evaluation: count(evaluation, c) })),
    settings,
    lengths: lengthChoices(model, data, longestOf(model), settings),
    warnings: [
      ...cutTexts(data, settings, room),
      ...beyondCalibration(data, model.config, room),
      ...illegibleTexts(data),
      ...warnings,
      ...unbalanced(labels, targets, training),
      ...weakMeasure(evaluation.length),
    ],
    previews,
  };
}

const shown = (count: number): string => count.toLocaleString('en-US');

/** `left`: numbers that may still be opened, as the model owner last said; by now it may be more. */
export const overBudget = ({ numbers: { total } }: Estimate, left: number): string[] =>
  total > left
    ? [
        `The whole run opens up to ${shown(total)} numbers to you, and the model owner lets only ${shown(left)} more be opened. Ask it to raise its limit, or choose a smaller run: otherwise this one ends there, with what it has come to.`,
      ]
    : [];

function cutTexts({ rows, texts, lengths }: Data, { tokens }: TuningSettings, room: number): string[] {
  const cut = rows.filter((_, i) => lengths[i]! > room);
  if (cut.length === 0) return [];
  return [
    `${cut.length} of ${texts.length} texts do not fit into ${tokens} tokens, which are words and pieces of words: their ends are cut off (rows ${firstRows(cut)}). To keep them whole, choose a longer padded length in the settings, which costs more.`,
  ];
}

/** Exact attention has ranges that grow with a text; the built-in models' random features have none. */
export function beyondCalibration(
  { rows, lengths }: Pick<Data, 'rows' | 'lengths'>,
  { attention }: Pick<ModelConfig, 'attention'>,
  room: number,
): string[] {
  const longer = rows.filter((_, i) => Math.min(lengths[i]!, room) > CALIBRATED_TOKENS);
  if (attention !== 'softmax' || longer.length === 0) return [];
  return [
    `${longer.length} of ${rows.length} texts are longer than ${CALIBRATED_TOKENS} tokens (rows ${firstRows(longer)}). The model was measured on few texts of that length, and its answer to one that is unlike all of those may be wrong. Choose a padded length of ${CALIBRATED_TOKENS} or less, unless you have seen that this model does well beyond.`,
  ];
}

/** Scripts and signs that a vocabulary has no words for. */
function illegibleTexts({ rows, texts, illegible }: Data): string[] {
  if (illegible.length === 0) return [];
  const shown = firstRows(illegible.map((i) => rows[i]!));
  return [
    `${illegible.length} of ${texts.length} texts are mostly in letters that this model does not know (rows ${shown}): little can be learned from them. How it reads them is shown below. Ask for a model of their language, or leave them out.`,
  ];
}

const firstRows = (rows: readonly number[]): string =>
  rows.slice(0, SHOWN_ROWS).join(', ') + (rows.length > SHOWN_ROWS ? ', …' : '');

/** Accuracy says little where one label is most of the examples. */
function unbalanced(labels: readonly string[], targets: readonly number[], training: readonly number[]): string[] {
  const counts = labels.map((_, c) => targets.filter((target) => target === c).length);
  const [most, least] = [Math.max(...counts), Math.min(...counts)];
  if (most < UNEQUAL * least) return [];
  const label = labels[counts.indexOf(most)];
  const share = percent(most / targets.length, 0);
  const trained = labels.map((_, c) => training.filter((i) => targets[i] === c).length);
  const isEven = Math.max(...trained) < UNEQUAL * Math.min(...trained);
  return [
    `${share} of the examples are “${label}”: whoever always says so is right as often. Look at each label’s figures and at the mean F1, in which each label counts the same, not at accuracy alone${isEven ? '' : '; with a number of shots in the settings, as many of each label are learned from'}.`,
  ];
}

function weakMeasure(examples: number): string[] {
  if (examples === 0 || examples >= FEW) return [];
  const [low, high] = wilson(examples / 2, examples);
  return [
    `Accuracy is measured on ${examples} examples, so it is known to about ${Math.round(50 * (high - low))} points up or down. Keep more of them aside (“To measure by” in the settings), or load a separate evaluation file.`,
  ];
}
