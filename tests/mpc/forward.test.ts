import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph';
import { answerOf } from '../../src/models/encode';
import { planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import { planGraph } from '../../src/mpc/planner';
import { timelineOf } from '../../src/mpc/timeline';
import { harness, runPass, setUp } from '../support/harness';
import { DECODER, randomBatch, randomModel, referenceLogits, SOFTMAX } from '../support/random-model';

const words = [7, 11, 20];

describe('a forward pass of three parties', () => {
  for (const [name, overrides, tokens, deep] of [
    ['attention by pairs of tokens', {}, 10],
    ['attention through features by values', { num_frequencies: 2, denominator_offset: 2 }, 20],
    ['softmax attention and GELU', SOFTMAX, 9],
    ['a causal decoder', DECODER, 9],
    ['prompts in every layer of a causal decoder', { ...DECODER, num_hidden_layers: 3 }, 9, true],
    ['a width that is no power of two', { hidden_size: 12, num_attention_heads: 3 }, 7],
    ['one layer, one head', { num_hidden_layers: 1, num_attention_heads: 1 }, 5],
  ] as const) {
    it(`gives the reference's logits with ${name}, and costs what the cost model says`, async () => {
      const model = await randomModel(3, overrides);
      const shape = { sequences: 6, tokens, answer: answerOf(model.config, 2, tokens), columns: words.length, deep };
      const plan = planModel(model.config, shape);
      const h = await harness();
      await setUp(h, plan, model.weights, model.embedding.columns(words));
      for (const seed of [8, 9]) {
        const batch = randomBatch(model, shape, seed);
        const { logits, data, model: report, dealt } = await runPass(h, plan, batch);
        const expected = referenceLogits(model, shape, batch, words);
        const errors = logits.map((x, i) => Math.abs(x - expected[i]!));
        expect(logits.length).toBe(6 * words.length);
        expect(Math.max(...errors)).toBeLessThan(0.05);
        expect(errors.reduce((a, b) => a + b) / errors.length).toBeLessThan(0.01);

        const cost = costOf(plan);
        for (const counted of [data, report]) {
          expect(counted).toMatchObject({
            rounds: cost.rounds,
            toModelOwner: cost.toModelOwner,
            toDataOwner: cost.toDataOwner,
            dealt: cost.dealt,
          });
        }
        expect(dealt).toBe(cost.dealt);
      }
      const cost = costOf(plan);
      expect(h.channels.dataToModel.sent.body.ring).toBe(2 * cost.toModelOwner + cost.setup.toModelOwner);
      expect(h.channels.modelToData.sent.body.ring).toBe(2 * cost.toDataOwner + cost.setup.toDataOwner);
      expect(h.dealt()).toBe(2 * cost.dealt);
      expect(h.channels.dataToModel.sent.messages + h.channels.modelToData.sent.messages).toBeLessThanOrEqual(
        2 + 4 * cost.rounds,
      );
    });
  }

  for (const [name, overrides] of [
    ['an encoder', {}],
    ['an encoder with softmax', SOFTMAX],
    ['a causal decoder', DECODER],
  ] as const) {
    it(`opens the state of ${name}, of which its label words are a product, without a range of it`, async () => {
      const model = await randomModel(3, overrides);
      const read = { sequences: 5, tokens: 9, answer: answerOf(model.config, 2, 9), columns: words.length };
      const shape = { ...read, columns: 0 };
      const plan = planModel(model.config, shape);
      const h = await harness();
      await setUp(h, plan, model.weights);
      const batch = randomBatch(model, shape, 8);
      const { logits: states, data } = await runPass(h, plan, batch);
      const hidden = model.config.hidden_size;
      expect(states.length).toBe(5 * hidden);
      const expected = referenceLogits(model, shape, batch, []);
      expect(Math.max(...states.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(0.05);
      const logits = referenceLogits(model, read, batch, words);
      const columns = model.embedding.columns(words);
      for (const [at, logit] of logits.entries()) {
        const [i, j] = [Math.floor(at / words.length), at % words.length];
        let product = 0;
        for (let k = 0; k < hidden; k++) product += states[i * hidden + k]! * columns[k * words.length + j]!;
        expect(product).toBeCloseTo(logit, 1);
      }
      expect(data).toMatchObject({ rounds: costOf(plan).rounds, toDataOwner: costOf(plan).toDataOwner });
    });
  }
});

it('the data owner says what it knows before the dealer has sent what comes of the answer', async () => {
  const net = new Graph();
  const x = net.linear('wide', net.input('x', [2, 4]), [4]);
  net.reveal('values', net.square('square', x));
  const calibration = {
    range: () => [-1, 1] as const,
    polynomial: () => {
      throw new Error('no gate');
    },
  };
  const plan = planGraph(net, calibration);
  const lift = plan.nodes.find(({ kind }) => kind === 'lift')!;
  expect(lift).toMatchObject({ round: 1, stage: 'ahead' });
  expect(lift.dealtTo).toContain('data-owner');
  const h = await harness();
  const wide = { name: 'wide', inputs: 4, outputs: 4, values: new Float64Array(16), bias: new Float64Array(4) };
  await setUp(h, plan, new Map([['wide', wide]]));
  // Nobody deals.
  h.dataOwner.run(plan, [{ inputs: { x: new Float64Array(8) }, masks: {} }]).catch(() => {});
  const { round, body } = await h.channels.modelToData.receive(AbortSignal.timeout(5000));
  expect({ round, bytes: body.length }).toEqual({ round: 1, bytes: timelineOf(plan)[1]!.toModelOwner });
});
