/**
 * Linear least squares by Householder reflections (Golub and Van Loan, Matrix Computations, 5.2), on columns that lie next to each other in
 * memory: fits of gates have hundreds of columns, and a general library's decomposition takes ten times as long.
 */

/**
 * The x [columns] with the least |A·x − b|. `columns`: A's, [rows] each, at least as many rows as columns and of full rank; they and b are used
 * up.
 */
export function leastSquares(columns: readonly Float64Array[], b: Float64Array): Float64Array {
  const diagonal = new Float64Array(columns.length);
  for (const [k, v] of columns.entries()) {
    let norm = 0;
    for (let i = k; i < v.length; i++) norm += v[i]! ** 2;
    norm = v[k]! > 0 ? -Math.sqrt(norm) : Math.sqrt(norm);
    diagonal[k] = norm;
    // v, from here on, is the reflection's direction; its square's half is −norm · v[k].
    v[k]! -= norm;
    const half = -norm * v[k]!;
    if (half === 0) continue;
    for (let j = k + 1; j < columns.length; j++) reflect(columns[j]!, v, k, half);
    reflect(b, v, k, half);
  }
  const x = new Float64Array(columns.length);
  for (let k = columns.length - 1; k >= 0; k--) {
    x[k] = b[k]! / diagonal[k]!;
    const column = columns[k]!;
    for (let i = 0; i < k; i++) b[i]! -= x[k]! * column[i]!;
  }
  return x;
}

function reflect(y: Float64Array, v: Float64Array, from: number, half: number): void {
  let dot = 0;
  for (let i = from; i < v.length; i++) dot += v[i]! * y[i]!;
  const factor = dot / half;
  for (let i = from; i < v.length; i++) y[i]! -= factor * v[i]!;
}
