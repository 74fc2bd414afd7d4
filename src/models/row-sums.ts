/**
 * How large a head's row sums of exponentials will be, foretold from the row's own hidden state.
 *
 * The logarithm of Σ_j e^(s_ij/2^t) is fitted by an affine function of x_i, by ridge regression, for every head and every number t of
 * halvings. What the fit leaves, on rows that it has not seen, decides how many halvings a head needs.
 */
import { CholeskyDecomposition, Matrix as Dense } from 'ml-matrix';
import type { Product } from '../graph/product';

/** Halvings that are tried. */
export const MOST_HALVINGS = 4;
/** One row in so many is kept to look at what a fit leaves. */
const HELD_OUT = 4;
/** Of the rows at either end. */
const RARE = 1e-3;
/** Of the rows' number: how much a fit prefers small coefficients. Hidden states are about one in every direction. */
const RIDGE = 2e-3;

/** What a head's fit for one number of halvings leaves. */
export interface RowFit {
  /** [1 + width]: the constant and the coefficients. */
  shift: Float64Array;
  /** Least and greatest logarithm of a row's sum less its fit, on rows that were held out, but for the rarest. */
  left: [number, number];
  /** The greatest of all rows: one alone may not be foretold at all. */
  most: number;
  /** The least score less the fit, on rows that were held out. */
  least: number;
}

/** Rows of one layer: hidden states with what their scores add up to. */
export class RowSums {
  private readonly rows: Float64Array[] = [];
  /** A row's logarithms [heads, halvings], and its least scores [heads]. */
  private readonly logs: Float64Array[] = [];
  private readonly least: Float64Array[] = [];

  constructor(
    private readonly heads: number,
    /** Whether a row has no more scores than tokens so far. Sums are then of what a score is beside the logarithm of their number. */
    private readonly isCausal: boolean,
    private readonly product: Product,
  ) {}

  /** x [b, n, width] and its scores [heads, n, b, n], as the graph has them. */
  add(x: Float64Array, scores: Float64Array, [b, n]: readonly [number, number]): void {
    const { heads, isCausal } = this;
    const width = x.length / (b * n);
    const powers = new Float64Array(n);
    for (let sequence = 0; sequence < b; sequence++) {
      for (let i = 0; i < n; i++) {
        const seen = isCausal ? i + 1 : n;
        const offset = isCausal ? Math.log(seen) : 0;
        const row = new Float64Array(width + 1);
        row[0] = 1;
        row.set(x.subarray((sequence * n + i) * width, (sequence * n + i + 1) * width), 1);
        const logs = new Float64Array(heads * (MOST_HALVINGS + 1));
        const least = new Float64Array(heads);
        for (let head = 0; head < heads; head++) {
          const at = ((head * n + i) * b + sequence) * n;
          let [top, bottom] = [-Infinity, Infinity];
          for (let j = at; j < at + seen; j++) {
            const score = scores[j]!;
            if (score > top) top = score;
            if (score < bottom) bottom = score;
          }
          least[head] = bottom;
          // e^(s/2^t) is the square of e^(s/2^(t+1)): one exponential for all.
          for (let j = 0; j < seen; j++) powers[j] = Math.exp((scores[at + j]! - top) / 2 ** MOST_HALVINGS);
          for (let t = MOST_HALVINGS; t >= 0; t--) {
            let sum = 0;
            for (let j = 0; j < seen; j++) {
              const power = powers[j]!;
              sum += power;
              powers[j] = power * power;
            }
            logs[head * (MOST_HALVINGS + 1) + t] = top / 2 ** t + Math.log(sum) - offset;
          }
        }
        this.rows.push(row);
        this.logs.push(logs);
        this.least.push(least);
      }
    }
  }

  /** By head and number of halvings. */
  fit(): RowFit[][] {
    const { heads, rows, logs } = this;
    const d = rows[0]!.length;
    const columns = heads * (MOST_HALVINGS + 1);
    const isHeldOut = (i: number) => i % HELD_OUT === HELD_OUT - 1;
    const seen = rows.flatMap((_, i) => (isHeldOut(i) ? [] : [i]));
    const transposed = new Float64Array(d * seen.length);
    const x = new Float64Array(d * seen.length);
    const y = new Float64Array(columns * seen.length);
    for (const [at, i] of seen.entries()) {
      x.set(rows[i]!, at * d);
      y.set(logs[i]!, at * columns);
      for (let k = 0; k < d; k++) transposed[k * seen.length + at] = rows[i]![k]!;
    }
    const squares = new Float64Array(d * d);
    const targets = new Float64Array(d * columns);
    this.product(squares, transposed, x, { rows: d, depth: seen.length, columns: d });
    this.product(targets, transposed, y, { rows: d, depth: seen.length, columns });
    // The constant costs nothing.
    for (let k = 1; k < d; k++) squares[k * d + k]! += RIDGE * seen.length;
    const solved = new CholeskyDecomposition(Dense.from1DArray(d, d, Array.from(squares))).solve(
      Dense.from1DArray(d, columns, Array.from(targets)),
    );
    return Array.from({ length: heads }, (_, head) =>
      Array.from({ length: MOST_HALVINGS + 1 }, (_, t) => {
        const column = head * (MOST_HALVINGS + 1) + t;
        const shift = Float64Array.from({ length: d }, (_, k) => solved.get(k, column));
        const left: number[] = [];
        let least = Infinity;
        let most = -Infinity;
        for (const [i, row] of rows.entries()) {
          let fitted = 0;
          for (let k = 0; k < d; k++) fitted += row[k]! * shift[k]!;
          const rest = logs[i]![column]! - fitted;
          most = Math.max(most, rest);
          if (!isHeldOut(i)) continue;
          left.push(rest);
          least = Math.min(least, this.least[i]![head]! / 2 ** t - fitted);
        }
        left.sort((a, b) => a - b);
        const rare = Math.floor(RARE * left.length);
        return { shift, left: [left[rare] ?? 0, left.at(-1 - rare) ?? 0], most, least };
      }),
    );
  }
}
