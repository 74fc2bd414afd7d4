/**
 * BERT (Devlin et al. 2018), as Hugging Face's BertForMaskedLM and BertForPreTraining store it, or BertModel, alone or as a sentence
 * encoder.
 *
 * Its embedding is LN(word_embeddings[id] + position_embeddings[index] + token_type_embeddings[0]). What comes after the encoder in
 * BertModel, the pooler, is not used: sentence encoders pool by mean or first token.
 */
import { bertLayer, COMMON_DEFAULTS, postNormEncoder } from './post-norm';

export const bert = postNormEncoder({
  modelType: 'bert',
  defaults: { ...COMMON_DEFAULTS, type_vocab_size: 2, pad_token_id: 0 },
  firstPosition: () => 0,
  prefix: 'bert',
  parts: ['embeddings', 'encoder'],
  aliases: [[/^cls\.predictions\.decoder\.bias$/, 'cls.predictions.bias']],
  layer: bertLayer('bert'),
  head: { dense: 'cls.predictions.transform.dense', norm: 'cls.predictions.transform.LayerNorm' },
  bias: 'cls.predictions.bias',
  output: 'cls.predictions.decoder.weight',
});
