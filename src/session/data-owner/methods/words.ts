/** Label words as they are typed, against the model's vocabulary and what its owner lets be opened. */
import { type LabelWord, resolveVerbalizer, VerbalizerError } from '../../../tuning/verbalizer';
import { tooManyWords } from '../../choices';
import type { Problem } from '../../problem';
import type { TuningSettings } from '../../settings';
import type { Data } from '../data';
import { type OfferedModel, offerOf } from '../handshake';

type Words = Pick<TuningSettings, 'labelWords'>;

/** What is wrong with them where they are read out. */
export function wordProblems(model: OfferedModel, data: Data, { labelWords }: Words): Problem[] {
  const labels = [...new Set(data.labels)].sort();
  const message = tooManyWords(offerOf(model), labels.length);
  if (message) return [{ message }];
  try {
    resolveVerbalizer(labels, labelWords, model.tokenizer);
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

/** One for every label where there is a whole set that does, for those who can do without. */
export function usableWords(
  { tokenizer }: OfferedModel,
  labels: readonly string[],
  { labelWords }: Words,
): LabelWord[] | undefined {
  try {
    return resolveVerbalizer(labels, labelWords, tokenizer);
  } catch (error) {
    if (error instanceof VerbalizerError) return undefined;
    throw error;
  }
}
