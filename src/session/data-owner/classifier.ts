/** Labels new texts with what was tuned; each costs the model owner a sequence, like any other. */
import { predict } from '../../tuning/objective';
import type { Classification, SessionEvent } from '../messages';
import { SecondsLeft } from '../seconds-left';
import type { Tuned } from './methods/method';
import { batches, batchOf, type Passes, RefusedError } from './passes';

/** What is wrong with texts to be labelled, if anything. */
export function textsProblem(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return 'There is no text to label.';
  const empty = texts.findIndex((text) => text.trim() === '');
  return empty < 0 ? undefined : `Text ${empty + 1} is empty.`;
}

/**
 * Tells of every batch by the event `labelled`, so that what was paid for outlives the session, and ends with `classified`. Where the model owner
 * declines a pass, it has what was labelled by then, and why there is no more; rejects as passes do where that is nothing.
 */
export async function classify(
  passes: Passes,
  { reading, prompt, encode, labels, probabilities }: Tuned,
  texts: readonly string[],
  emit: (event: SessionEvent) => void,
): Promise<void> {
  if (!passes.isFor(reading)) await passes.begin(reading);
  const classifications: Classification[] = [];
  const clock = new SecondsLeft(texts.length);
  for (const size of batches(texts.length, Math.min(batchOf(reading.plans), passes.most))) {
    const at = classifications.length;
    const progress = { done: at, total: texts.length, secondsLeft: clock.after(at) };
    emit({ type: 'progress', label: 'Labelling texts', ...progress });
    const part = texts.slice(at, at + size);
    try {
      const { rows } = await passes.answers(part.map(encode), prompt && [prompt]);
      const labelled = rows.map((row, i) => classification(part[i] ?? '', probabilities(row), labels));
      classifications.push(...labelled);
      emit({ type: 'labelled', classifications: labelled });
    } catch (error) {
      if (!(error instanceof RefusedError) || at === 0) throw error;
      emit({ type: 'classified', classifications, refusal: error.message });
      return;
    }
  }
  emit({ type: 'classified', classifications });
}

function classification(text: string, shares: ArrayLike<number>, labels: readonly string[]): Classification {
  const probabilities = Object.fromEntries(labels.map((label, c) => [label, shares[c] ?? 0]));
  return { text, label: labels[predict(shares)] ?? '', probabilities };
}
