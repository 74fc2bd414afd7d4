import { beforeAll, describe, expect, it } from 'vitest';
import { size } from '../../src/graph/shape';
import { architectureOf } from '../../src/models/architectures';
import type { ModelConfig } from '../../src/models/config';
import { answerPosition, type EncodedText, PROMPT_SLOT } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource, type NamedTensors } from '../../src/models/tensors';
import { SeededRandom } from '../../src/random/generator';
import { seedFromNumber } from '../../src/random/seed';
import { PromptSpace } from '../../src/tuning/prompt';
import { startJax } from '../../tools/evaluate/fast-reference';
import { FastModel } from '../../tools/evaluate/model';
import { type Report, render } from '../../tools/evaluate/report';
import { atEqualPasses } from '../../tools/evaluate/sections';
import { wordClassifier } from '../../tools/evaluate/words';
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

  for (const [name, overrides, layers] of [
    ['with random feature attention', {}, 0],
    ['with softmax attention', { attention: 'softmax', num_frequencies: 0, denominator_offset: 0 }, 0],
    ['with prompts for every layer', {}, 1],
  ] as const) {
    it(`agrees with the reference ${name}`, async () => {
      const { config, tensors } = randomModel(3, overrides);
      const space = new PromptSpace({
        ...{ tokens: SLOTS, hidden: config.hidden_size, dimension: 6, std: 0.5, random },
        ...(layers > 0 ? { deep: { layers, std: 0.5 } } : {}),
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

it('n-grams tell what words tell, with the penalty that validation prefers', () => {
  const examples = (texts: string[], target: number) => texts.map((text) => ({ text, target }));
  const good = examples(['a good film', 'good fun', 'so good , really', 'a fine and good play'], 0);
  const bad = examples(['a bad film', 'bad fun', 'so bad , really', 'a poor and bad play'], 1);
  const predict = wordClassifier([...good.slice(0, 3), ...bad.slice(0, 3)], [good[3]!, bad[3]!], 2);
  expect(['good times', 'bad times', 'not a bad one', 'good'].map(predict)).toEqual([0, 1, 1, 0]);
});

it('compares settings at equal numbers of forward passes', () => {
  const passes = ({ population, batch, generations }: ReturnType<typeof atEqualPasses>) =>
    population * batch * generations;
  for (const changes of [{ batch: 4 }, { population: 2 }, { population: 16, batch: 8 }])
    expect(passes(atEqualPasses(changes))).toBe(passes(atEqualPasses({})));
});

it('the report says what the figures say, and nothing of sections that were never run', () => {
  const outcomes = [0.7, 0.8].map((tuned) => ({ untuned: 0.6, tuned, seconds: 1 }));
  const report: Report = {
    sections: {
      tasks: {
        ...{ heads: ['Task', 'Examples a class'], seeds: 2, seconds: 60, model: 'abc' },
        rows: [{ labels: ['sst2', '16'], cells: { 'forward-only tuning': outcomes } }],
      },
    },
  };
  const text = render(report);
  expect(text).toContain('| sst2 | 16 | 60.0 | 75.0 ± 7.1 |');
  expect(text).toContain('at least 75 % after tuning: 75.0 % — reached');
  expect(text).not.toContain('Under MPC');
});
