/**
 * A prompt that is searched for together with a head: under every prompt that is looked at a head is learned of the training examples, and
 * the search begins with the head on the untuned prompt, which is kept unless another one is better on held-out examples.
 */
import { type Chosen, chooseHead, crossValidatedLoss } from '../../../tuning/choose-head';
import { headLogits } from '../../../tuning/head';
import { DEEP_STD } from '../../../tuning/prompt';
import { type Learned, type Objective, purpose, repeatable } from '../../../tuning/run';
import { prepareTexts, promptSpace } from '../../../tuning/task';
import { ProblemsError } from '../../problem';
import { calibratedBy, type FeatureSpace, featureSpace } from './features';
import type { Method, Prepared } from './method';
import { searchWarnings, searchWork } from './search';
import { SearchTraining } from './search-training';
import { headFile, tunedHead } from './tuned-head';
import { usableWords, wordProblems } from './words';

export const PROMPT_AND_HEAD: Method = {
  problems(model, data, settings, reading) {
    const classes = new Set(data.labels).size;
    const few = {
      field: 'batch',
      message: `The batch must have at least ${2 * classes} examples, not ${settings.batch}: each label has to come twice, once to learn a head from and once to measure it by.`,
    };
    return [
      ...(reading === 'words' ? wordProblems(model, data, settings) : []),
      ...(settings.batch < 2 * classes ? [few] : []),
    ];
  },

  prepare(model, data, settings, name): Prepared {
    const { tokens, promptTokens, deepPrompts: deep } = settings;
    const known = { ...model, tokenizer: data.remembering(model.tokenizer) };
    const prepared = prepareTexts(known, settings, data);
    const { task, labels } = prepared;
    if (task.training.length === labels.length && task.validation.length === 0) {
      const message =
        'There is one example of each label, so that none is left to choose a prompt by. Add a second one of at least one label.';
      throw new ProblemsError([{ message }]);
    }
    const labelWords = usableWords(model, labels, settings);
    const features = featureSpace(model, name, { tokens, promptTokens, deep, labelWords });
    const { reading } = features;
    const space = promptSpace(known, { ...settings, deep: deep ? DEEP_STD : 0 }, purpose(settings.seed, 'projection'));
    const objective = headOn(features, task.classes, repeatable(settings.seed, 'folds'));
    const run = { ...prepared, data, settings, reading };
    return {
      ...run,
      ...{ method: 'prompt and head', readingName: name },
      total: settings.generations,
      works: () => [searchWork(task, settings, reading, objective)],
      warnings: searchWarnings(task, settings),
      begin: (options, from) =>
        new SearchTraining(
          {
            ...run,
            ...{ method: 'prompt and head', model, space, objective },
            rowOf: (answer) => features.of(answer).values,
            tunedOf: ({ prompt, learned }) => tunedHead({ ...prepared, prompt, space: features }, learned.head),
            fileOf: ({ prompt, learned }, notes) =>
              headFile(model, learned.head, {
                ...{ labels, tokens, reading: name },
                prompt: { values: prompt, tokens: promptTokens },
                labelWords: name === 'words' ? labelWords : undefined,
                notes: { ...notes, fit: learned.fit, c: String(learned.c), prompt_text: settings.promptText },
              }),
            remedies: ['a head alone', 'another model', 'a longer padded length'],
          },
          options,
          from,
        ),
    };
  },
};

interface LearnedHead extends Learned, Chosen {}

/**
 * A candidate's loss is that in cross-validation within its batch: a head that is measured on what it was fitted to is right about all of a
 * batch under any prompt. Held-out halves would do as well, but with half as many examples to learn from and half as many to measure by. How a
 * head is fitted, and with what penalty, is as the last head on all training examples was chosen, and the folds are the same for all
 * candidates, so that they differ by their prompts alone.
 */
export function headOn(
  { width, words }: Pick<FeatureSpace, 'width' | 'words'>,
  classes: number,
  folds: ReturnType<typeof repeatable>,
): Objective<LearnedHead> {
  let last: Pick<Chosen, 'fit' | 'c'> = { fit: 'logistic regression', c: 1 };
  const taskOf = (rows: readonly Float64Array[], targets: readonly number[]) => {
    const features = rows.map((values) => ({ values }));
    // By the examples themselves: an empty text under every prompt would be as many more sequences.
    return { task: { features, targets, classes, width }, calibrated: words && calibratedBy(words, features) };
  };
  return {
    learns: true,
    learn(rows, targets) {
      const { task, calibrated } = taskOf(rows, targets);
      const chosen = chooseHead(task, folds(), calibrated);
      last = chosen;
      return { ...chosen, logits: (values) => headLogits(chosen.head, { values }) };
    },
    loss(rows, targets) {
      const { task, calibrated } = taskOf(rows, targets);
      return crossValidatedLoss(task, last, folds(), calibrated);
    },
  };
}
