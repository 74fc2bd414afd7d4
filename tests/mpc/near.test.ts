/** Heads whose rows' sums are foretold by scores nearby, on shares, with padding. */
import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph';
import { runReference } from '../../src/graph/reference';
import { besides } from '../../src/graph/shape';
import { Measured, withCalibration } from '../../src/models/calibrate';
import { planModel } from '../../src/models/plan-model';
import { expectAnswers, harness, runInputs, setUp } from '../support/harness';
import {
  DECODER,
  exactly,
  graphOf,
  randomBatch,
  randomConfig,
  referenceInputs,
  SOFTMAX,
  selfishEncoder,
  type TestModel,
  uncalibratedModel,
} from '../support/random-model';

const WORDS = [7, 11, 20];

async function selfishDecoder(): Promise<TestModel> {
  const model = await uncalibratedModel(5, { ...DECODER, num_attention_heads: 4 });
  const { data } = model.tensors.get('transformer.h.0.attn.c_attn.weight')!;
  const width = model.config.hidden_size;
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width / 4; j++) data[i * 3 * width + j] = 8 * data[i * 3 * width + width + j]!;
  return exactly(model, 5);
}

describe.each([
  ['an encoder, and once halved', selfishEncoder, 1, [12, 9]],
  ['a decoder in blocks of queries', selfishDecoder, 0, [17, 6]],
] as const)('%s: a head that looks at itself', async (_, made, halvings, lengths) => {
  const model = await made();
  const { heads } = model.config.groups![0]!;

  it('has that head’s rows foretold by their own scores', () => {
    const near = heads.flatMap(({ near = [], halvings }) => near.map(([, own]) => [halvings, own] as const));
    expect(near).toEqual([[halvings, expect.toSatisfy((own: number) => own >= 5)]]);
    expect(heads.some(({ near }) => near === undefined)).toBe(true);
  });

  it.each(lengths)('answers as the reference does, padding and all: %i tokens', async (tokens) => {
    const shape = { sequences: 4, tokens, answer: model.config.task === 'causal-lm' ? tokens - 1 : 2, columns: 3 };
    const batch = randomBatch(model, shape, 90 + tokens);
    const given = referenceInputs(model, batch, WORDS);
    const expected = runReference(graphOf(model.config, shape), given);
    expect(batch.masks.kept.some((keep) => !keep)).toBe(true);
    const plan = planModel(model.config, shape);
    expect(plan.nodes.some(({ kind }) => kind === 'near')).toBe(true);
    const h = await harness();
    await setUp(h, plan, model.weights, model.embedding.columns(WORDS));
    const { embedded, masks, offsets } = batch;
    const inputs = {
      embedded,
      counted: Float64Array.from(masks.kept),
      ...(offsets && { offsets: Float64Array.from(offsets) }),
    };
    expectAnswers(await runInputs(h, plan, [{ inputs, masks }]), plan, expected);
  });
});

it('has a period that leaves padding hidden, however much is taken off its row', async () => {
  const graph = new Graph();
  const mask = graph.mask('kept', [1, 3]);
  const x = graph.input('x', [1, 3, 1, 3]);
  const exponent = graph.near('rest', x, [[0, 8, 0]], { first: 0, slots: 0 });
  graph.gate('weights', exponent, ['exponential'], { mask, maskAxis: 2 });
  const periodOf = async (far: number) => {
    const measured = new Measured();
    // Rows that differ by far, and hardly within.
    const inputs = { x: [0, 0.1, -0.1, far, far + 0.1, far, -far / 4, -far / 4, -far / 4], kept: [1, 1, 1] };
    measured.add(graph, { inputs, weights: new Map(), readout: new Float64Array() });
    const { gates } = await withCalibration(randomConfig(SOFTMAX), [graph], measured);
    return gates!.weights!.period;
  };
  expect(await periodOf(0)).toBe(32);
  // 3/8 of it are 11 beyond a quarter of that, 5/8 hold all of it; and the other way round.
  expect(await periodOf(40)).toBe(128);
  expect(await periodOf(-40)).toBe(256);
});

it('neighbours are a sequence’s, in which a prompt that is given apart stands behind the first token', async () => {
  for (const [columns, slots] of [
    [1, 0],
    [7, 0],
    [7, 3],
    [5, 4],
  ] as const) {
    const order = [0, ...range(columns - slots, columns), ...range(1, columns - slots)];
    for (const [place, column] of order.entries())
      for (const first of [0, column])
        expect(besides(column - first, columns, { first, slots })).toEqual([
          order[place - 1],
          column,
          order[place + 1],
        ]);
  }
  const { config } = await selfishEncoder();
  const shape = { sequences: 4, tokens: 12, answer: 4, columns: 3, slots: 3, candidates: 2 };
  const nodes = planModel(config, shape).nodes.filter(({ kind }) => kind === 'near');
  expect(nodes.length).toBeGreaterThan(0);
  for (const node of nodes) expect(node).toMatchObject({ beside: { first: 0, slots: 3 } });
});

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
