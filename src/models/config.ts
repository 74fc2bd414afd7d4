/**
 * config.json of a model: RoBERTa's own field names where RoBERTa has the field, a few more for random feature attention.
 *
 * The network (post-LN RoBERTa with a masked-LM head), for hidden states h [tokens, hidden]:
 *   embedding:  h = LN(word_embeddings[id] + position_embeddings[pad_token_id + 1 + index] + token_type_embeddings[0])
 *   attention (a head, `frequencies` Ω [head_dim, m], angles in radians):
 *     u = (h Wq + bq) Ω,  w = (h Wk + bk) Ω,  a_ij = (1/m) Σ_f cos(u_if − w_jf) for kept tokens j, 0 for padding
 *     o_i = Σ_j a_ij v_j / (denominator_offset + Σ_j a_ij)
 *   h = LN(h + o Wo + bo);  h = LN(h + activation(h W1 + b1) W2 + b2)
 *   head at the answer position: logits = LN(activation(h Wd + bd)) · word_embeddings^T + bias
 * Linear weights are stored as in PyTorch, [out, in].
 */
export interface ModelConfig {
  model_type: 'roberta';
  name: string;
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  /** Counts RoBERTa's two unused rows: the longest sequence is max_position_embeddings − pad_token_id − 1. */
  max_position_embeddings: number;
  layer_norm_eps: number;
  bos_token_id: number;
  eos_token_id: number;
  pad_token_id: number;
  mask_token_id: number;
  attention: 'rfa' | 'softmax';
  /** Random features per head (m above); 0 for softmax attention. */
  num_frequencies: number;
  /** Added to every attention denominator, so that it stays away from zero. 0 for a plain model. */
  denominator_offset: number;
  /** `trigonometric`: the polynomial below *is* the activation. */
  hidden_act: 'gelu' | 'trigonometric';
  trigonometric?: TrigonometricPolynomial;
  /** Value ranges by tensor name, measured on public text (tools/calibrate.ts): what the planner plans with. */
  ranges?: Record<string, [number, number]>;
  /** What gates evaluate instead of a function, by tensor name, fitted on (nearly) all of its range with a margin (calibrate.ts). */
  gates?: Record<string, TrigonometricPolynomial>;
}

/** constant + Σ_{k=1..K} cos[k−1]·cos(2πkx/period) + sin[k−1]·sin(2πkx/period) */
export interface TrigonometricPolynomial {
  period: number;
  constant: number;
  cos: number[];
  sin: number[];
}
