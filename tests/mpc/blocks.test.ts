/** A causal model's queries in blocks: the same as all pairs at once, for fewer bytes and as many rounds. */
import { describe, expect, it } from 'vitest';
import { runReference } from '../../src/graph/reference';
import { type EncodedText, PROMPT_SLOT, paddingOf, placesOf } from '../../src/models/encode';
import { encoderInput } from '../../src/models/pass-input';
import { planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import type { Plan } from '../../src/mpc/plan';
import { expectAnswers, harness, runInputs, setUp } from '../support/harness';
import { DECODER, exactly, generator, graphOf, type TestModel, uncalibratedModel } from '../support/random-model';

const WORDS = [7, 11, 20];
const SLOTS = 3;

/** Texts of all lengths, each under a prompt of its own: padding moves the slots, which stand behind the first token. */
function inputOf({ config, embedding }: TestModel, tokens: number, seed: number) {
  const random = generator(seed);
  const slots = Math.min(SLOTS, tokens - 2);
  const lengths = [tokens, slots + 2, slots + 2 + Math.floor(random() * (tokens - slots - 1))];
  const texts = lengths.map((length): EncodedText => {
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    for (const [t, place] of placesOf(paddingOf(config), tokens, length).entries())
      ids[place] = t > 0 && t <= slots ? PROMPT_SLOT : 5 + Math.floor(random() * (config.vocab_size - 5));
    ids[0] = config.bos_token_id;
    return { ids, length, textTokens: length, textUsed: length, truncated: false };
  });
  const width = slots * config.hidden_size;
  const prompts = texts.map(() => Float32Array.from({ length: width }, () => random() - 0.5));
  return encoderInput(config, embedding, texts, prompts);
}

const shapeOf = (tokens: number) => ({ sequences: 3, tokens, answer: tokens - 1, columns: WORDS.length });

/** One of its heads attends so sharply that it is of a group of its own, whose scores are halved. */
async function sharpModel(): Promise<TestModel> {
  const model = await uncalibratedModel(5, { ...DECODER, num_attention_heads: 4 });
  const { data } = model.tensors.get('transformer.h.0.attn.c_attn.weight')!;
  const width = model.config.hidden_size;
  for (let i = 0; i < width; i++) for (let j = 0; j < width / 4; j++) data[i * 3 * width + j]! *= 8;
  return exactly(model, 5);
}

const model = await sharpModel();
const planOf = (tokens: number, blocks?: number, sequences = 3) =>
  planModel(model.config, { ...shapeOf(tokens), sequences, blocks });

describe('a causal model in blocks of queries', () => {
  it('has here what blocks have to do with: groups, halvings, and means', () => {
    expect(model.config.groups![0]!.heads).toMatchObject([
      { halvings: 0, mean: true },
      { halvings: 1, mean: true },
    ]);
  });

  it.each([
    // Equal ones, one with fewer queries, of one query each, more than there are queries, and by default.
    [9, 3, [3, 3, 3]],
    [9, 2, [5, 4]],
    [11, 5, [3, 3, 3, 2]],
    [5, 5, [1, 1, 1, 1, 1]],
    [4, 7, [1, 1, 1, 1]],
    [13, 4, [4, 4, 4, 1]],
    [4, undefined, [4]],
    [17, undefined, [6, 6, 5]],
  ] as const)(
    'of %s tokens, %s wanted, answers as without, and costs what is counted',
    async (tokens, blocks, sizes) => {
      const shape = { ...shapeOf(tokens), blocks };
      const { inputs, masks } = inputOf(model, tokens, 90 + tokens);
      const given = {
        inputs: { ...inputs, ...masks },
        weights: model.weights,
        readout: model.embedding.columns(WORDS),
      };
      const expected = runReference(graphOf(model.config, { ...shape, blocks: 1 }), given);
      const reference = runReference(graphOf(model.config, shape), given);
      for (const [i, logit] of reference.entries()) expect(logit).toBeCloseTo(expected[i]!, 9);

      const plan = planModel(model.config, shape);
      expect(pairsOf(plan)).toEqual(blocksOf(sizes));
      const h = await harness();
      await setUp(h, plan, model.weights, given.readout);
      expect(expected).toHaveLength(3 * WORDS.length);
      expectAnswers(await runInputs(h, plan, [{ inputs, masks }]), plan, expected);
    },
  );

  it('has the ranges and gates of tensors that are not cut', () => {
    const known = Object.keys({ ...model.config.ranges, ...model.config.gates });
    expect(known.length).toBeGreaterThan(20);
    expect(known.filter((name) => name.includes('block'))).toEqual([]);
  });
});

/** [queries, keys] of what is opened of weights in the first layer's first group, block by block. */
function pairsOf(plan: Plan): number[][] {
  const weights = plan.nodes.filter(
    ({ kind, name }) => kind === 'open' && /^layer\.0\.weights(\.0)?(\.block\.\d+)?$/.test(name),
  );
  return weights.map(({ shape: [, queries, , keys] }) => [queries!, keys!]);
}

const blocksOf = (sizes: readonly number[]) =>
  sizes.map((queries, i) => [queries, sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0)]);

describe('what blocks cost', () => {
  it.each([9, 24, 64])(
    'is less the more there are, in as many rounds and with the same matrices: %i tokens',
    (tokens) => {
      const whole = planOf(tokens, 1);
      let before = costOf(whole);
      for (const blocks of [2, 4, 8]) {
        const plan = planOf(tokens, blocks);
        const cost = costOf(plan);
        expect(plan.weights).toEqual(whole.weights);
        for (const key of ['rounds', 'turns'] as const) expect(cost[key], key).toBe(before[key]);
        for (const key of ['toModelOwner', 'toDataOwner', 'dealt', 'operations'] as const)
          expect(cost[key], key).toBeLessThan(before[key]);
        before = cost;
      }
      expect(costOf(planOf(tokens)).dealt).toBeLessThan(costOf(whole).dealt);
    },
  );

  it('is of pairs alone: keys and values are opened once, each query once', () => {
    // Sequences in whole words: parts of one query each are then as long as all of them together.
    const opened = (blocks: number) => {
      const nodes = planOf(8, blocks, 32).nodes.filter(({ kind, name }) => kind === 'open' && !/weights/.test(name));
      return {
        elements: nodes.reduce((sum, { shape }) => sum + shape.reduce((n, length) => n * length, 1), 0),
        keys: nodes.filter(({ name }) => /\.(key|value)(\.\d)?$/.test(name)).length,
        blocks: nodes.filter(({ name }) => /block/.test(name) && !/\.(query|shift\.column)(\.\d)?\.block/.test(name)),
      };
    };
    const [one, four] = [opened(1), opened(4)];
    expect(four.elements).toBe(one.elements);
    expect(four.keys).toBe(one.keys);
    expect(four.blocks).toEqual([]);
  });
});
