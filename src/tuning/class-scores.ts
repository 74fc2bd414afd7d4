/** How well each class is told from the others: what accuracy hides where classes are uneven. */

export interface ClassScore {
  /** Of those taken for this class, the fraction that are of it; 0 where none was taken for it. */
  precision: number;
  /** Of those of this class, the fraction taken for it; 0 where there are none. */
  recall: number;
  /** Harmonic mean of both; 0 where both are. */
  f1: number;
  /** Of this class. */
  examples: number;
}

export interface Scores {
  /** In the order of the classes. */
  classes: ClassScore[];
  /** Mean F1 of all classes, each counting the same however many examples it has. */
  macroF1: number;
}

/** Of counts [target][predicted]; as scikit-learn has them with `zero_division=0`. */
export function scoresOf(confusion: readonly (readonly number[])[]): Scores {
  const classes = confusion.map((row, c) => {
    const right = row[c] ?? 0;
    const examples = sum(row);
    const taken = sum(confusion.map((other) => other[c] ?? 0));
    return {
      precision: fraction(right, taken),
      recall: fraction(right, examples),
      f1: fraction(2 * right, examples + taken),
      examples,
    };
  });
  return { classes, macroF1: fraction(sum(classes.map(({ f1 }) => f1)), classes.length) };
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const fraction = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
