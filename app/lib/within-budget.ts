import type { Prepared } from '../stores/preparation';

/** Settings, as typed, of a smaller run. */
export interface Smaller {
  shots: string;
  measured: string;
}

/** Of the texts that may be opened, so many are learned from where those that are measured by cannot give way alone. */
const LEARNED = 2 / 3;

/**
 * A head's examples, cut so that no more than `left` numbers are opened: those that are measured by first, for learning needs the others.
 * `separate`: there is a file to measure by, which is taken whole. undefined where nothing has to be cut, or cutting does not do.
 */
export function withinBudget(
  { method, classes, estimate: { numbers, total } }: Pick<Prepared, 'method' | 'classes' | 'estimate'>,
  left: number,
  separate: boolean,
): Smaller | undefined {
  if (method !== 'head' || numbers.total <= left) return undefined;
  const learned = classes.reduce((sum, { training }) => sum + training, 0);
  const measured = classes.reduce((sum, { evaluation }) => sum + evaluation, 0);
  // An empty text is computed besides, where there are label words.
  const besides = total.sequences - learned - measured;
  const room = Math.floor(left / numbers.sequence) - besides;
  const most = Math.max(0, ...classes.map(({ training }) => training));
  if (!separate && room - learned >= Math.max(1, Math.min(measured, learned) / 2))
    return { shots: String(most), measured: String(room - learned) };
  const forLearning = separate ? room - measured : measured === 0 ? room : room * LEARNED;
  const shots = Math.min(most, Math.floor(forLearning / classes.length));
  if (shots < 2) return undefined;
  return { shots: String(shots), measured: measured === 0 || separate ? '0' : String(room - shots * classes.length) };
}
