/**
 * Stock checkpoints of each architecture against the reference implementation (reference/make_checkpoints.py): tensors under its names,
 * its configuration, its numbers.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { size } from '../../src/graph/shape';
import { architectureOf } from '../../src/models/architectures';
import { memoryBytes } from '../../src/models/byte-source';
import { calibrateModel } from '../../src/models/calibrate-model';
import { answerOf, createEncoder, type EncodedText, PROMPT_SLOT, withoutPadding } from '../../src/models/encode';
import { checkWeights, type OwnModel, readModel } from '../../src/models/own-model';
import { encoderInput } from '../../src/models/pass-input';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { planModel } from '../../src/models/plan-model';
import { writeSafetensors } from '../../src/models/safetensors';
import { joined, memorySource, type NamedTensors } from '../../src/models/tensors';
import { loadTokenizer } from '../../src/models/tokenizer';
import { costOf } from '../../src/mpc/cost';
import { cosine } from '../../tools/model-check';
import { openModelFolder } from '../../tools/model-folder';
import checkpoints from '../fixtures/checkpoints.json';
import { harness, setUp } from '../support/harness';
import { generator } from '../support/random-model';

type Checkpoint = (typeof checkpoints)[number];

/** The numbers that make_checkpoints.py gives a tensor. */
function tensorNamed(name: string, shape: readonly number[]) {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  const random = generator(seed);
  const isNorm = /orm|ln_/.test(name) && name.endsWith('weight');
  const spread = shape.length > 1 ? 3 / Math.sqrt(shape.at(-1)!) : 0.3;
  const data = Float32Array.from({ length: size(shape) }, () => spread * (2 * random() - 1) + 0);
  return { shape, data: shape.length === 1 && isNorm ? data.map((x) => 1 + x) : data };
}

const tensorsOf = ({ shapes }: Checkpoint): NamedTensors =>
  new Map(Object.entries(shapes).map(([name, shape]) => [name, tensorNamed(name, shape)]));

/** BERT's special tokens where RoBERTa's would be, or those; the rest are words. */
function tokenizerFor({ config }: Checkpoint): string {
  const bert = ['[PAD]', '[CLS]', '[SEP]', '[UNK]', '[MASK]'];
  const special =
    /bert$/.test(config.model_type) && !config.model_type.includes('roberta')
      ? bert
      : ['<s>', '<pad>', '</s>', '<unk>', '<mask>'];
  const tokens = [...special, ...Array.from({ length: config.vocab_size - 5 }, (_, i) => `w${i}`)];
  const vocab = Object.fromEntries(tokens.map((token, i) => [token, i]));
  const added = special.map((content, id) => ({ id, content, special: true }));
  return JSON.stringify({
    added_tokens: added,
    pre_tokenizer: { type: 'Whitespace' },
    model: {
      type: 'WordPiece',
      vocab,
      unk_token: special[3],
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
  });
}

const open = (checkpoint: Checkpoint, tensors = tensorsOf(checkpoint), config: object = checkpoint.config) =>
  readModel({
    config: JSON.stringify(config),
    tokenizer: tokenizerFor(checkpoint),
    weights: [memoryBytes(writeSafetensors(tensors, { dtype: 'F32' }))],
  });

const textsOf = ({ ids, lengths }: Checkpoint): EncodedText[] =>
  ids.map((row, i) => ({
    ids: Int32Array.from(row),
    length: lengths[i]!,
    textTokens: lengths[i]!,
    textUsed: lengths[i]!,
    truncated: false,
  }));

/** Rows of a sentence encoder, each of length 1. */
const embeddingsOf = (model: PlaintextModel, texts: readonly EncodedText[]): Float64Array[] =>
  model.embeddings(texts).map((row) => {
    expect(row).toHaveLength(model.config.hidden_size);
    const norm = Math.hypot(...row);
    return row.map((x) => x / norm);
  });

const nameOf = ({ config }: Checkpoint) => config.architectures[0]!;

describe.each(checkpoints.filter(({ logits }) => logits).map((c) => [nameOf(c), c] as const))('%s', (_, checkpoint) => {
  it('is a language model with the reference implementation’s logits', async () => {
    const own = await open(checkpoint);
    await checkWeights(own);
    const kind = /^GPT2/.test(nameOf(checkpoint))
      ? { task: 'causal-lm', hidden_act: 'gelu_new' }
      : { task: 'masked-lm', hidden_act: 'gelu' };
    expect(own.config).toMatchObject({ ...kind, attention: 'softmax', hidden_size: 16 });
    const model = await PlaintextModel.load(own.config, own.source);
    const texts = textsOf(checkpoint);
    const logits = model.logits(texts, [], checkpoint.words!, answerOf(own.config, 0, texts[0]!.ids.length));
    for (const [i, row] of checkpoint.logits!.entries())
      for (const [j, x] of row.entries()) expect(logits[i]![j]).toBeCloseTo(x, 4);
  });

  it('gives them under MPC, at the cost model’s cost', async () => {
    const own = await open(checkpoint);
    const random = generator(6);
    const batches = Array.from({ length: 60 }, (_, i) => {
      const length = 4 + (i % 9);
      const texts = Array.from({ length: 4 }, () => {
        const ids = Int32Array.from({ length }, () => 5 + Math.floor(55 * random()));
        return { ids, length, textTokens: length, textUsed: length, truncated: false };
      });
      return { texts, answer: answerOf(own.config, 0, length) };
    });
    const { config, tensors } = await calibrateModel(own.config, own.source, batches);
    const model = await PlaintextModel.load(config, joined([own.source, memorySource(tensors)]));
    const texts = textsOf(checkpoint);
    const [tokens, words] = [texts[0]!.ids.length, checkpoint.words!];
    const shape = { sequences: texts.length, tokens, answer: answerOf(config, 0, tokens), columns: words.length };
    const plan = planModel(config, shape);
    const h = await harness();
    await setUp(h, plan, model.weights, model.embedding.columns(words));
    const [{ output, report }] = await Promise.all([
      h.dataOwner.run(plan, [encoderInput(config, model.embedding, texts, [])]),
      h.modelOwner.run(plan),
      h.deal(plan),
    ]);
    const bias = words.map((word) => model.embedding.bias[word]!);
    const logits = checkpoint.logits!.flat();
    const errors = logits.map((x, i) => x - output![i]! - bias[i % words.length]!);
    // Random layers spread roundings, DistilBERT's to 1 or 2 % of the logits; a fault makes it as much as the logits.
    expect(Math.hypot(...errors)).toBeLessThan(0.1 * Math.hypot(...logits));
    const { rounds, toModelOwner, toDataOwner, dealt } = costOf(plan);
    expect(report).toMatchObject({ rounds, toModelOwner, toDataOwner, dealt });
  });
});

describe.each(checkpoints.filter(({ embeddings }) => embeddings).map((c) => [nameOf(c), c] as const))(
  '%s',
  (_, checkpoint) => {
    it.each(['mean', 'cls'] as const)(
      'is a sentence encoder with the reference implementation’s %s',
      async (pooling) => {
        const own = await open(checkpoint);
        await checkWeights(own);
        expect(own.config).toMatchObject({ task: 'embedding', pooling: 'mean' });
        const found = embeddingsOf(
          await PlaintextModel.load({ ...own.config, pooling }, own.source),
          textsOf(checkpoint),
        );
        for (const [i, row] of checkpoint.embeddings![pooling].entries())
          for (const [j, x] of row.entries()) expect(found[i]![j]).toBeCloseTo(x, 4);
      },
    );
  },
);

describe('a causal decoder', () => {
  const gpt2 = checkpoints.find((checkpoint) => nameOf(checkpoint) === 'GPT2LMHeadModel')!;

  it('is the same where the library leaves a prefix out, as GPT2Model does', async () => {
    const bare = new Map([...tensorsOf(gpt2)].map(([name, tensor]) => [name.replace('transformer.', ''), tensor]));
    const own = await open(gpt2, bare, { ...gpt2.config, architectures: ['GPT2Model'] });
    const model = await PlaintextModel.load(own.config, own.source);
    const logits = model.logits(textsOf(gpt2), [], gpt2.words!, 11);
    for (const [i, x] of gpt2.logits!.flat().entries()) expect(logits.flatMap((row) => [...row])[i]).toBeCloseTo(x, 4);
  });

  it('has positions counted without padding, and its prompt after the first token', async () => {
    const own = await open(gpt2);
    const { embedding } = await PlaintextModel.load(own.config, own.source);
    const [d, prompt] = [16, Float32Array.from({ length: 16 }, (_, i) => i)];
    const text = {
      ids: Int32Array.of(5, 0, 0, PROMPT_SLOT, 7),
      length: 3,
      textTokens: 1,
      textUsed: 1,
      truncated: false,
    };
    const { inputs, masks } = encoderInput(own.config, embedding, [text], [prompt]);
    const positions = tensorsOf(gpt2).get('transformer.wpe.weight')!.data;
    const row = (t: number) => [...inputs.embedded!.subarray(t * d, (t + 1) * d)];
    expect(row(3)).toEqual([...prompt].map((x, i) => x + positions[d + i]!));
    expect(row(4)).toEqual([...embedding.word(7)].map((x, i) => x + positions[2 * d + i]!));
    for (const t of [1, 2]) expect(row(t)).toEqual(new Array(d).fill(0));
    expect([...masks.kept]).toEqual([1, 0, 0, 1, 1]);
    expect([...masks.first]).toEqual([1, 0, 0, 0, 0]);
    expect([...masks.last]).toEqual([0, 0, 0, 0, 1]);
    // A token's row less the logarithm of how many it sees.
    for (const [t, seen] of [1, 1, 1, 2, 3].entries()) expect(inputs.offsets![t]).toBeCloseTo(-Math.log(seen), 12);
  });
});

describe('stock checkpoints’ variants', () => {
  const byName = (name: string) => checkpoints.find((checkpoint) => nameOf(checkpoint) === name)!;
  const bert = byName('BertForMaskedLM');
  const changed = (change: (name: string) => string) =>
    new Map([...tensorsOf(bert)].map(([name, tensor]) => [change(name), tensor]));
  const logits = async (own: OwnModel) => {
    const model = await PlaintextModel.load(own.config, own.source);
    return model.logits(textsOf(bert), [], bert.words!, 1);
  };

  it('have TensorFlow’s names of a LayerNorm, and the output’s bias twice', async () => {
    const expected = await logits(await open(bert));
    const old = changed((name) =>
      name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
    );
    expect(await logits(await open(bert, old))).toEqual(expected);
    const moved = changed((name) => name.replace('cls.predictions.bias', 'cls.predictions.decoder.bias'));
    expect(await logits(await open(bert, moved))).toEqual(expected);
    const wrong = { shape: [60], data: new Float32Array(60) };
    const twice = new Map([['cls.predictions.decoder.bias', wrong] as const, ...tensorsOf(bert)]);
    expect(await logits(await open(bert, twice))).toEqual(expected);
  });

  it('store the output layer, which has to be the word embeddings', async () => {
    const words = tensorsOf(bert).get('bert.embeddings.word_embeddings.weight')!;
    const output = 'cls.predictions.decoder.weight';
    await checkWeights(await open(bert, tensorsOf(bert).set(output, words)));
    const other = { ...words, data: words.data.map((x, i) => (i === words.data.length - 1 ? x + 1 : x)) };
    await expect(checkWeights(await open(bert, tensorsOf(bert).set(output, other)))).rejects.toThrow(
      `${output} differs from bert.embeddings.word_embeddings.weight: only a tied output layer can be run`,
    );
  });

  it('send only what is public, under names that the data owner knows', async () => {
    for (const checkpoint of checkpoints) {
      const { config, source } = await open(checkpoint);
      const shapes = architectureOf(config).publicTensors(config);
      expect(Object.keys(shapes).filter((name) => /layer\.\d|\.h\.\d|ln_|transform\.|dense/.test(name))).toEqual([]);
      expect(Object.keys(shapes).filter((name) => !source.header.has(name))).toEqual([]);
      const biases = Object.keys(shapes).filter((name) => /^(cls|lm_head|vocab)/.test(name));
      expect(biases).toHaveLength(config.task === 'masked-lm' ? 1 : 0);
    }
  });
});

/** Beside the checkout; not in the repository. Texts of it that are read here: `npm run check:models` reads all. */
const SHARED = '../shared/models';
const TEXTS = 8;

describe.each(['all-MiniLM-L6-v2', 'bge-small-en-v1.5'])('%s', (name) => {
  const folder = `${SHARED}/${name}`;
  it.skipIf(!existsSync(folder))(`gives the reference’s embeddings (skipped without ${SHARED})`, async () => {
    const own = await openModelFolder(folder);
    const pooling = name.startsWith('bge') ? 'cls' : 'mean';
    expect(own.config).toMatchObject({ name, task: 'embedding', pooling, bos_token_id: 101, eos_token_id: 102 });
    const {
      texts,
      tokens,
      embeddings: expected,
    } = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as {
      texts: string[];
      tokens: number;
      embeddings: number[][];
    };
    const encode = createEncoder({
      tokenizer: loadTokenizer(own.tokenizer, own.config),
      config: own.config,
      tokens,
      promptTokens: 0,
    });
    // From all kinds of texts, each as long as it is: padding changes nothing, as the tiny checkpoints show.
    const step = Math.floor(texts.length / TEXTS);
    const model = await PlaintextModel.load(own.config, own.source, await createFloatProduct());
    for (let i = 0; i < TEXTS * step; i += step) {
      const text = encode(texts[i]!);
      const [row] = embeddingsOf(model, [withoutPadding(own.config, text)]);
      expect(cosine(row!, expected[i]!), texts[i]).toBeGreaterThan(0.9999);
    }
    await own.close();
  });
});
