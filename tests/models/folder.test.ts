/** Folders as people drop them: what is found, and what is wrong with them by name. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryBytes } from '../../src/models/byte-source';
import { FolderError, findModel, type NamedFile } from '../../src/models/folder';
import { checkWeights, type OwnModel, openModel, readModel } from '../../src/models/own-model';
import { writeSafetensors } from '../../src/models/safetensors';
import type { NamedTensors } from '../../src/models/tensors';
import { openModelFolder, openModelNamed } from '../../tools/model-folder';
import { randomTensors } from '../support/random-model';
import { TOKENS, tokenizerJson } from '../support/session';
import { stockConfig, stockJson, stockTensors, stockWeights } from '../support/stock-model';

type Files = Record<string, string | Uint8Array>;

const written = (of: NamedTensors) => writeSafetensors(of, { dtype: 'F32' });
const half = (first: boolean) => new Map([...stockTensors].filter((_, i) => i % 2 === Number(first)));

const stock = (changes: object = {}): Files => ({
  'config.json': JSON.stringify({ ...stockJson, ...changes }),
  'tokenizer.json': tokenizerJson,
  'model.safetensors': stockWeights,
});
const sharded = (): Files => {
  const { 'model.safetensors': _, ...rest } = stock();
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
  const weight_map = Object.fromEntries([...stockTensors.keys()].map((name, i) => [name, shards[i % 2]]));
  return {
    ...rest,
    [shards[1]]: written(half(true)),
    [shards[0]]: written(half(false)),
    'model.safetensors.index.json': JSON.stringify({ metadata: {}, weight_map }),
  };
};

const listed = (files: Files, prefix = ''): NamedFile[] =>
  Object.entries(files).map(([path, content]) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return { path: prefix + path, bytes: memoryBytes(bytes, path) };
  });
const read = async (files: Files, prefix?: string): Promise<OwnModel> =>
  readModel(await findModel(listed(files, prefix)));

describe('a folder', () => {
  it('is a model called like it, wherever it lies', async () => {
    const own = await read({ ...stock(), 'README.md': 'x', 'onnx/config.json': '{}' }, 'some/model/');
    expect(own.config).toMatchObject({ name: 'model', task: 'masked-lm', mask_token_id: 4, hidden_size: 16 });
    await checkWeights(own);
    expect((await read(stock())).config.name).toBe('roberta');
  });

  it('may hold its weights in shards', async () => {
    const own = await read(sharded(), 'model/');
    await checkWeights(own);
    for (const [name, { data }] of stockTensors) expect(await own.source.read(name)).toEqual(data);
  });

  it('of loose files may call the weights anything', async () => {
    const { 'model.safetensors': weights, ...rest } = stock();
    expect((await read({ ...rest, 'mine.safetensors': weights! })).config.task).toBe('masked-lm');
  });

  it('of sentence-transformers says how to pool, in its modules’ folders', async () => {
    const modules = ['Transformer', 'Pooling', 'Normalize'].map((kind, i) => ({
      path: `${i}_${kind}`,
      type: `sentence_transformers.models.${kind}`,
    }));
    const inside = Object.fromEntries(
      Object.entries(stock()).map(([path, content]) => [`0_Transformer/${path}`, content]),
    );
    const files = { ...inside, 'modules.json': JSON.stringify(modules) };
    for (const [pooling, modes] of Object.entries({
      cls: { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
      mean: { pooling_mode: 'mean' },
    })) {
      const found = await findModel(listed({ ...files, '1_Pooling/config.json': JSON.stringify(modes) }, 'some/'));
      expect(found).toMatchObject({ name: 'some', pooling, weightPaths: ['some/0_Transformer/model.safetensors'] });
    }
  });
});

const without = (name: string): Files => Object.fromEntries(Object.entries(stock()).filter(([path]) => path !== name));
const missing = sharded();
delete missing['model-00002-of-00002.safetensors'];
const scattered = sharded();
delete scattered['model.safetensors.index.json'];

describe('refused, by name and with what to do', () => {
  it.each<[string, Files, RegExp]>([
    ['no weights', without('model.safetensors'), /^model.safetensors: it is missing\. Download it/],
    ['no configuration', without('config.json'), /^config.json: it is missing\. /],
    ['no tokenizer', without('tokenizer.json'), /^tokenizer.json: it is missing\. .*AutoTokenizer.*save_pretrained/],
    [
      'a pickle',
      { ...without('model.safetensors'), 'pytorch_model.bin': 'x' },
      /^pytorch_model.bin: weights in a pickle .*pip install torch transformers safetensors.*huggingface.co\/spaces\/safetensors\/convert/,
    ],
    [
      'a shard that is missing',
      missing,
      /^model.safetensors.index.json: it names model-00002-of-00002.safetensors, which is missing/,
    ],
    [
      'shards without an index',
      scattered,
      /^model.safetensors.index.json: it is missing, but there are 2 files of weights/,
    ],
    ['an index that is none', { ...sharded(), 'model.safetensors.index.json': '{}' }, /index.json: weight_map: /],
    [
      'half an index',
      { ...sharded(), 'model.safetensors.index.json': '{"weig' },
      /index.json: it is not JSON .*Download it again/,
    ],
    [
      'a pointer of Git LFS',
      { ...stock(), 'model.safetensors': 'version https://git-lfs.github.com/spec/v1\noid sha256:0' },
      /^model.safetensors: it is a pointer of Git LFS, not the weights\. Run git lfs pull/,
    ],
    [
      'half a download',
      { ...stock(), 'model.safetensors': stockWeights.subarray(0, stockWeights.length - 100) },
      /^model.safetensors: The file ends inside tensor .*: 100 of its bytes are missing\. Download it again\.$/,
    ],
    [
      'the beginning of a download',
      { ...stock(), 'model.safetensors': stockWeights.subarray(0, 90) },
      /^model.safetensors: The file ends inside its header/,
    ],
    ['an empty file', { ...stock(), 'model.safetensors': '' }, /^model.safetensors: Not a safetensors file/],
    [
      'an unknown architecture',
      stock({ model_type: 't5' }),
      /^config.json: model_type: "t5" is not known; bert, distilbert, gpt2, roberta/,
    ],
    [
      'weights of another width',
      stock({ hidden_size: 32 }),
      /^roberta.embeddings.word_embeddings.weight has the shape \[\d+,16\], config.json asks for \[\d+,32\] \(hidden_size is 32\)/,
    ],
    ['weights of fewer layers', stock({ num_hidden_layers: 3 }), /^the model has no tensor roberta.encoder.layer.2/],
    [
      'weights of more layers',
      stock({ num_hidden_layers: 1 }),
      /^config.json: num_hidden_layers: 1, but the weights have a tensor roberta.encoder.layer.1/,
    ],
    [
      'a larger vocabulary than the embedding',
      stock({ vocab_size: 99 }),
      /word_embeddings.weight has the shape .* \(vocab_size is 99\)/,
    ],
    [
      'another activation',
      stock({ hidden_act: 'swish' }),
      /^config.json: hidden_act: "swish" is not an activation that can be run; gelu/,
    ],
    [
      'relative positions',
      stock({ position_embedding_type: 'relative_key' }),
      /^config.json: position_embedding_type: "relative_key" is not supported; absolute/,
    ],
    ['a decoder', stock({ is_decoder: true }), /^config.json: is_decoder: true is not supported; encoders can be run/],
    ['cross-attention', stock({ add_cross_attention: true }), /^config.json: add_cross_attention: /],
    ['quantised weights', stock({ quantization_config: { bits: 4 } }), /^config.json: quantization_config: /],
    [
      'another pooling',
      { ...stock(), '1_Pooling/config.json': '{"pooling_mode_max_tokens":true}' },
      /^1_Pooling\/config.json: pooling_mode max_tokens is not supported\. Either mean_tokens or cls_token is/,
    ],
    [
      'two poolings',
      { ...stock(), '1_Pooling/config.json': '{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}' },
      /cls_token with mean_tokens is not supported/,
    ],
    [
      'another module',
      { ...stock(), 'modules.json': '[{"path":"2_Dense","type":"sentence_transformers.models.Dense"}]' },
      /^modules.json: sentence_transformers.models.Dense is not supported/,
    ],
  ])('%s', async (_, files, message) => {
    await expect(read(files)).rejects.toThrow(message);
  });

  it('a tokenizer with more tokens than there are embeddings', async () => {
    const few = { ...stockConfig, vocab_size: TOKENS.length - 1 };
    const files = { ...stock({ vocab_size: few.vocab_size }), 'model.safetensors': written(randomTensors(5, few)) };
    await expect(read(files)).rejects.toThrow(/^tokenizer.json has token \d+ .*, but the model has \d+ embeddings/);
  });

  it('two models at once', async () => {
    const files = [...listed(stock(), 'a/'), ...listed(stock(), 'b/')];
    await expect(findModel(files)).rejects.toThrow(FolderError);
  });

  it('an output layer of its own', async () => {
    const words = stockTensors.get('roberta.embeddings.word_embeddings.weight')!;
    const tied = new Map(stockTensors).set('lm_head.decoder.weight', words);
    await checkWeights(await read({ ...stock(), 'model.safetensors': written(tied) }));
    const data = words.data.with(words.data.length - 1, 3);
    const untied = new Map(stockTensors).set('lm_head.decoder.weight', { ...words, data });
    const own = await read({ ...stock(), 'model.safetensors': written(untied) });
    await expect(checkWeights(own)).rejects.toThrow(/^lm_head.decoder.weight differs from roberta.embeddings.word_emb/);
  });

  it('one that was not calibrated, when it is to be offered', async () => {
    await expect(openModel(await findModel(listed(stock())))).rejects.toThrow(/calibrate the model/);
  });
});

describe('a folder on disk', () => {
  let folder: string | undefined;
  afterEach(() => folder && rmSync(folder, { recursive: true }));

  it('is opened by the tools, and closed', async () => {
    folder = mkdtempSync(join(tmpdir(), 'model-'));
    for (const [path, content] of Object.entries(sharded())) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const own = await openModelNamed(folder, () => {});
    expect(folder.endsWith(own.config.name)).toBe(true);
    await checkWeights(own);
    await own.close();
    await expect(checkWeights(own)).rejects.toThrow();
    rmSync(join(folder, 'config.json'));
    await expect(openModelFolder(folder)).rejects.toThrow(`${folder}: config.json: it is missing`);
    await expect(openModelNamed('no/such/folder', () => {})).rejects.toThrow('there is no folder no/such/folder');
  });
});
