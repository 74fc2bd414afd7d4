/** Labelled texts as a spreadsheet. */
import Papa from 'papaparse';
import type { Classification } from '../../src/session/messages';

/** A row a text: the text, its label, and the probability of every label. */
export function labelledCsv(classifications: readonly Classification[]): string {
  const labels = Object.keys(classifications[0]?.probabilities ?? {});
  const rows = classifications.map(({ text, label, probabilities }) => [
    text,
    label,
    ...labels.map((name) => (probabilities[name] ?? 0).toFixed(6)),
  ]);
  const fields = ['text', 'label', ...labels.map((name) => `probability of ${name}`)];
  return `${Papa.unparse({ fields, data: rows })}\r\n`;
}
