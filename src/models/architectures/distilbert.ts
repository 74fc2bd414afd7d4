/**
 * DistilBERT (Sanh et al. 2019), as Hugging Face's DistilBertForMaskedLM stores it, or DistilBertModel.
 *
 * Its embedding is LN(word_embeddings[id] + position_embeddings[index]): it has no token types. Sinusoidal positions are stored like
 * learnt ones.
 */
import { renamedFields } from './fields';
import { COMMON_DEFAULTS, postNormEncoder } from './post-norm';

/** Its names of config.json's fields, in those of ModelConfig. */
const FIELDS: Readonly<Record<string, string>> = {
  dim: 'hidden_size',
  hidden_dim: 'intermediate_size',
  n_layers: 'num_hidden_layers',
  n_heads: 'num_attention_heads',
  activation: 'hidden_act',
};

export const distilbert = postNormEncoder({
  modelType: 'distilbert',
  fields: (json) => renamedFields(json, FIELDS),
  defaults: { ...COMMON_DEFAULTS, num_hidden_layers: 6, type_vocab_size: 0, pad_token_id: 0 },
  firstPosition: () => 0,
  prefix: 'distilbert',
  parts: ['embeddings', 'transformer'],
  layer(index) {
    const layer = `distilbert.transformer.layer.${index}`;
    return {
      query: `${layer}.attention.q_lin`,
      key: `${layer}.attention.k_lin`,
      value: `${layer}.attention.v_lin`,
      frequencies: `${layer}.attention.frequencies`,
      attentionOutput: `${layer}.attention.out_lin`,
      attentionNorm: `${layer}.sa_layer_norm`,
      intermediate: `${layer}.ffn.lin1`,
      output: `${layer}.ffn.lin2`,
      norm: `${layer}.output_layer_norm`,
    };
  },
  head: { dense: 'vocab_transform', norm: 'vocab_layer_norm' },
  bias: 'vocab_projector.bias',
  output: 'vocab_projector.weight',
});
