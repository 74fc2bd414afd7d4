/** Einstein summations that are batched matrix products: 'bihf,bjhf->bihj'. */
import { size } from './shape';

/** How an axis letter of a formula is used: what a batched matrix product needs to know. */
export interface Formula {
  shape: number[];
  /**
   * Letters by part: at most two batch letters (shared by all three, or a second row or column), one row (left, out), one column
   * (right, out), one summed.
   */
  batch: string[];
  row: string;
  column: string;
  depth: string;
  lengths: Map<string, number>;
  letters: { left: string; right: string; out: string };
}

/** How far axes run, by their letters, of operands that may be longer. */
export type Firsts = Readonly<Record<string, number>>;

/** Reads 'left,right->out'. Throws when it is no batched matrix product or the shapes disagree. */
export function readFormula(
  formula: string,
  left: readonly number[],
  right: readonly number[],
  firsts: Firsts = {},
): Formula {
  const [operands = '', out = ''] = formula.split('->');
  const [l = '', r = ''] = operands.split(',');
  const lengths = new Map<string, number>();
  for (const [letters, shape] of [
    [l, left],
    [r, right],
  ] as const) {
    if (letters.length !== shape.length) throw new Error(`${formula} does not fit [${left}] and [${right}]`);
    for (const [axis, whole] of shape.entries()) {
      const letter = letters.charAt(axis);
      const length = firsts[letter] ?? whole;
      if (length > whole) throw new Error(`${formula}: ${letter} has ${whole} places, not ${length}`);
      if ((lengths.get(letter) ?? length) !== length) throw new Error(`${formula}: ${letter} has two lengths`);
      lengths.set(letter, length);
    }
  }
  const pick = (test: (letter: string) => boolean) => [...lengths.keys()].filter(test);
  const batch = pick((x) => l.includes(x) && r.includes(x) && out.includes(x));
  const rows = pick((x) => l.includes(x) && !r.includes(x) && out.includes(x));
  const columns = pick((x) => !l.includes(x) && r.includes(x) && out.includes(x));
  // A second row or column is a batch axis over which the other operand repeats.
  for (const some of [rows, columns]) while (some.length > 1 && batch.length < 2) batch.push(...some.splice(0, 1));
  const [depth, ...more] = pick((x) => l.includes(x) && r.includes(x) && !out.includes(x));
  const shape = [...out].map((letter) => lengths.get(letter));
  if (batch.length > 2 || rows.length > 1 || columns.length > 1 || depth === undefined || more.length > 0) {
    throw new Error(`${formula} is no batched matrix product`);
  }
  if (!shape.every((length) => length !== undefined)) throw new Error(`${formula} makes an axis out of nothing`);
  return {
    shape,
    batch,
    row: rows[0] ?? '',
    column: columns[0] ?? '',
    depth,
    lengths,
    letters: { left: l, right: r, out },
  };
}

/** A formula as extents and strides in elements: the shape that kernels take. */
export function contraction(formula: string, left: readonly number[], right: readonly number[], firsts?: Firsts) {
  const { letters, lengths, batch, row, column, depth, shape } = readFormula(formula, left, right, firsts);
  const extent = (letter: string | undefined) => lengths.get(letter ?? '') ?? 1;
  const stride = (part: string, dimensions: readonly number[], letter: string | undefined) => {
    const axis = letter ? part.indexOf(letter) : -1;
    return axis < 0 ? 0 : size(dimensions.slice(axis + 1));
  };
  const strides = (part: string, dimensions: readonly number[], r: string, c: string) => ({
    outer: stride(part, dimensions, batch[0]),
    inner: stride(part, dimensions, batch[1]),
    row: stride(part, dimensions, r),
    column: stride(part, dimensions, c),
  });
  return {
    outer: extent(batch[0]),
    inner: extent(batch[1]),
    rows: extent(row),
    columns: extent(column),
    depth: extent(depth),
    left: strides(letters.left, left, row, depth),
    right: strides(letters.right, right, depth, column),
    out: strides(letters.out, shape, row, column),
  };
}
