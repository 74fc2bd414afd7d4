/** Labelled texts as they travel between threads. */
import type { Example } from '../data/dataset';

/** A few long arrays are copied several times faster than as many small objects. */
export interface Examples {
  /** One an example, as are `labelAt` and `rows`. */
  texts: string[];
  /** Every label once. */
  labels: string[];
  /** Index into `labels`. */
  labelAt: Uint32Array;
  /** The row that a person sees in a spreadsheet (the header is row 1). */
  rows: Uint32Array;
}

/** `labels` in the order of their first appearance. */
export function packExamples(examples: readonly Example[]): Examples {
  const index = new Map<string, number>();
  for (const { label } of examples) if (!index.has(label)) index.set(label, index.size);
  return {
    texts: examples.map(({ text }) => text),
    labels: [...index.keys()],
    labelAt: Uint32Array.from(examples, ({ label }) => index.get(label) as number),
    rows: Uint32Array.from(examples, ({ row }) => row),
  };
}

/** Each example's label. Throws a RangeError for an index without a label. */
export function labelsOf({ labels, labelAt }: Examples): string[] {
  return Array.from(labelAt, (at) => {
    const label = labels[at];
    if (label === undefined) throw new RangeError(`an example has label ${at} of ${labels.length}`);
    return label;
  });
}
