/** Prompts given apart from texts: every candidate's before every text, against the reference of the same sequences one by one. */
import { describe, expect, it } from 'vitest';
import { runReference } from '../../src/graph/reference';
import { type EncodedText, PROMPT_SLOT } from '../../src/models/encode';
import { pairedInput } from '../../src/models/paired-input';
import { encoderInput } from '../../src/models/pass-input';
import { planModel } from '../../src/models/plan-model';
import { type Cost, costOf } from '../../src/mpc/cost';
import { expectAnswers, harness, runInputs, setUp } from '../support/harness';
import { generator, graphOf, randomModel, SOFTMAX, type TestModel } from '../support/random-model';

const words = [7, 11, 20];

interface Sizes {
  texts: number;
  candidates: number;
  tokens: number;
  slots: number;
  deep: boolean;
}

/** Texts of all lengths, and prompts that differ as an optimiser's do. */
function batchOf({ config }: TestModel, { texts, candidates, tokens, slots, deep }: Sizes, seed: number) {
  const random = generator(seed);
  const text = (i: number): EncodedText => {
    const least = slots + 3;
    const length = i === 0 ? tokens : least + Math.floor(random() * (tokens - least + 1));
    const ids = new Int32Array(tokens).fill(config.pad_token_id);
    for (let t = 0; t < length; t++)
      ids[t] = t > 0 && t <= slots ? PROMPT_SLOT : 5 + Math.floor(random() * (config.vocab_size - 5));
    return { ids, length, textTokens: length, textUsed: length, truncated: false };
  };
  const width = (deep ? config.num_hidden_layers : 1) * slots * config.hidden_size;
  return {
    texts: Array.from({ length: texts }, (_, i) => text(i)),
    prompts: Array.from({ length: candidates }, () => Float32Array.from({ length: width }, () => random() - 0.5)),
  };
}

/** Label words' logits by the graph of sequences that have their prompts in them. */
function oneByOne(model: TestModel, sizes: Sizes, { texts, prompts }: ReturnType<typeof batchOf>): Float64Array {
  const { tokens, slots, deep } = sizes;
  const { inputs, masks } = encoderInput(
    model.config,
    model.embedding,
    prompts.flatMap(() => texts),
    prompts.flatMap((prompt) => texts.map(() => prompt)),
  );
  const shape = { sequences: texts.length * prompts.length, tokens, answer: slots + 1, columns: words.length, deep };
  return runReference(graphOf(model.config, shape), {
    inputs: { ...inputs, ...masks },
    weights: model.weights,
    readout: model.embedding.columns(words),
  });
}

const shapeOf = ({ texts, candidates, tokens, slots, deep }: Sizes) => ({
  ...{ sequences: texts * candidates, candidates, slots, tokens, deep },
  ...{ answer: slots + 1, columns: words.length },
});

const KINDS = [
  ['pairs of tokens', {}, 'pairs'],
  ['features by values', { num_frequencies: 4, denominator_offset: 2 }, 'features'],
  ['softmax', SOFTMAX, undefined],
  ['one layer', { num_hidden_layers: 1 }, undefined],
] as const;

describe.each(KINDS)('candidates before texts, with attention by %s', async (_, overrides, order) => {
  const model = await randomModel(3, overrides);
  let sizes = 0;
  for (const candidates of [1, 2, 5])
    for (const texts of [1, 3]) {
      const seed = ++sizes;
      const drawn = generator(seed);
      const [slots, deep] = [1 + Math.floor(3 * drawn()), candidates === 2];
      const some: Sizes = { texts, candidates, slots, deep, tokens: slots + 4 + Math.floor(6 * drawn()) };

      it(`gives what each does alone, for ${JSON.stringify(some)}`, async () => {
        const batch = batchOf(model, some, 40 + seed);
        const expected = oneByOne(model, some, batch);
        const shape = { ...shapeOf(some), order };
        const input = pairedInput(model.config, model.embedding, batch.texts, batch.prompts);
        const { weights, embedding } = model;
        const readout = embedding.columns(words);
        const inputs = { ...input.inputs, ...input.masks };
        const reference = runReference(graphOf(model.config, shape), { inputs, weights, readout });
        for (const [i, logit] of reference.entries()) expect(logit).toBeCloseTo(expected[i]!, 8);

        const plan = planModel(model.config, shape);
        const h = await harness();
        await setUp(h, plan, weights, readout);
        expect(expected).toHaveLength(texts * candidates * words.length);
        expectAnswers(await runInputs(h, plan, [input]), plan, expected);
      });
    }
});

describe('what it costs', () => {
  const online = ({ toModelOwner, toDataOwner }: Cost) => toModelOwner + toDataOwner;

  it.each(KINDS)(
    'is no more than sequences one by one, with the same matrices for all sizes: %s',
    async (_, overrides) => {
      const { config } = await randomModel(3, overrides);
      const planAt = (candidates: number, texts: number, slots = 3) =>
        planModel(config, { ...shapeOf({ candidates, texts, slots, tokens: 12, deep: false }), answer: 4 });
      const one = planAt(1, 1);
      for (const [candidates, texts] of [
        [1, 40],
        [4, 1],
        [8, 16],
      ] as const) {
        const plan = planAt(candidates, texts);
        expect(plan.weights).toEqual(one.weights);
        const [apart, whole] = [costOf(plan), costOf(planAt(1, candidates * texts, 0))];
        expect(apart.rounds).toBe(whole.rounds);
        expect(apart.dealt).toBeLessThan(whole.dealt);
        expect(online(apart)).toBeLessThan(online(whole));
      }
    },
  );

  it('of the first layer’s input, keys, queries and values is as much as texts and prompts have', async () => {
    const { config } = await randomModel(3);
    const opened = (candidates: number, texts: number) => {
      const cost = costOf(planModel(config, shapeOf({ candidates, texts, slots: 3, tokens: 12, deep: false })));
      return cost.byOperation.openPair!.toDataOwner;
    };
    // As many prompts again are as many bytes again, and so are texts, whatever there is of the others.
    const [both, prompts, texts] = [opened(8, 16), opened(16, 16) - opened(8, 16), opened(8, 32) - opened(8, 16)];
    expect(prompts + texts).toBe(both);
    expect(texts / prompts).toBe((16 * (12 - 3)) / (8 * 3));
  });
});

it('a text whose slots stand elsewhere is refused', async () => {
  const model = await randomModel(3);
  const { texts, prompts } = batchOf(model, { texts: 2, candidates: 1, tokens: 9, slots: 2, deep: false }, 1);
  const moved = { ...texts[1]!, ids: texts[1]!.ids.toReversed() };
  expect(() => pairedInput(model.config, model.embedding, [texts[0]!, moved], prompts)).toThrow(
    'slots at the same places of every text',
  );
});
