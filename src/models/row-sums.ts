/**
 * How large a head's row sums of exponentials will be, foretold from the row's own hidden state.
 *
 * The logarithm of Σ_j e^(s_ij/2^t) is fitted by an affine function of x_i, by ridge regression, for every head and every number t of
 * halvings. What the fit leaves, on rows that it has not seen, decides how many halvings a head needs. How many tokens a row sees, it does
 * not know, though of sums that were halved often that is most of what there is to know: what is fitted may be the mean's logarithm instead.
 *
 * Heads that look at what stands beside a token, or at itself, are foretold by the row's scores there better than by its state: where that spares a halving, so many
 * eighths of those three scores are a part of the fit (`near` of the graph).
 */
import { CholeskyDecomposition, Matrix as Dense, solve } from 'ml-matrix';
import type { Product } from '../graph/product';
import { type Eighths, MOST_EIGHTHS } from '../graph/shape';

/** Halvings that are tried. */
export const MOST_HALVINGS = 4;
/** One row in so many, or sequence, is kept to look at what a fit leaves. */
const HELD_OUT = 4;
/** Of the rows at either end. */
const RARE = 1e-3;
/** How much a row of a sequence that says one thing over and over counts in a fit: enough to be foretold, too little to bend it for all others. */
const REPEATING = 0.3;
/** Of the rows' number: how much a fit prefers small coefficients. Hidden states are about one in every direction. */
const RIDGE = 2e-3;

/** What is foretold: the mean does as well as the sum in most heads, and in many better. */
const LOGARITHMS: readonly Pick<Fitted, 'halvings' | 'mean'>[] = [
  { halvings: 0, mean: true },
  { halvings: 0, mean: false },
  ...Array.from({ length: MOST_HALVINGS }, (_, t) => ({ halvings: t + 1, mean: true })),
];

/** Scores of a row before its own column, at it and behind it. */
const NEAR = 3;

interface Fitted {
  halvings: number;
  /** Whether it is the row's mean of exponentials, not their sum. */
  mean: boolean;
  /** Whether the row's scores nearby are a part of it. */
  near: boolean;
}

/** What a head's fit of one kind leaves. */
export interface RowFit extends Fitted {
  /** [1 + width]: the constant and the coefficients. */
  shift: Float64Array;
  /** Eighths of scores nearby, all zero where they are no part of it. */
  eighths: Eighths;
  /** Least and greatest logarithm of a row's sum, or mean, less its fit, on rows that were held out, but for the rarest. */
  left: [number, number];
  /** The greatest of all rows: one alone may not be foretold at all. */
  most: number;
  /** The greatest of rows of sequences that say one thing over and over, of which neither of the former is. −Infinity without any. */
  mostRepeating: number;
  /** The least that an exponential is taken of, on rows that were held out. */
  least: number;
}

/** Rows of one layer: hidden states with what their scores add up to. */
export class RowSums {
  private readonly rows: Float64Array[] = [];
  /** What a row's state is fitted to: its logarithms [heads, LOGARITHMS], and behind them its scores nearby, [heads, NEAR], zero where there are none. */
  private readonly targets: Float64Array[] = [];
  /** A row's least scores [heads]. */
  private readonly least: Float64Array[] = [];
  /** The logarithm of how many tokens a row sees. */
  private readonly offsets: number[] = [];
  /** Which rows are kept to look at what a fit leaves, and which of those are. */
  private readonly heldOut: boolean[] = [];
  private readonly counted: boolean[] = [];
  private readonly repeating: boolean[] = [];
  private sequences = 0;

  constructor(
    private readonly heads: number,
    /** Whether a row sees no more tokens than those so far. */
    private readonly isCausal: boolean,
    private readonly product: Product,
  ) {}

  /**
   * x [b, n, width] and its scores [heads, n, b, n], as the graph has them. `answer`: where only one row of a sequence will attend, which one. All are
   * fitted then, but only those are looked at, of sequences that were not. `isRepeating`: sequences that say one thing over and over.
   */
  add(
    x: Float64Array,
    scores: Float64Array,
    [b, n]: readonly [number, number],
    { answer, isRepeating = false }: { answer?: number; isRepeating?: boolean } = {},
  ): void {
    const { heads, isCausal } = this;
    const width = x.length / (b * n);
    const powers = new Float64Array(n);
    for (let sequence = 0; sequence < b; sequence++) {
      for (let i = 0; i < n; i++) {
        const seen = isCausal ? i + 1 : n;
        const offset = Math.log(seen);
        const row = new Float64Array(width + 1);
        row[0] = 1;
        row.set(x.subarray((sequence * n + i) * width, (sequence * n + i + 1) * width), 1);
        const targets = new Float64Array(heads * (LOGARITHMS.length + NEAR));
        const nearby = targets.subarray(heads * LOGARITHMS.length);
        const sums = new Float64Array(MOST_HALVINGS + 1);
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
          for (let o = 0; o < NEAR; o++) {
            const column = i + o - 1;
            // Before a causal text's second token there may be padding.
            const isKnown = isCausal ? column === i : column >= 0 && column < seen;
            if (isKnown) nearby[head * NEAR + o] = scores[at + column]!;
          }
          // e^(s/2^t) is the square of e^(s/2^(t+1)): one exponential for all.
          for (let j = 0; j < seen; j++) powers[j] = Math.exp((scores[at + j]! - top) / 2 ** MOST_HALVINGS);
          for (let t = MOST_HALVINGS; t >= 0; t--) {
            let sum = 0;
            for (let j = 0; j < seen; j++) {
              const power = powers[j]!;
              sum += power;
              powers[j] = power * power;
            }
            sums[t] = top / 2 ** t + Math.log(sum);
          }
          for (const [k, { halvings, mean }] of LOGARITHMS.entries())
            targets[head * LOGARITHMS.length + k] = sums[halvings]! - (mean ? offset : 0);
        }
        const place = answer === undefined ? this.rows.length : this.sequences + sequence;
        this.heldOut.push(place % HELD_OUT === HELD_OUT - 1);
        this.counted.push(answer === undefined || i === answer);
        this.repeating.push(isRepeating);
        this.rows.push(row);
        this.targets.push(targets);
        this.least.push(least);
        this.offsets.push(offset);
      }
    }
    this.sequences += b;
  }

  /** By head, the first that will do being the one to take: scores nearby cost queries and keys three bits, halvings rounds. */
  fit(): RowFit[][] {
    const { heads, rows, targets } = this;
    const d = rows[0]!.length;
    const kinds = LOGARITHMS.length;
    // Scores nearby among them: what rows foretell of those is not theirs to add.
    const columns = heads * (kinds + NEAR);
    const all = matrixOf(rows, d);
    const seen = [...rows.keys()].filter((i) => !this.heldOut[i]);
    // A row counts as much in the sums of squares as its root does twice.
    const roots = seen.map((i) => (this.repeating[i] ? Math.sqrt(REPEATING) : 1));
    const weighted = (of: readonly Float64Array[], width: number) =>
      matrixOf(
        seen.map((i, k) => of[i]!.map((v) => roots[k]! * v)),
        width,
      );
    const x = weighted(rows, d);
    const y = weighted(targets, columns);
    const transposed = transposedOf(x, d);
    const squares = new Float64Array(d * d);
    const products = new Float64Array(d * columns);
    this.product(squares, transposed, x, { rows: d, depth: seen.length, columns: d });
    this.product(products, transposed, y, { rows: d, depth: seen.length, columns });
    // The constant costs nothing.
    const counted = roots.reduce((sum, root) => sum + root * root, 0);
    const ridge = RIDGE * counted;
    for (let k = 1; k < d; k++) squares[k * d + k]! += ridge;
    const solved = new CholeskyDecomposition(Dense.from1DArray(d, d, Array.from(squares))).solve(
      Dense.from1DArray(d, columns, Array.from(products)),
    );
    const coefficients = Float64Array.from(solved.to1DArray());
    const fitted = new Float64Array(rows.length * columns);
    this.product(fitted, all, coefficients, { rows: rows.length, depth: d, columns });
    /** What the rows' states leave of a target. */
    const rest = (i: number, column: number) => targets[i]![column]! - fitted[i * columns + column]!;

    return Array.from({ length: heads }, (_, head) => {
      const nearColumns = Array.from({ length: NEAR }, (_, o) => heads * kinds + head * NEAR + o);
      const among = (a: number, b: number) =>
        seen.reduce((sum, i, k) => sum + roots[k]! ** 2 * rest(i, a) * targets[i]![b]!, 0);
      const nearSquares = new Dense(
        nearColumns.map((a, o) => nearColumns.map((b, p) => among(a, b) + (o === p ? ridge : 0))),
      );
      /** Of scores that are halved so often. */
      const eighthsOf = (column: number, halvings: number): Eighths => {
        const vector = Dense.columnVector(nearColumns.map((b) => among(column, b)));
        const [before, own, behind] = solve(nearSquares, vector)
          .to1DArray()
          .map((v) => Math.max(-MOST_EIGHTHS, Math.min(MOST_EIGHTHS, Math.round(8 * v * 2 ** halvings))));
        return [before ?? 0, own ?? 0, behind ?? 0];
      };
      const fitOf = ({ halvings, mean, near }: Fitted, column: number): RowFit => {
        const eighths = near ? eighthsOf(column, halvings) : ([0, 0, 0] as const);
        // Of whole scores.
        const parts = eighths.map((count) => count / 8 / 2 ** halvings);
        const left: number[] = [];
        let least = Infinity;
        let [most, mostRepeating] = [-Infinity, -Infinity];
        for (let i = 0; i < rows.length; i++) {
          if (!this.counted[i]) continue;
          const over = parts.reduce((sum, part, o) => sum - part * rest(i, nearColumns[o]!), rest(i, column));
          if (this.repeating[i]) {
            mostRepeating = Math.max(mostRepeating, over);
            continue;
          }
          most = Math.max(most, over);
          if (!this.heldOut[i]) continue;
          left.push(over);
          const foretold = targets[i]![column]! - over;
          least = Math.min(least, this.least[i]![head]! / 2 ** halvings - (mean ? this.offsets[i]! : 0) - foretold);
        }
        left.sort((a, b) => a - b);
        const rare = Math.floor(RARE * left.length);
        const shift = Float64Array.from({ length: d }, (_, k) =>
          parts.reduce(
            (sum, part, o) => sum - part * coefficients[k * columns + nearColumns[o]!]!,
            coefficients[k * columns + column]!,
          ),
        );
        const range: [number, number] = [left[rare] ?? 0, left.at(-1 - rare) ?? 0];
        return { halvings, mean, near, shift, eighths, left: range, most, mostRepeating, least };
      };
      const fits = LOGARITHMS.flatMap((kind, k) =>
        [false, true].map((near) => fitOf({ ...kind, near }, head * kinds + k)),
      );
      return fits.sort((a, b) => a.halvings - b.halvings || Number(a.near) - Number(b.near));
    });
  }
}

function transposedOf(matrix: Float64Array, columns: number): Float64Array {
  const rows = matrix.length / columns;
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let k = 0; k < columns; k++) out[k * rows + i] = matrix[i * columns + k]!;
  return out;
}

function matrixOf(rows: readonly Float64Array[], width: number): Float64Array {
  const matrix = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) matrix.set(row, i * width);
  return matrix;
}
