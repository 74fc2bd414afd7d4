/** Data and settings checked against the offered model: a task that can be trained, and what a person should know before. */
import { architectureOf } from '../../models/architectures';
import { answerPosition } from '../../models/encode';
import { DEEP_STD } from '../../tuning/prompt';
import { type PreparedTask, prepareTask } from '../../tuning/task';
import { resolveVerbalizer, VerbalizerError } from '../../tuning/verbalizer';
import type { SessionEvent } from '../messages';
import { type Problem, ProblemsError } from '../problem';
import { RunPlans } from '../run';
import { settingProblems, type TuningSettings } from '../settings';
import type { Data } from './data';
import type { OfferedModel } from './handshake';

export interface Prepared extends PreparedTask {
  settings: TuningSettings;
  data: Data;
  plans: RunPlans;
}

type Notes = Pick<SessionEvent & { type: 'prepared' }, 'warnings' | 'previews'>;

const PREVIEWS = 5;
const SHOWN_ROWS = 5;

/** Throws ProblemsError with all that is wrong. `onProgress` hears of texts read, the first time that they are. */
export function prepare(
  model: OfferedModel,
  data: Data,
  settings: TuningSettings,
  onProgress: (done: number, total: number) => void,
): Prepared {
  check(model, data, settings);
  const tokenizer = data.read(model.tokenizer, onProgress);
  const task = prepareTask(
    { ...model, tokenizer: remembering(model, tokenizer) },
    { ...settings, deep: settings.deepPrompts ? DEEP_STD : 0 },
    data,
  );
  const plans = new RunPlans(model.config, {
    tokens: settings.tokens,
    answer: answerPosition(settings.promptTokens),
    columns: task.labels.length,
    deep: settings.deepPrompts,
  });
  return { ...task, settings, data, plans };
}

function check({ config, tokenizer }: OfferedModel, data: Data, settings: TuningSettings): void {
  const problems: Problem[] = [
    ...data.problems(),
    ...settingProblems(settings, {
      longestSequence: architectureOf(config).longestSequence(config),
      hidden: config.hidden_size,
      layers: config.num_hidden_layers,
    }),
    ...wordProblems(new Set(data.labels), settings.labelWords, tokenizer),
  ];
  if (problems.length > 0) throw new ProblemsError(problems);
}

function wordProblems(
  labels: ReadonlySet<string>,
  words: TuningSettings['labelWords'],
  tokenizer: OfferedModel['tokenizer'],
): Problem[] {
  try {
    resolveVerbalizer([...labels].sort(), words, tokenizer);
    return [];
  } catch (error) {
    if (!(error instanceof VerbalizerError)) throw error;
    return error.problems.map(({ label, message, suggestions }) => ({
      field: `labelWords.${label}`,
      message,
      suggestions,
    }));
  }
}

/** The model's tokenizer, but for texts that were read before. */
const remembering = ({ tokenizer }: OfferedModel, { encode }: { encode(text: string): number[] }) => ({
  encode,
  wordToken: (word: string) => tokenizer.wordToken(word),
  pieces: (word: string) => tokenizer.pieces(word),
  singleTokenWords: () => tokenizer.singleTokenWords(),
});

/** What a person should know of a task, and how the model reads the first texts. */
export function notesOn({ settings, data, room, task }: Prepared, { tokenizer }: OfferedModel): Notes {
  const { rows, texts, lengths } = data;
  const { tokens, batch } = settings;
  const warnings: string[] = [];
  const cut = rows.filter((_, i) => lengths[i]! > room);
  if (cut.length > 0) {
    const shown = cut.slice(0, SHOWN_ROWS).join(', ') + (cut.length > SHOWN_ROWS ? ', …' : '');
    warnings.push(
      `${cut.length} of ${texts.length} texts are longer than ${tokens} tokens leave room for; their ends are cut off (rows ${shown}).`,
    );
  }
  if (task.validation.length === 0)
    warnings.push('There is too little data to hold any of it out: the prompt is chosen by its training loss.');
  if (batch > task.training.length)
    warnings.push(`A batch of ${batch} repeats some of the ${task.training.length} training examples.`);
  const previews = texts.slice(0, PREVIEWS).map((text, i) => ({
    row: rows[i] ?? 0,
    pieces: tokenizer.pieces(text),
    truncated: lengths[i]! > room,
  }));
  return { warnings, previews };
}
