import { useDataset } from '../stores/dataset';
import { useSession } from '../stores/session';
import { useSettings } from '../stores/settings';

/** The label words of the labels that the data has, as typed; none for a model that is not asked for words. */
export function wordsOfData(): Record<string, string> {
  if (useSession.getState().model?.task === 'embedding') return {};
  const labels = useDataset.getState().training.dataset?.labels ?? [];
  const { labelWords } = useSettings.getState();
  return Object.fromEntries(labels.map((label) => [label, (labelWords.get(label) ?? '').trim()]));
}
