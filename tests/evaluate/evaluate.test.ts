import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runReference } from '../../src/graph/reference';
import { size } from '../../src/graph/shape';
import { architectureOf } from '../../src/models/architectures';
import type { ModelConfig } from '../../src/models/config';
import { answerPosition, createEncoder, type EncodedText, PROMPT_SLOT } from '../../src/models/encode';
import { pairedInput } from '../../src/models/paired-input';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource, type NamedTensors } from '../../src/models/tensors';
import type { TextTokenizer } from '../../src/models/tokenizer';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { PromptSpace, promptFromWords } from '../../src/tuning/prompt';
import { type Experiment, needs, runExperiment } from '../../tools/evaluate/experiment';
import { compile, load, startJax } from '../../tools/evaluate/fast-reference';
import { FeatureStore, reader } from '../../tools/evaluate/features';
import { FastModel } from '../../tools/evaluate/model';
import { Memory } from '../../tools/evaluate/pool';
import { render } from '../../tools/evaluate/report';
import { atEqualPasses, type Figures, METHOD_HEADS, merged } from '../../tools/evaluate/sections';
import { randomConfig } from '../support/random-model';

beforeAll(startJax);

/** Not calibrated, which neither reference needs. */
function randomModel(seed: number, overrides: Partial<ModelConfig> = {}) {
  const config = randomConfig(overrides);
  const random = new SeededRandom(seedFromNumber(seed));
  const architecture = architectureOf(config);
  const shapes = Object.entries({ ...architecture.publicTensors(config), ...architecture.privateTensors(config) });
  const tensors: NamedTensors = new Map(
    shapes.map(([name, shape]) => {
      const [centre, spread] = /norm\.weight$/i.test(name) ? [1, 0.1] : [0, 0.7 / Math.sqrt(shape.at(-1)!)];
      const data = Float32Array.from({ length: size(shape) }, () => centre + spread * random.normal());
      return [name, { shape, data }];
    }),
  );
  return { config, tensors };
}

describe('the fast model', () => {
  const TOKENS = 20;
  const SLOTS = 3;
  const WORDS = [7, 11, 20];
  const random = new SeededRandom(seedFromNumber(4));
  const texts: EncodedText[] = Array.from({ length: 40 }, () => {
    const length = 2 + random.integer(TOKENS - SLOTS - 4);
    const body = Array.from({ length }, () => 5 + random.integer(45));
    const ids = new Int32Array(TOKENS).fill(1);
    ids.set([0, ...new Array<number>(SLOTS).fill(PROMPT_SLOT), 4, ...body, 2]);
    return { ids, length: length + SLOTS + 3, textTokens: length, textUsed: length, truncated: false };
  });

  for (const [name, overrides, deep] of [
    ['with random feature attention', {}, []],
    ['with softmax attention', { attention: 'softmax', num_frequencies: 0, denominator_offset: 0 }, []],
    ['with prompts for every layer', {}, [0.5]],
  ] as const) {
    it(`agrees with the reference ${name}`, async () => {
      const { config, tensors } = randomModel(3, overrides);
      const space = new PromptSpace({
        ...{ tokens: SLOTS, hidden: config.hidden_size, dimension: 6, std: 0.5, random, deep },
      });
      const prompts = texts.map(() => space.at(Float64Array.from({ length: 6 }, () => random.normal())));
      const plain = await PlaintextModel.load(config, memorySource(tensors));
      const exact = plain.logits(texts, prompts, WORDS, answerPosition(SLOTS));
      const fast = (await FastModel.load(config, tensors, WORDS)).logits(texts, prompts, SLOTS);
      for (const [i, row] of exact.entries()) {
        for (const [j, logit] of row.entries()) expect(fast[i]![j]).toBeCloseTo(logit, 3);
      }
    });
  }

  it.each(['pairs', 'features'] as const)('agrees with the reference where prompts are apart, by %s', async (order) => {
    const { config, tensors } = randomModel(3);
    const plain = await PlaintextModel.load(config, memorySource(tensors));
    const space = new PromptSpace({ tokens: SLOTS, hidden: config.hidden_size, dimension: 6, std: 0.5, random });
    const prompts = [0, 1, 2].map(() => space.at(Float64Array.from({ length: 6 }, () => random.normal())));
    const graph = architectureOf(config).graph(config, {
      ...{ sequences: prompts.length * texts.length, candidates: prompts.length, slots: SLOTS },
      ...{ tokens: TOKENS, answer: answerPosition(SLOTS), columns: WORDS.length, order },
    });
    const readout = plain.embedding.columns(WORDS);
    const { inputs, masks } = pairedInput(config, plain.embedding, texts, prompts);
    const given = { ...inputs, ...masks };
    const exact = runReference(graph, { inputs: given, weights: plain.weights, readout });
    const fast = compile(graph)(load(plain.weights, readout, WORDS.length), given);
    expect(fast).toHaveLength(exact.length);
    for (const [i, logit] of exact.entries()) expect(fast[i]).toBeCloseTo(logit, 3);
  });

  it('is moved by the prompt of a later layer alone', async () => {
    const { config, tensors } = randomModel(3);
    const model = await PlaintextModel.load(config, memorySource(tensors));
    const first = SLOTS * config.hidden_size;
    const prompt = new Float32Array(2 * first);
    const logits = (p: Float32Array) => model.logits(texts.slice(0, 1), [p], WORDS, answerPosition(SLOTS))[0]!;
    expect(logits(prompt)).toEqual(logits(prompt.subarray(0, first)));
    expect(logits(prompt.fill(0.5, first))).not.toEqual(logits(prompt.subarray(0, first)));
  });
});

describe('what heads are fitted to', () => {
  it('is the hidden state that label words are read out of', async () => {
    const { config, tensors } = randomModel(3);
    const tokenizer = {
      encode: (text: string) => Array.from(text.trim(), (letter) => 5 + (letter.charCodeAt(0) % 40)),
    };
    const reading = { tokens: 16, promptText: 'abc', promptTokens: 3 };
    const read = await reader({ config, tensors, tokenizer: tokenizer as TextTokenizer }, reading);
    const text = 'some text';
    const [state] = read([text]);
    const plain = await PlaintextModel.load(config, memorySource(tensors));
    const { table, bias } = plain.embedding;
    const d = config.hidden_size;
    const prompt = promptFromWords(tokenizer.encode('abc'), 3, table, d);
    const encode = createEncoder({ tokenizer, config, tokens: 16, promptTokens: 3 });
    const [logits] = plain.logits([encode(text)], [prompt], [7, 20], answerPosition(3));
    for (const [j, word] of [7, 20].entries()) {
      const product = state!.reduce((sum, x, i) => sum + x * table[word * d + i]!, bias[word]!);
      expect(product).toBeCloseTo(logits![j]!, 3);
    }
  });

  it('is kept by model, reading and text', () => {
    const folder = mkdtempSync(join(tmpdir(), 'features-'));
    const reading = { tokens: 16, promptText: 'a', promptTokens: 1 };
    const row = Float32Array.of(0.1, -2, 3e-9);
    new FeatureStore(folder).add('abc', reading, 'text', row);
    const later = new FeatureStore(folder);
    expect(later.find('abc', reading, 'text')).toEqual(row);
    expect(later.find('abc', reading, 'other')).toBeUndefined();
    expect(later.find('abc', { ...reading, tokens: 17 }, 'text')).toBeUndefined();
    expect(later.find('def', reading, 'text')).toBeUndefined();
    rmSync(folder, { recursive: true });
  });
});

it('heads learn from the training examples of their split, and open a row of each', async () => {
  const { config, tensors } = randomModel(3);
  const labels = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 'even' : 'odd'));
  const data = {
    name: 'parity',
    title: '',
    texts: labels.map((_, i) => String(i)),
    labels,
    words: {},
    evaluationFrom: 20,
    tokens: 16,
  };
  const experiment: Experiment = {
    ...{ model: '', task: 'parity', method: 'head', shots: 4, seed: 1 },
    settings: { ...DEFAULT_SETTINGS, deep: 0 },
  };
  // The texts are numbers: so many of those to tune with, all of the others, and the empty one.
  const { texts } = needs(experiment, data)!;
  expect(texts).toHaveLength(1 + 8 + 20);
  expect(texts.filter((text) => text !== '' && Number(text) < 20)).toHaveLength(8);
  expect(needs({ ...experiment, method: 'words' }, data)).toBeUndefined();
  const width = config.hidden_size;
  const row = (text: string) => Float32Array.from({ length: width }, (_, j) => (j === 0 ? Number(text) % 2 : 0.1));
  const features = new Map(texts.map((text) => [text, row(text)]));
  // A model without label words calibrates none, and computes no empty text.
  const model = { config: { ...config, task: 'embedding' as const }, tensors, tokenizer: {} as TextTokenizer };
  const outcome = await runExperiment(model, data, experiment, { features });
  expect(outcome).toMatchObject({ tuned: 1, passes: 8, numbers: 8 * width });
});

it('outcomes are known again by what they depend on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memory-'));
  const words: Experiment = {
    ...{ model: 'one', task: 'sst2', method: 'words', shots: 4, seed: 1 },
    settings: { ...DEFAULT_SETTINGS, deep: 0 },
  };
  const outcome = { tuned: 0.6, seconds: 1 };
  const of = (method: Experiment['method']): Experiment => ({ ...words, method, model: 'public/models/tiny' });
  const before = new Memory(join(folder, 'known.jsonl'));
  for (const experiment of [words, of('head'), of('forward-only')]) before.add(experiment, outcome);
  const later = new Memory(join(folder, 'known.jsonl'));
  const found = (experiment: Experiment) => later.find(experiment) !== undefined;
  const longer = { ...words.settings, generations: 99 };
  expect(later.find({ ...words, model: 'another' })).toEqual(outcome);
  expect(found({ ...words, seed: 2 })).toBe(false);
  expect(found({ ...of('head'), model: 'public/models/small' })).toBe(false);
  expect(found({ ...of('head'), settings: longer })).toBe(true);
  expect(found({ ...of('head'), settings: { ...longer, promptText: 'it is' } })).toBe(false);
  expect(found({ ...of('forward-only'), settings: longer })).toBe(false);
  rmSync(folder, { recursive: true });
});

it('compares settings at equal numbers of forward passes', () => {
  const passes = ({ population, batch, generations }: ReturnType<typeof atEqualPasses>) =>
    population * batch * generations;
  for (const changes of [{ batch: 4 }, { population: 2 }, { population: 16, batch: 8 }])
    expect(passes(atEqualPasses(changes))).toBe(passes(atEqualPasses({})));
});

describe('the report', () => {
  const outcomes = [0.7, 0.8].map((tuned) => ({ untuned: 0.6, tuned, passes: 64, numbers: 128, seconds: 1 }));
  const figures = (model: string, weights: string, cells: Figures['rows'][number]['cells']): Figures => ({
    ...{ heads: METHOD_HEADS, seeds: 2, seconds: 60 },
    rows: [{ labels: [model, 'sst2', '16'], weights, cells }],
  });
  const tiny = figures('tiny', 'abc', { prompt: outcomes });

  it('says what the figures say, and nothing of sections that were never run', () => {
    const text = render({ sections: { methods: tiny } });
    expect(text).toContain('### tiny');
    expect(text).toContain('| sst2 | 16 | 60.0 | 75.0 ± 7.1 |');
    expect(text).toContain('prompt with tiny, at least 75 %: 75.0 % — reached');
    expect(text).toContain('| 16 | 64 / 128 |');
    expect(text).not.toContain('Under MPC');
  });

  it('keeps what was measured of other models and methods, and forgets what was of other weights', () => {
    const head = { head: outcomes };
    const both = merged(tiny, figures('tiny', 'abc', head));
    expect(both.rows.map(({ cells }) => Object.keys(cells))).toEqual([['head', 'prompt']]);
    expect(merged(tiny, figures('small', 'def', head)).rows).toHaveLength(2);
    const anew = merged(tiny, figures('tiny', 'other', head));
    expect(anew.rows.map(({ cells }) => Object.keys(cells))).toEqual([['head']]);
    expect(merged(undefined, tiny).rows).toEqual(tiny.rows);
    // However often it is merged, time is that of what was measured.
    expect(merged(both, tiny).seconds).toBe(4);
  });
});
