/** A soft prompt before every text, searched for by a gradient-free optimiser; the answer is the most likely label word. */
import { DEEP_STD } from '../../../tuning/prompt';
import { LABEL_WORDS } from '../../../tuning/run';
import { prepareTask } from '../../../tuning/task';
import { wordReading } from './features';
import type { Method, Prepared } from './method';
import { searchWarnings, searchWork } from './search';
import { SearchTraining } from './search-training';
import { promptFile, tunedPrompt } from './tuned-prompt';
import { wordProblems } from './words';

export const PROMPT: Method = {
  problems: wordProblems,

  prepare(model, data, settings): Prepared {
    const { tokens, promptTokens, deepPrompts: deep } = settings;
    const known = { ...model, tokenizer: data.remembering(model.tokenizer) };
    const prepared = prepareTask(known, { ...settings, deep: deep ? DEEP_STD : 0 }, data);
    const { task, labelWords } = prepared;
    const reading = wordReading(model, { tokens, promptTokens, deep, labelWords });
    const run = { ...prepared, data, settings, reading };
    return {
      ...run,
      ...{ method: 'prompt', readingName: 'words' },
      works: () => [searchWork(task, settings, reading, LABEL_WORDS)],
      warnings: searchWarnings(task, settings),
      begin: (options) =>
        new SearchTraining(
          {
            ...run,
            model,
            method: 'prompt',
            objective: LABEL_WORDS,
            rowOf: (logits) => logits,
            tunedOf: ({ prompt }) => tunedPrompt(run, prompt),
            fileOf: ({ prompt }, notes) => promptFile(model, run, prompt, notes),
            remedies: ['other label words', 'more generations', 'another model', 'a longer padded length'],
          },
          options,
        ),
    };
  },
};
