/** Labels as people write them: which ones are the same, and in which order they are shown. */

/** As many classes as tuning can tell apart by label words in practice; more are a sign of the wrong column. */
export const MOST_LABELS = 50;

/** What labels are merged by: capitals, spaces, characters that nobody sees, and how a number is written make no difference. */
export function foldLabel(label: string): string {
  const folded = label
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
  return /^[-+]?\d+(\.\d+)?$/.test(folded) ? String(Number(folded)) : folded;
}

/** Labels that are spelt alike, for each one that is spelt in several ways; the most frequent spelling is first. */
export function alikeLabels(counts: ReadonlyMap<string, number>): string[][] {
  const groups = new Map<string, string[]>();
  for (const label of counts.keys()) {
    const key = foldLabel(label);
    const group = groups.get(key);
    if (group) group.push(label);
    else groups.set(key, [label]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.sort((a, b) => counts.get(b)! - counts.get(a)!));
}

/** Several labels in one cell, as lists and people write them; a single one is itself. */
export const labelsIn = (cell: string): string[] =>
  cell
    .split(/[,;|]/)
    .map((label) => label.trim())
    .filter((label) => label !== '');

/** Numbers rise; others stay in the order of their first appearance. */
export const inOrder = (labels: readonly string[]): string[] =>
  labels.every((label) => label !== '' && Number.isFinite(Number(label)))
    ? labels.toSorted((a, b) => Number(a) - Number(b))
    : [...labels];
