/** What the data owner says of a pass before it has an input, and the pass without it. */
import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph';
import type { PassShape } from '../../src/models/architecture';
import type { ModelConfig } from '../../src/models/config';
import { planInStrands, planModel } from '../../src/models/plan-model';
import { aheadPart, isSaidAhead, otherPart, turnsOf } from '../../src/mpc/ahead';
import { costOf } from '../../src/mpc/cost';
import { KeptFlights, keepFlights, keptBytes, seriesBytes } from '../../src/mpc/kept-flights';
import { memoryOf } from '../../src/mpc/memory';
import { isKnownAhead, talks } from '../../src/mpc/operations';
import type { Plan } from '../../src/mpc/plan';
import { planGraph } from '../../src/mpc/planner';
import { timelineOf } from '../../src/mpc/timeline';
import { seedFromNumber } from '../../src/random/seed';
import { counting } from '../support/counting';
import { type Harness, harness, runPass, setUp } from '../support/harness';
import { DECODER, randomBatch, randomModel, SOFTMAX, type TestModel } from '../support/random-model';
import { bitsAt, type Slice, slices, Tap } from '../support/tap';

/** Of every strand. */
const SHAPES: [string, Partial<ModelConfig>, PassShape[]][] = [
  ['features', { num_frequencies: 2 }, [{ sequences: 3, tokens: 9, answer: 2, columns: 2, order: 'features' }]],
  ['pairs', { num_frequencies: 2 }, [{ sequences: 2, tokens: 7, answer: 2, columns: 2, order: 'pairs', deep: true }]],
  ['softmax', SOFTMAX, [{ sequences: 2, tokens: 6, answer: 2, columns: 2 }]],
  ['prompts apart', {}, [{ sequences: 4, candidates: 2, slots: 2, tokens: 8, answer: 3, columns: 2 }]],
  ['two strands', {}, [3, 2].map((sequences) => ({ sequences, tokens: 9, answer: 2, columns: 2 }))],
  ['two strands of softmax', SOFTMAX, [2, 1].map((sequences) => ({ sequences, tokens: 6, answer: 2, columns: 2 }))],
  ['a decoder', DECODER, [{ sequences: 2, tokens: 6, answer: 5, columns: 2, blocks: 3 }]],
];
const WORDS = [7, 11];
const SEEDS = { 'data-owner': seedFromNumber(1), 'model-owner': seedFromNumber(2) };

const opened = async (model: TestModel, plan: Plan, options: Parameters<typeof harness>[0] = {}): Promise<Harness> => {
  const h = await harness({ seeds: SEEDS, ...options });
  await setUp(h, plan, model.weights, model.embedding.columns(WORDS));
  return h;
};

/** A pass that is prepared, as its file has it: what the dealer would send stays out. */
async function prepared(model: TestModel, plan: Plan, options: Parameters<typeof harness>[0] = {}) {
  const file = new Uint8Array(keptBytes(plan));
  const h = await opened(model, plan, options);
  const { sent } = h.channels.dataToModel;
  const before = sent.body.ring;
  const { signal } = new AbortController();
  await Promise.all([
    h.dataOwner.sayAhead(plan, 1),
    keepFlights(h.channels.modelToData, 'halves', plan, 1, async (at, body) => file.set(body, at), signal),
  ]);
  return { h, file, said: sent.body.ring - before };
}

const readFrom = (plan: Plan, file: Uint8Array) =>
  new KeptFlights('halves', plan, 1, async (at, length) => file.slice(at, at + length));

/** What one side said in a pass, part by part, by node. */
function saidBy(plan: Plan, end: 0 | 1, tap: Tap, isAhead: boolean) {
  const direction = end === 0 ? 'toModelOwner' : 'toDataOwner';
  return tap.messages
    .filter(({ from, pass }) => from === end && pass === 1)
    .flatMap(({ round, body }) => slices(plan, round, direction, body, isAhead));
}

const nameOf = ({ node, index }: Slice) => `${node.id} #${index}`;

/** Elements of a tight bit string. */
const elements = ({ bytes, n, bits }: Slice): number[] => {
  const low = Math.min(bits, 16);
  return Array.from({ length: n }, (_, i) => bitsAt(bytes, i * bits, low));
};

describe.each(SHAPES)('a pass with %s', async (_, overrides, shapes) => {
  const model = await randomModel(5, overrides);
  const plan = planInStrands(model.config, shapes, undefined, 'model-owner');
  const batch = shapes.map((shape, i) => randomBatch(model, shape, 6 + i));

  it('opens to the bit what it does when nothing of it was said ahead, and halves are what was said then', async () => {
    const taps = { dealt: new Tap(), ahead: new Tap() };
    const dealt = await opened(model, plan, { link: taps.dealt.options });
    const one = await runPass(dealt, plan, batch);
    const { file, said } = await prepared(model, plan);
    const ahead = await opened(model, plan, { link: taps.ahead.options, ahead: readFrom(plan, file) });
    const sent = { ...ahead.channels.dataToModel.sent.body };
    const back = { ...ahead.channels.modelToData.sent.body };
    const other = await runPass(ahead, plan, batch);
    expect(other.logits).toEqual(one.logits);

    const whole = saidBy(plan, 0, taps.dealt, false);
    const halves = whole.filter(({ node }) => isSaidAhead(node));
    expect(halves.length).toBeGreaterThan(5);
    const kept = file.subarray(seriesBytes(plan, 'corrections'));
    expect(Buffer.concat(halves.map(({ bytes }) => bytes)).equals(kept)).toBe(true);
    const rest = saidBy(plan, 0, taps.ahead, true);
    expect(rest.map(nameOf)).toEqual(whole.filter(({ node }) => !isSaidAhead(node)).map(nameOf));
    for (const [i, { bytes }] of rest.entries())
      expect(bytes).toEqual(whole.filter(({ node }) => !isSaidAhead(node))[i]!.bytes);

    // The model owner says the same, but what is opened where it would say its half.
    const answers = saidBy(plan, 1, taps.dealt, false);
    const open = new Map(halves.map((half) => [nameOf(half), half]));
    for (const [i, answer] of saidBy(plan, 1, taps.ahead, true).entries()) {
      const half = open.get(nameOf(answer));
      if (!half) {
        expect(answer.bytes, nameOf(answer)).toEqual(answers[i]!.bytes);
        continue;
      }
      const [theirs, own] = [elements(half), elements(answers[i]!)];
      const modulus = 2 ** Math.min(answer.bits, 16);
      expect(elements(answer)).toEqual(own.map((x, j) => (x + theirs[j]!) % modulus));
    }

    const cost = costOf(plan, { isAhead: true });
    expect(said).toBe(costOf(plan).knownAhead);
    expect(said).toBe(seriesBytes(plan, 'halves'));
    expect(ahead.channels.dataToModel.sent.body.ring - sent.ring).toBe(cost.toModelOwner);
    expect(ahead.channels.modelToData.sent.body.ring - back.ring).toBe(cost.toDataOwner);
    for (const report of [other.data, other.model]) {
      const { rounds, toModelOwner, toDataOwner, dealt } = cost;
      expect(report).toMatchObject({ rounds, toModelOwner, toDataOwner, dealt });
      for (const [kind, { rounds, toModelOwner, toDataOwner, dealt }] of Object.entries(cost.byOperation)) {
        if (rounds + toModelOwner + toDataOwner + dealt > 0)
          expect(report.byOperation[kind], kind).toEqual({ rounds, toModelOwner, toDataOwner, dealt });
      }
    }
  });

  it('is cheaper by that alone', () => {
    const [dealt, ahead] = [costOf(plan), costOf(plan, { isAhead: true })];
    expect(ahead.toModelOwner).toBe(dealt.toModelOwner - dealt.knownAhead);
    expect(ahead.knownAhead).toBe(0);
    for (const key of ['rounds', 'toDataOwner', 'dealt', 'setup'] as const) expect(ahead[key]).toEqual(dealt[key]);
    const sum = (of: ReturnType<typeof timelineOf>) => of.reduce((total, round) => total + round.toModelOwner, 0);
    expect(sum(timelineOf(plan, true))).toBe(ahead.toModelOwner);
    expect(sum(timelineOf(plan))).toBe(dealt.toModelOwner);
  });

  it('reads no input of the data owner’s ahead, and computes no product in the run that nothing else reads', () => {
    const [ahead, later] = [aheadPart(plan), otherPart(plan)];
    for (const node of ahead.nodes) {
      // Of what is not known nothing but its mask is drawn.
      if (isKnownAhead(node)) continue;
      expect(node.kind).toBe('disclose');
      expect(isSaidAhead(node)).toBe(false);
    }
    const products = (of: Plan) =>
      of.nodes.filter(({ kind }) => kind === 'linear' || kind === 'scale').map(({ id }) => id);
    expect(products(later).length).toBeLessThan(products(plan).length);
    for (const id of products(plan)) expect([...products(ahead), ...products(later)]).toContain(id);
    expect(later.nodes.filter(talks)).toEqual(plan.nodes.filter(talks));
  });

  it('is refused where what was said, or kept, is not as long as the plan says', async () => {
    const { file } = await prepared(model, plan);
    const ahead = await opened(model, plan, { ahead: readFrom(plan, file.subarray(0, -4)) });
    await expect(runPass(ahead, plan, batch)).rejects.toThrow(/the disk sent \d+ bytes for round \d+; it should be/);
    const body = file.subarray(seriesBytes(plan, 'corrections'));
    const [first] = plan.nodes.filter(isSaidAhead);
    const { signal } = new AbortController();
    for (const [said, error] of [
      [{ pass: 1, round: first!.round, body: body.subarray(0, 4) }, /the data owner sent 4 bytes for round/],
      [
        { pass: 1, round: first!.round + 1, body },
        /the data owner sent pass 1, round \d+ where pass 1, round \d+ was due/,
      ],
      [{ pass: 2, round: first!.round, body }, /the data owner sent pass 2/],
    ] as const) {
      const source = { receive: async () => ({ kind: 'ring', ...said }) as const };
      await expect(keepFlights(source, 'halves', plan, 1, async () => {}, signal)).rejects.toThrow(error);
    }
  });
});

it.each([
  ['random features', {}],
  ['softmax', SOFTMAX],
])(
  'neither saying ahead nor the pass behind it takes more memory than the model of it says: %s',
  async (_, overrides) => {
    const model = await randomModel(5, { ...overrides, num_hidden_layers: 12 });
    const shape = { sequences: 3, tokens: 9, answer: 2, columns: 2 };
    const plan = planModel(model.config, shape, undefined, 'model-owner');
    const { matrices, pass } = memoryOf(plan);
    const [saying, using] = [counting(), counting()];
    const onFirst = (first: ReturnType<typeof counting>) => {
      let next = 0;
      return () => (next++ === 0 ? first : counting()).backend;
    };
    const { file } = await prepared(model, plan, { backend: onFirst(saying) });
    expect(saying.most()).toBeLessThan(matrices + pass);
    const ahead = await opened(model, plan, { backend: onFirst(using), ahead: readFrom(plan, file) });
    await runPass(ahead, plan, randomBatch(model, shape, 6));
    expect(using.most()).toBeLessThan(matrices + pass);
  },
);

it('what is said ahead gives its memory back', async () => {
  const model = await randomModel(5);
  const shape = { sequences: 3, tokens: 9, answer: 2, columns: 2 };
  const plan = planModel(model.config, shape, undefined, 'model-owner');
  const devices = [counting(), counting(), counting()];
  let next = 0;
  const { h } = await prepared(model, plan, { backend: () => devices[next++]!.backend });
  const matrices = plan.weights.length;
  expect(devices.map(({ alive }) => alive.size)).toEqual([matrices, matrices, matrices]);
  h.dataOwner.release();
  expect(devices[0]!.alive.size).toBe(0);
});

it('a phase that the data owner moves by its private padding is none of it, whatever it is of', () => {
  const planned = (isHidden: boolean) => {
    const net = new Graph();
    const x = net.linear('scores', net.input('x', [4, 3]), [3]);
    const hidden = isHidden ? { mask: net.mask('kept', [3]), maskAxis: 1 } : {};
    net.readout('logits', net.gate('weights', x, ['exponential'], hidden), 2);
    const polynomial = { period: 32, constant: 0, cos: [], sin: [] };
    return planGraph(net, { range: () => [-8, 1], polynomial: () => polynomial });
  };
  expect(
    planned(false)
      .nodes.filter(isSaidAhead)
      .map(({ kind }) => kind),
  ).toEqual(['phase']);
  expect(planned(true).nodes.filter(isSaidAhead)).toEqual([]);
  expect(costOf(planned(true)).knownAhead).toBe(0);
});

it('a round in which nothing is left to be said behind what is heard has one turn', () => {
  const net = new Graph();
  net.readout('logits', net.square('squared', net.linear('b', net.linear('a', net.input('x', [5, 8]), [8]), [8])), 2);
  const polynomial = { period: 16, constant: 0, cos: [1], sin: [] };
  const plan = planGraph(net, { range: () => [-8, 8], polynomial: () => polynomial });
  const said = plan.nodes.filter(talks).map((node) => [node.kind, node.stage, isSaidAhead(node)]);
  expect(said.slice(0, 3)).toEqual([
    ['disclose', 'first', false],
    ['disclose', 'ahead', true],
    ['lift', 'ahead', true],
  ]);
  // The model owner answers the lift.
  expect([turnsOf(plan), turnsOf(plan, true)]).toEqual([3, 3]);
  const disclosed = { ...plan, nodes: plan.nodes.filter(({ kind }) => kind !== 'lift') };
  expect([turnsOf(disclosed), turnsOf(disclosed, true)]).toEqual([3, 2]);
});
