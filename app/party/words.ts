import { useDataset } from '../stores/dataset';
import { useSettings } from '../stores/settings';

/** The label words of the labels that the data has, as typed. */
export function wordsOfData(): Record<string, string> {
  const labels = useDataset.getState().training.dataset?.labels ?? [];
  const { labelWords } = useSettings.getState();
  return Object.fromEntries(labels.map((label) => [label, (labelWords[label] ?? '').trim()]));
}
