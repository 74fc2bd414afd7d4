/** The cost model against counted bytes, and the protocol against the reference, on models of every odd shape. */
import { describe, expect, it } from 'vitest';
import type { PassShape } from '../../src/models/architecture';
import { calibrationOf } from '../../src/models/calibration';
import type { ModelConfig } from '../../src/models/config';
import { planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import { partBytes } from '../../src/mpc/operation';
import { talks, trafficOf } from '../../src/mpc/operations';
import { planGraph } from '../../src/mpc/planner';
import { seedFromNumber } from '../../src/random/seed';
import { harness, runPass, setUp } from '../support/harness';
import { generator, graphOf, randomBatch, randomModel, referenceLogits } from '../support/random-model';

const random = generator(77);
const pick = (low: number, high: number) => low + Math.floor((high - low + 1) * random());

/** Small configurations: both kinds of attention, both associations, one layer and one sequence among them, mostly odd sizes. */
const CASES = Array.from({ length: 8 }, (_, i) => {
  const heads = [1, 3, 2, 6, 5, 1, 4, 7][i]!;
  const attention = i % 4 === 3 ? 'softmax' : 'rfa';
  const overrides: Partial<ModelConfig> = {
    num_attention_heads: heads,
    // Not too narrow: the few values of a narrow row may all be near zero, and a norm then amplifies any error.
    hidden_size: heads * pick(Math.ceil(12 / heads), Math.floor(21 / heads)),
    num_hidden_layers: i % 3 === 0 ? 1 : 2,
    intermediate_size: pick(5, 27),
    attention,
    num_frequencies: attention === 'rfa' ? pick(2, 7) : 0,
    denominator_offset: attention === 'rfa' ? 2 : 0,
    hidden_act: i % 2 ? 'gelu' : 'trigonometric',
  };
  const tokens = pick(5, 15);
  const order = attention === 'rfa' ? (['pairs', 'features'] as const)[i % 2] : undefined;
  const shape: PassShape = {
    sequences: i < 2 ? 1 : pick(2, 5),
    tokens,
    answer: pick(0, 3),
    columns: pick(1, 4),
    deep: i % 3 === 1,
    order,
  };
  const name = `${attention} ${order ?? ''}: ${JSON.stringify(shape)}, width ${overrides.hidden_size} in ${heads} heads`;
  return { name, overrides, shape };
});

describe('the cost model', () => {
  it.each(CASES)('says what is counted, and the result is the reference’s: $name', async ({ overrides, shape }) => {
    const model = await randomModel(5, overrides);
    const words = [7, 11, 20, 33].slice(0, shape.columns);
    const plan = planModel(model.config, shape);
    const cost = costOf(plan);
    const h = await harness({ seeds: { 'data-owner': seedFromNumber(1), 'model-owner': seedFromNumber(2) } });
    await setUp(h, plan, model.weights, model.embedding.columns(words));
    const { dataToModel, modelToData, dealerToData, dealerToModel } = h.channels;
    expect(dataToModel.sent.body.ring).toBe(cost.setup.toModelOwner);
    expect(modelToData.sent.body.ring).toBe(cost.setup.toDataOwner);

    const batch = randomBatch(model, shape, 6);
    const reached: number[] = [];
    const { logits, data, model: report, dealt } = await runPass(h, plan, batch, (round) => reached.push(round));
    expect(dataToModel.sent.body.ring).toBe(cost.setup.toModelOwner + cost.toModelOwner);
    expect(modelToData.sent.body.ring).toBe(cost.setup.toDataOwner + cost.toDataOwner);
    expect(dealerToData.sent.body.ring).toBe(cost.dealtToDataOwner);
    expect(dealerToModel.sent.body.ring).toBe(cost.dealt - cost.dealtToDataOwner);
    expect(dealt).toBe(cost.dealt);
    expect(reached).toEqual(Array.from({ length: cost.rounds + 1 }, (_, round) => round));
    for (const counted of [data, report]) {
      expect(counted.rounds).toBe(cost.rounds);
      for (const key of ['toModelOwner', 'toDataOwner', 'dealt'] as const) expect(counted[key]).toBe(cost[key]);
      // By operation too; local ones cost multiplications only and are not counted by parties.
      for (const [kind, { rounds, toModelOwner, toDataOwner, dealt }] of Object.entries(cost.byOperation)) {
        const entry = counted.byOperation[kind];
        if (rounds + toModelOwner + toDataOwner + dealt > 0) {
          expect(entry, kind).toEqual({ rounds, toModelOwner, toDataOwner, dealt });
        } else expect(entry, kind).toBeUndefined();
      }
    }

    const expected = referenceLogits(model, shape, batch, words);
    expect(logits.length).toBe(shape.sequences * shape.columns);
    for (const [i, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!)).toBeLessThan(0.05);
  });

  it('adds up its operations', async () => {
    const model = await randomModel(5, { num_hidden_layers: 1 });
    const cost = costOf(
      planGraph(graphOf(model.config, { sequences: 3, tokens: 9, answer: 2, columns: 2 }), calibrationOf(model.config)),
    );
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt', 'operations'] as const) {
      expect(Object.values(cost.byOperation).reduce((sum, entry) => sum + entry[key], 0)).toBe(cost[key]);
    }
    // Products of matrices: rows × inputs × outputs, exactly.
    const { hidden_size: d, intermediate_size: ff, num_attention_heads: heads, num_frequencies: m } = model.config;
    const [all, one] = [3 * 9, 3];
    const linear = all * d * (heads * m + d) + one * d * (heads * m + d + 2 * ff + 1 + d);
    expect(cost.byOperation.linear!.operations).toBe(linear);
    // γ of the residual connection and of the head: an element each, once.
    expect(cost.byOperation.scale!.operations).toBe(2 * one * d);
  });

  it('says how much of it the data owner could say before it has its input', async () => {
    const { config } = await randomModel(5, { num_hidden_layers: 1 });
    const shape = { sequences: 3, tokens: 9, answer: 2, columns: 2 };
    const plan = planModel(config, shape);
    const { byOperation, knownAhead } = costOf(plan);
    // Phases of angles and of intermediate channels, sums that a norm lifts, and values: what products with private matrices come to.
    const ahead = plan.nodes.filter(talks).filter(({ stage }) => stage === 'ahead');
    const bytesOf = (nodes: typeof ahead) =>
      nodes.reduce((sum, node) => sum + partBytes(trafficOf(node).toModelOwner), 0);
    expect(ahead.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['phase', 'open', 'lift']));
    // The first residual connection is of the input itself.
    expect(knownAhead).toBe(bytesOf(ahead.filter(({ name }) => name !== 'layer.0.attention.sum')));
    expect(byOperation.disclose?.knownAhead).toBe(0);
    // The masked padding is the data owner's own.
    expect(byOperation.mask).toMatchObject({ toModelOwner: 4, knownAhead: 0 });
  });
});
