/** Labels new texts with a tuned prompt; each costs the model owner a sequence, like any other. */
import { predict } from '../../tuning/objective';
import type { Classification, SessionEvent } from '../messages';
import { batches, type Passes } from './passes';
import type { Tuned } from './state';

/** What is wrong with texts to be labelled, if anything. */
export function textsProblem(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return 'There is no text to label.';
  const empty = texts.findIndex((text) => text.trim() === '');
  return empty < 0 ? undefined : `Text ${empty + 1} is empty.`;
}

/** Ends with the event `classified`. Rejects as passes do. */
export async function classify(
  passes: Passes,
  { prompt, prepared }: Tuned,
  texts: readonly string[],
  emit: (event: SessionEvent) => void,
): Promise<void> {
  if (!passes.isFor(prepared)) await passes.begin(prepared);
  const classifications: Classification[] = [];
  for (const size of batches(texts.length)) {
    const at = classifications.length;
    emit({ type: 'progress', label: 'Labelling texts', done: at, total: texts.length });
    const part = texts.slice(at, at + size);
    const { rows } = await passes.logits(part.map(prepared.encode), new Array(size).fill(prompt));
    for (const [i, row] of rows.entries()) classifications.push(classification(part[i] ?? '', row, prepared.labels));
  }
  emit({ type: 'classified', classifications });
}

function classification(text: string, logits: Float64Array, labels: readonly string[]): Classification {
  const top = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp(logit - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = labels.map((label, j) => [label, (weights[j] ?? 0) / sum] as const);
  return { text, label: labels[predict(logits)] ?? '', probabilities: Object.fromEntries(shares) };
}
