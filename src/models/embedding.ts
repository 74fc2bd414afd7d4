/** The data owner's own first step, in the clear on its side: words, positions and, where the model has one, a LayerNorm. */
import type { NormWeights } from './folding';

export interface EmbeddingTables {
  hidden: number;
  /** [vocabulary, hidden] */
  table: Float32Array;
  /** [longest sequence, hidden]; the first row is the first token's. */
  positions: Float32Array;
  /** [hidden], added to every token: the one token type of a text. */
  type?: Float32Array;
  norm?: NormWeights & { epsilon: number };
  /** [vocabulary], added to a token's logit. A sentence encoder has none. */
  bias?: Float32Array;
}

export class Embedding {
  /** The word embeddings, [vocabulary, hidden]. */
  readonly table: Float32Array;
  /** Added to a token's logit, [vocabulary]; empty for a sentence encoder. */
  readonly bias: Float32Array;

  constructor(private readonly tables: EmbeddingTables) {
    this.table = tables.table;
    this.bias = tables.bias ?? new Float32Array(0);
  }

  /** A token's row of the table, [hidden]. */
  word(id: number): Float32Array {
    const { hidden } = this.tables;
    return this.table.subarray(id * hidden, (id + 1) * hidden);
  }

  /** The label words' columns [hidden, words], row by row: the readout's matrix. */
  columns(ids: readonly number[]): Float64Array {
    const out = new Float64Array(this.tables.hidden * ids.length);
    for (const [j, id] of ids.entries()) for (const [i, x] of this.word(id).entries()) out[i * ids.length + j] = x;
    return out;
  }

  /**
   * Writes LN(word + position + type), or that sum where there is no norm, of one sequence at out[at…], [tokens, hidden]. A negative id
   * takes the next row of `prompt` [slots, hidden] for its word. `places`: the tokens that are written, all by default; positions count
   * these alone, and rows of others stay as they are. Throws a RangeError for more tokens than positions, slots than rows, or an unknown
   * id.
   */
  write(
    ids: ArrayLike<number>,
    prompt: ArrayLike<number> | undefined,
    out: Float64Array,
    at: number,
    places?: readonly number[],
  ): void {
    const { hidden: d, positions, type, norm } = this.tables;
    const { length } = places ?? ids;
    if (length * d > positions.length)
      throw new RangeError(`a sequence of ${length} tokens; the model has ${positions.length / d} positions`);
    let slot = 0;
    for (let t = 0; t < length; t++) {
      const place = places?.[t] ?? t;
      const id = ids[place]!;
      const [source, from] = id < 0 ? [prompt ?? [], slot++ * d] : [this.table, id * d];
      if (from + d > source.length)
        throw new RangeError(id < 0 ? `the prompt has no row ${slot - 1}` : `the model has no token ${id}`);
      const row = out.subarray(at + place * d, at + (place + 1) * d);
      let mean = 0;
      for (let i = 0; i < d; i++) {
        const x = source[from + i]! + positions[t * d + i]! + (type?.[i] ?? 0);
        row[i] = x;
        mean += x / d;
      }
      if (!norm) continue;
      const { gamma, beta, epsilon } = norm;
      let variance = 0;
      for (const x of row) variance += (x - mean) ** 2 / d;
      const scale = 1 / Math.sqrt(variance + epsilon);
      for (let i = 0; i < d; i++) row[i] = (row[i]! - mean) * scale * gamma[i]! + beta[i]!;
    }
  }
}
