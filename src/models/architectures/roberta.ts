/**
 * RoBERTa, as Hugging Face's RobertaForMaskedLM stores it (Liu et al. 2019), its attention by softmax or random features (encoder.ts);
 * and XLM-R (Conneau et al. 2020), which is the same under another name, with a tokenizer of another kind.
 *
 * Its embedding is LN(word_embeddings[id] + position_embeddings[pad_token_id + 1 + index] + token_type_embeddings[0]); the rows of
 * positions up to the padding index are unused. The output layer shares the word embeddings.
 */
import { bertLayer, COMMON_DEFAULTS, type PostNormFamily, postNormEncoder } from './post-norm';

const family: Omit<PostNormFamily, 'modelType'> = {
  // The library's own default of two token types is nobody's: the weights tell, and the one type of all known RoBERTas is the fallback.
  defaults: {
    ...COMMON_DEFAULTS,
    vocab_size: 50265,
    type_vocab_size: 1,
    bos_token_id: 0,
    pad_token_id: 1,
    eos_token_id: 2,
  },
  firstPosition: ({ pad_token_id }) => pad_token_id + 1,
  prefix: 'roberta',
  parts: ['embeddings', 'encoder'],
  aliases: [[/^lm_head\.decoder\.bias$/, 'lm_head.bias']],
  layer: bertLayer('roberta'),
  head: { dense: 'lm_head.dense', norm: 'lm_head.layer_norm' },
  bias: 'lm_head.bias',
  output: 'lm_head.decoder.weight',
};

export const roberta = postNormEncoder({ ...family, modelType: 'roberta' });

export const xlmRoberta = postNormEncoder({
  ...family,
  modelType: 'xlm-roberta',
  defaults: { ...family.defaults, vocab_size: COMMON_DEFAULTS.vocab_size },
});
