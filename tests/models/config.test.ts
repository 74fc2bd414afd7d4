import { describe, expect, it } from 'vitest';
import { architectureOf } from '../../src/models/architectures';
import { type Beside, configSchema, parseConfig } from '../../src/models/config';
import { randomConfig } from '../support/random-model';

const json = (changes: object) => JSON.stringify({ ...randomConfig(), ...changes });

describe('config.json', () => {
  it('is read, and what it has beyond the fields is left out', () => {
    expect(parseConfig(json({ architectures: ['RobertaForMaskedLM'] }))).toEqual(randomConfig());
  });

  it.each([
    ['no JSON', '{', /^config.json is not JSON: /],
    ['no object', '[]', /^config.json: it: .*object/],
    ['no type', json({ model_type: undefined }), /^config.json: model_type: /],
    [
      'an unknown type',
      json({ model_type: 't5' }),
      'config.json: model_type: "t5" is not known; bert, distilbert, gpt2, roberta, xlm-roberta can be run',
    ],
    ['a missing field', json({ bos_token_id: 'x' }), /^config.json: bos_token_id: /],
    ['a field out of range', json({ num_hidden_layers: 0 }), /^config.json: num_hidden_layers: /],
    [
      'heads that do not divide',
      json({ num_attention_heads: 3 }),
      /hidden_size must be a multiple of num_attention_heads/,
    ],
    ['no random features', json({ num_frequencies: 0 }), /random feature attention needs num_frequencies/],
    ['no polynomial', json({ trigonometric: undefined }), /needs its polynomial, trigonometric/],
    [
      'a bad gate',
      json({ gates: { x: { period: 0, constant: 0, cos: [], sin: [] } } }),
      /^config.json: gates.x.period: /,
    ],
    [
      'ranges without end',
      json({ ranges: Object.fromEntries(Array.from({ length: 32_769 }, (_, i) => [`x${i}`, [0, 1]])) }),
      'config.json: ranges: has more than 32768 entries',
    ],
    ['a range of an endless name', json({ ranges: { ['x'.repeat(201)]: [0, 1] } }), /^config.json: ranges.x+: /],
  ])('is refused with %s', (_, text, message) => {
    expect(() => parseConfig(text)).toThrow(message);
  });

  it('written out is a config.json again, and complete', () => {
    const config = parseConfig('{"model_type":"bert"}', { special: { bos: 101, eos: 102, pad: 0 }, pooling: 'cls' });
    expect(parseConfig(JSON.stringify(config))).toEqual(config);
  });

  it('of a peer is checked alike', () => {
    expect(configSchema.safeParse({ ...randomConfig(), model_type: 't5' }).success).toBe(false);
    expect(configSchema.safeParse(randomConfig()).success).toBe(true);
  });
});

it('an architecture that is not known is refused by name', () => {
  expect(() => architectureOf({ model_type: 't5' })).toThrow(
    'models of the type t5 are not known; bert, distilbert, gpt2, roberta, xlm-roberta can be run',
  );
});

describe('a stock config.json', () => {
  const special = { bos: 101, eos: 102, pad: 5, mask: 103 };
  const read = (fields: object, beside: Beside = {}) => parseConfig(JSON.stringify(fields), { special, ...beside });
  const header = (...names: string[]) => new Map(names.map((name) => [name, { dtype: 'F32', shape: [3, 8] }]));

  it('has the library’s values where it has none, null among them', () => {
    expect(read({ model_type: 'bert', bos_token_id: null })).toEqual({
      ...{ model_type: 'bert', name: 'bert', task: 'masked-lm', pooling: 'mean', attention: 'softmax' },
      ...{ vocab_size: 30522, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12 },
      ...{ intermediate_size: 3072, max_position_embeddings: 512, type_vocab_size: 2, layer_norm_eps: 1e-12 },
      ...{ bos_token_id: 101, eos_token_id: 102, pad_token_id: 0, mask_token_id: 103 },
      ...{ hidden_act: 'gelu', num_frequencies: 0, denominator_offset: 0 },
    });
    expect(read({ model_type: 'roberta' })).toMatchObject({
      vocab_size: 50265,
      bos_token_id: 0,
      eos_token_id: 2,
      pad_token_id: 1,
    });
    expect(read({ model_type: 'xlm-roberta' })).toMatchObject({ vocab_size: 30522, bos_token_id: 0, pad_token_id: 1 });
    const distilled = { dim: 32, hidden_dim: 64, n_layers: 3, n_heads: 4, activation: 'gelu_python' };
    expect(read({ model_type: 'distilbert', ...distilled })).toMatchObject({
      ...{ hidden_size: 32, intermediate_size: 64, num_hidden_layers: 3, num_attention_heads: 4 },
      ...{ hidden_act: 'gelu', type_vocab_size: 0, pad_token_id: 0 },
    });
  });

  it('of GPT-2 has names of its own, and what would compute something else is refused', () => {
    expect(
      read({ model_type: 'gpt2', n_embd: 64, n_layer: 3, n_head: 4, n_inner: null }, { special: {} }),
    ).toMatchObject({
      ...{ hidden_size: 64, num_hidden_layers: 3, num_attention_heads: 4, intermediate_size: 256, vocab_size: 50257 },
      ...{ task: 'causal-lm', hidden_act: 'gelu_new', max_position_embeddings: 1024, layer_norm_eps: 1e-5 },
      ...{ bos_token_id: 50256, eos_token_id: 50256, pad_token_id: 50256 },
    });
    const own = {
      n_inner: 100,
      activation_function: 'gelu',
      n_positions: 77,
      eos_token_id: 9,
      reorder_and_upcast_attn: true,
    };
    const config = read({ model_type: 'gpt2', ...own });
    expect(config).toMatchObject({
      ...{ intermediate_size: 100, hidden_act: 'gelu', max_position_embeddings: 77, pad_token_id: 9 },
    });
    expect(parseConfig(JSON.stringify(config))).toEqual(config);
    for (const [fields, message] of [
      [{ scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx: true is not supported'],
      [{ scale_attn_weights: false }, 'scale_attn_weights: false is not supported'],
      [{ add_cross_attention: true }, 'add_cross_attention: true is not supported'],
      [{ tie_word_embeddings: false }, 'tie_word_embeddings: false is not supported'],
      [{ activation_function: 'relu' }, 'hidden_act: "relu" is not an activation that can be run'],
      [{ architectures: ['GPT2ForSequenceClassification'] }, 'GPT2ForSequenceClassification is not supported'],
      [{ task: 'masked-lm' }, 'task: masked-lm cannot be run with a model of the type gpt2; causal-lm can'],
      [
        { attention: 'rfa', num_frequencies: 8 },
        'attention: rfa cannot be run with a model of the type gpt2; softmax can',
      ],
    ] as const)
      expect(() => read({ model_type: 'gpt2', ...fields })).toThrow(
        `config.json: ${'architectures' in fields ? 'architectures: ' : ''}${message}`,
      );
    expect(() => read({ model_type: 'gpt2' }, { pooling: 'mean' })).toThrow('task: embedding cannot be run');
    expect(() => read({ model_type: 'bert', task: 'causal-lm' })).toThrow('masked-lm, embedding can');
  });

  it('counts positions from where its architecture does', () => {
    const longest = (model_type: string) => {
      const config = read({ model_type });
      return architectureOf(config).longestSequence(config);
    };
    expect(['bert', 'distilbert', 'roberta', 'xlm-roberta'].map(longest)).toEqual([512, 512, 510, 510]);
  });

  it('is called like its folder, unless it says otherwise', () => {
    expect(read({ model_type: 'bert' }, { name: 'folder' }).name).toBe('folder');
    expect(read({ model_type: 'bert', _name_or_path: 'a/b' }).name).toBe('a/b');
    expect(read({ model_type: 'bert', name: 'own' }, { name: 'folder' }).name).toBe('own');
  });

  it('is a masked language model by its word and its head, a sentence encoder else', () => {
    const head = header('cls.predictions.transform.dense.weight');
    const masked = { model_type: 'bert', architectures: ['BertForMaskedLM'] };
    expect(read(masked, { header: head }).task).toBe('masked-lm');
    expect(read({ ...masked, architectures: ['BertForPreTraining'] }, { header: head }).task).toBe('masked-lm');
    expect(read(masked, { header: header() }).task).toBe('embedding');
    expect(read(masked, { header: head, pooling: 'cls' })).toMatchObject({ task: 'embedding', pooling: 'cls' });
    expect(read({ ...masked, architectures: ['BertModel'] }, { header: head }).task).toBe('embedding');
    expect(read({ ...masked, task: 'embedding' }, { header: head }).task).toBe('embedding');
  });

  it('believes the weights on token types', () => {
    const types = header('roberta.embeddings.token_type_embeddings.weight');
    expect(read({ model_type: 'roberta' }, { header: types }).type_vocab_size).toBe(3);
    expect(read({ model_type: 'roberta' }).type_vocab_size).toBe(1);
  });

  it('needs a mask for masked language models only', () => {
    const none = { special: { bos: 1, eos: 2, pad: 0 } };
    expect(() => read({ model_type: 'bert' }, none)).toThrow(
      /^config.json: mask_token_id: a masked language model needs it/,
    );
    expect(read({ model_type: 'bert' }, { ...none, pooling: 'mean' }).mask_token_id).toBeUndefined();
  });
});
