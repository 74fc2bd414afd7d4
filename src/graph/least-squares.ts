/**
 * Linear least squares by Householder reflections (Golub and Van Loan, Matrix Computations, 5.2), a column at a time: what was done for the
 * first columns need not be done again for one more. Fits of gates ask for the fewest columns that are enough, and a general library's
 * decomposition takes ten times as long for one number of them.
 */
export class LeastSquares {
  /** A reflection's direction each, from its own row on; above that, the column's entries in the triangle. */
  private readonly columns: Float64Array[] = [];
  private readonly diagonal: number[] = [];
  /** Half of the square of a reflection's direction. */
  private readonly halves: number[] = [];
  /** b, reflected as the columns are. */
  private readonly b: Float64Array;

  /** `b` [rows] is copied. */
  constructor(b: Float64Array) {
    this.b = b.slice();
  }

  /** One more column of A, [rows], not in the span of those before it. It is used up. */
  add(v: Float64Array): void {
    const k = this.columns.length;
    for (const [i, before] of this.columns.entries()) reflect(v, before, i, this.halves[i]!);
    let square = 0;
    for (let i = k; i < v.length; i++) square += v[i]! ** 2;
    const norm = v[k]! > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    v[k]! -= norm;
    const half = -norm * v[k]!;
    reflect(this.b, v, k, half);
    this.columns.push(v);
    this.diagonal.push(norm);
    this.halves.push(half);
  }

  /** The x [columns so far] with the least |A·x − b|. */
  solution(): Float64Array {
    const n = this.columns.length;
    const rest = this.b.slice(0, n);
    const x = new Float64Array(n);
    for (let k = n - 1; k >= 0; k--) {
      x[k] = rest[k]! / this.diagonal[k]!;
      const column = this.columns[k]!;
      for (let i = 0; i < k; i++) rest[i]! -= x[k]! * column[i]!;
    }
    return x;
  }
}

function reflect(y: Float64Array, v: Float64Array, from: number, half: number): void {
  if (half === 0) return;
  let dot = 0;
  for (let i = from; i < v.length; i++) dot += v[i]! * y[i]!;
  const factor = dot / half;
  for (let i = from; i < v.length; i++) y[i]! -= factor * v[i]!;
}
