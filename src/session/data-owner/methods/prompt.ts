/** A soft prompt before every text, searched for by a gradient-free optimiser; the answer is the most likely label word. */
import { DEEP_STD } from '../../../tuning/prompt';
import type { Task } from '../../../tuning/run';
import { prepareTask } from '../../../tuning/task';
import { resolveVerbalizer, VerbalizerError } from '../../../tuning/verbalizer';
import type { Problem } from '../../problem';
import type { TuningSettings } from '../../settings';
import type { OfferedModel } from '../handshake';
import { batches } from '../passes';
import type { Method, Prepared, Work } from './method';
import { PromptTraining } from './prompt-training';
import { loadPrompt, promptReading } from './tuned-prompt';

export const PROMPT: Method = {
  name: 'prompt',

  problems: ({ tokenizer }, data, { labelWords }) => wordProblems(new Set(data.labels), labelWords, tokenizer),

  prepare(model, data, settings): Prepared {
    const known = { ...model, tokenizer: data.remembering(model.tokenizer) };
    const prepared = prepareTask(known, { ...settings, deep: settings.deepPrompts ? DEEP_STD : 0 }, data);
    const reading = promptReading(model, prepared.labelWords, settings);
    const run = { ...prepared, model, data, settings, reading };
    return {
      ...run,
      method: 'prompt',
      work: () => workOf(prepared.task, settings),
      warnings: warningsOn(prepared.task, settings),
      begin: (options) => new PromptTraining(run, options),
    };
  },

  load: loadPrompt,
};

function workOf({ validation, training, evaluation }: Task, settings: TuningSettings): Work {
  const { population, batch, generations, evaluateEvery } = settings;
  const between = validation.length || training.length;
  const measurements = [
    ...new Array<number>(1 + Math.ceil(generations / evaluateEvery)).fill(between),
    // What is reported: before and after, or, without examples of its own, only after.
    ...(evaluation.length ? [evaluation.length, evaluation.length] : [between]),
  ];
  return {
    unit: { name: 'generation', sequences: population * batch, count: generations },
    others: measurements.flatMap((examples) => batches(examples)),
  };
}

function warningsOn({ validation, training }: Task, { batch }: TuningSettings): string[] {
  const warnings: string[] = [];
  if (validation.length === 0)
    warnings.push('There is too little data to hold any of it out: the prompt is chosen by its training loss.');
  if (batch > training.length)
    warnings.push(`A batch of ${batch} repeats some of the ${training.length} training examples.`);
  return warnings;
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
