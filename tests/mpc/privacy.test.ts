/** What each role sees is uniform, and says nothing but shapes. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PassShape } from '../../src/models/architecture';
import type { ModelConfig } from '../../src/models/config';
import { planModel } from '../../src/models/plan-model';
import { MaskStream } from '../../src/mpc/mask-stream';
import { seedFromNumber } from '../../src/random/seed';
import { harness, runPass, setUp } from '../support/harness';
import { type Batch, DECODER, randomBatch, randomModel, SOFTMAX, type TestModel } from '../support/random-model';
import { correlation, MOST_DEVIATIONS, signed, Uniformity } from '../support/statistics';
import { type Slice, setupSlices, slices, Tap } from '../support/tap';

const PASSES = 2;

/** Seeds of a run, by its number: fixed, so that these tests always see the same bytes. */
const seedsOf = (run: number) => ({
  'data-owner': seedFromNumber(2 * run + 1),
  'model-owner': seedFromNumber(2 * run + 2),
});

/** What a role hears in a run: parts of messages by what they belong to, pass after pass. */
type View = Map<string, Slice[]>;

/** One run of a set-up and some passes over the same data. */
async function record(model: TestModel, shape: PassShape, words: number[], batch: Batch, run: number) {
  const [peers, dealer, other] = [new Tap(), new Tap(), new Tap()];
  const h = await harness({
    ...{ seeds: seedsOf(run), link: peers.options },
    ...{ dealerLink: dealer.options, dataDealerLink: other.options },
  });
  const plan = planModel(model.config, shape);
  await setUp(h, plan, model.weights, model.embedding.columns(words));
  for (let pass = 0; pass < PASSES; pass++) await runPass(h, plan, batch);

  const views: Record<'modelOwner' | 'dataOwner' | 'dealtToModelOwner' | 'dealtToDataOwner', View> = {
    modelOwner: new Map(),
    dataOwner: new Map(),
    dealtToModelOwner: new Map(),
    dealtToDataOwner: new Map(),
  };
  const collect = (view: View, direction: Parameters<typeof slices>[2], messages: typeof peers.messages) => {
    for (const { round, body } of messages) {
      for (const slice of slices(plan, round, direction, body)) {
        const key = `${slice.node.kind} ${slice.node.name} #${slice.index}`;
        view.set(key, [...(view.get(key) ?? []), slice]);
      }
    }
  };
  const masked = (view: View, owner: 'data-owner' | 'model-owner', body: Uint8Array) => {
    for (const { name, ...slice } of setupSlices(plan, owner, body)) {
      view.set(`matrix ${name}`, [{ ...slice, node: plan.output, index: 0 }]);
    }
  };
  const from = (end: 0 | 1) => peers.messages.filter((m) => m.from === end);
  masked(views.modelOwner, 'data-owner', from(0)[0]!.body);
  masked(views.dataOwner, 'model-owner', from(1)[0]!.body);
  collect(views.modelOwner, 'toModelOwner', from(0).slice(1));
  collect(views.dataOwner, 'toDataOwner', from(1).slice(1));
  collect(views.dealtToModelOwner, 'dealt to model-owner', dealer.messages);
  collect(views.dealtToDataOwner, 'dealt to data-owner', other.messages);
  const order = [from(0), from(1), dealer.messages, other.messages].map((said) =>
    said.map(({ pass, round, body }) => [pass, round, body.length]),
  );
  return { views, order };
}

/** How far from uniform every part is, pooled over views. The readout's second part is made of the result and stands apart. */
function deviations(views: View[]): Map<string, number> {
  const pooled = new Map<string, Uniformity>();
  for (const view of views) {
    for (const [key, parts] of view) {
      if (key.startsWith('readout') && key.endsWith('#1')) continue;
      for (const { bits, bytes, n } of parts) {
        const uniformity = pooled.get(key) ?? new Uniformity(bits);
        pooled.set(key, uniformity.add(bytes, n));
      }
    }
  }
  return new Map([...pooled].map(([key, uniformity]) => [key, uniformity.worst]));
}

const worst = (found: Map<string, number>): [string, number] => [...found].reduce((a, b) => (b[1] > a[1] ? b : a));

/** The strongest correlation between the same parts of two runs. */
function correlations(one: View, other: View): Map<string, number> {
  return new Map(
    [...one].map(([key, parts]) => {
      const values = [parts, other.get(key)!].map((side) =>
        side.flatMap(({ bytes, n, bits }) => Array.from(signed(bytes, n, bits))),
      );
      return [key, Math.abs(correlation(values[0]!, values[1]!))];
    }),
  );
}

/** Views of runs of one side and the other, in turn: all of it uniform, and unrelated whether the side is the same or not. */
function expectNoise(views: View[]): void {
  const [key, found] = worst(deviations(views));
  expect(found, key).toBeLessThan(MOST_DEVIATIONS);
  for (const [a, b] of [
    [0, 1],
    [2, 3],
    [0, 2],
  ] as const) {
    const [pair, strongest] = worst(correlations(views[a]!, views[b]!));
    expect(strongest, pair).toBeLessThan(MOST_DEVIATIONS);
  }
}

const SHAPES: [string, Partial<ModelConfig>, PassShape][] = [
  [
    'random features',
    { num_frequencies: 2, denominator_offset: 2 },
    { sequences: 5, tokens: 16, answer: 3, columns: 2, order: 'features' },
  ],
  [
    'random features, prompts apart,',
    { num_frequencies: 2, denominator_offset: 2, num_hidden_layers: 1 },
    { sequences: 24, candidates: 2, slots: 3, tokens: 16, answer: 4, columns: 2, order: 'features' },
  ],
  ['softmax', { ...SOFTMAX, num_hidden_layers: 1 }, { sequences: 8, tokens: 8, answer: 3, columns: 2 }],
  ['softmax, causal and in blocks,', DECODER, { sequences: 8, tokens: 8, answer: 7, columns: 2, blocks: 3 }],
];

afterEach(() => vi.restoreAllMocks());

describe.each(SHAPES)('with %s attention', async (_, overrides, shape) => {
  const model = await randomModel(3, overrides);
  // Weights of another model under the first one's ranges and gates, which are public.
  const other: TestModel = { ...(await randomModel(4, overrides)), config: model.config, embedding: model.embedding };
  const batches = [randomBatch(model, shape, 21), randomBatch(model, shape, 22)] as const;
  const words = [
    [7, 11],
    [30, 12],
  ] as const;

  it('the model owner sees the same uniform noise whatever the data and the label words', async () => {
    const runs = [];
    for (let run = 0; run < 3; run++) {
      for (const side of [0, 1] as const) {
        runs.push(await record(model, shape, [...words[side]], batches[side], 10 + 2 * run + side));
      }
    }
    for (const view of ['modelOwner', 'dealtToModelOwner'] as const) expectNoise(runs.map(({ views }) => views[view]));
    for (const { order } of runs) expect(order).toEqual(runs[0]!.order);

    // Nor is anything correlated with the input itself, which the first layer's messages have under their masks.
    const first = runs[0]!.views.modelOwner;
    const disclosed = [...first.keys()].find((key) => /^disclose embedded(\.texts)? #0$/.test(key));
    // No matrix of a decoder reads what no norm has read.
    expect(disclosed === undefined).toBe(model.config.task === 'causal-lm');
    for (const { bytes, n, bits } of first.get(disclosed ?? '') ?? []) {
      expect(Math.abs(correlation(signed(bytes, n, bits), batches[0].embedded))).toBeLessThan(MOST_DEVIATIONS);
    }
  });

  it('the data owner sees the same uniform noise whatever the weights, but for the result', async () => {
    const runs = [];
    for (let run = 0; run < 3; run++) {
      for (const [side, owner] of [model, other].entries()) {
        runs.push(await record(owner, shape, [...words[0]], batches[0], 40 + 2 * run + side));
      }
    }
    expect([...runs[0]!.views.dataOwner.keys()]).toContain('readout logits #1');
    for (const view of ['dataOwner', 'dealtToDataOwner'] as const) {
      const views = runs.map(({ views }) => views[view]);
      expect(views[0]!.size).toBeGreaterThan(5);
      expectNoise(views);
    }
    for (const { order } of runs) expect(order).toEqual(runs[0]!.order);
  });

  it('these tests would see a missing mask, on every kind of message', async () => {
    const { draw } = MaskStream.prototype;
    vi.spyOn(MaskStream.prototype, 'draw').mockImplementation(function (this: MaskStream, position, n, bits) {
      const mask = draw.call(this, position, n, bits);
      const zeros = this.backend.zeros(n, mask.words);
      this.backend.release(mask);
      return zeros;
    });
    const { views } = await record(model, shape, [...words[0]], batches[0], 70);
    for (const view of ['modelOwner', 'dataOwner', 'dealtToModelOwner', 'dealtToDataOwner'] as const) {
      const found = deviations([views[view]]);
      const kinds = new Set([...found.keys()].map((key) => key.split(' ')[0]!));
      for (const kind of kinds) {
        const strongest = Math.max(...[...found].filter(([key]) => key.startsWith(`${kind} `)).map(([, z]) => z));
        expect(strongest, `${view} ${kind}`).toBeGreaterThan(MOST_DEVIATIONS);
      }
    }
  });
});
