/** The data owner's own first step: RoBERTa's embedding with its LayerNorm, in the clear on its side. */
import type { ModelConfig } from './config';
import { checkTensors, type NamedTensors, publicTensors } from './fold';

export class Embedding {
  /** The word embeddings, [vocabulary, hidden]. */
  readonly table: Float32Array;
  private readonly positions: Float32Array;
  private readonly type: Float32Array;
  private readonly gamma: Float32Array;
  private readonly beta: Float32Array;
  /** Added to a token's logit. */
  readonly bias: Float32Array;

  /** Throws, naming the tensor, when one is missing or misshapen. */
  constructor(
    private readonly config: ModelConfig,
    tensors: NamedTensors,
  ) {
    checkTensors(tensors, publicTensors(config));
    const get = (name: string) => tensors.get(name)!.data;
    this.table = get('roberta.embeddings.word_embeddings.weight');
    this.positions = get('roberta.embeddings.position_embeddings.weight');
    this.type = get('roberta.embeddings.token_type_embeddings.weight');
    this.gamma = get('roberta.embeddings.LayerNorm.weight');
    this.beta = get('roberta.embeddings.LayerNorm.bias');
    this.bias = get('lm_head.bias');
  }

  /** A token's row of the table, [hidden]. */
  word(id: number): Float32Array {
    const d = this.config.hidden_size;
    return this.table.subarray(id * d, (id + 1) * d);
  }

  /** The label words' columns [hidden, words], row by row: the readout's matrix. */
  columns(ids: number[]): Float64Array {
    const d = this.config.hidden_size;
    const out = new Float64Array(d * ids.length);
    for (const [j, id] of ids.entries()) for (let i = 0; i < d; i++) out[i * ids.length + j] = this.table[id * d + i]!;
    return out;
  }

  /**
   * Writes LN(word + position + type) of one sequence at out[at…], [tokens, hidden]. An id of −1 takes the next row of `prompt`
   * [slots, hidden] for its word.
   */
  write(ids: ArrayLike<number>, prompt: ArrayLike<number> | undefined, out: Float64Array, at: number): void {
    const { hidden_size: d, pad_token_id, layer_norm_eps } = this.config;
    let slot = 0;
    for (let t = 0; t < ids.length; t++) {
      const id = ids[t]!;
      const row = out.subarray(at + t * d, at + (t + 1) * d);
      const position = (pad_token_id + 1 + t) * d;
      let mean = 0;
      for (let i = 0; i < d; i++) {
        const word = id < 0 ? prompt![slot * d + i]! : this.table[id * d + i]!;
        row[i] = word + this.positions[position + i]! + this.type[i]!;
        mean += row[i]! / d;
      }
      if (id < 0) slot++;
      let variance = 0;
      for (let i = 0; i < d; i++) variance += (row[i]! - mean) ** 2 / d;
      const scale = 1 / Math.sqrt(variance + layer_norm_eps);
      for (let i = 0; i < d; i++) row[i] = (row[i]! - mean) * scale * this.gamma[i]! + this.beta[i]!;
    }
  }
}
