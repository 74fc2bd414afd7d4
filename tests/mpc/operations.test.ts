/** Operations on shares against the reference, a small graph each. */
import { describe, expect, it } from 'vitest';
import { Graph, type Tensor } from '../../src/graph/graph';
import type { NamedMatrix } from '../../src/graph/matrix';
import { runReference } from '../../src/graph/reference';
import { type Causal, size } from '../../src/graph/shape';
import { turnsOf } from '../../src/mpc/ahead';
import { costOf } from '../../src/mpc/cost';
import { talks, trafficOf } from '../../src/mpc/operations';
import { type Calibration, planGraph } from '../../src/mpc/planner';
import { packedBytes } from '../../src/ring/ring';
import { harness, inPlanOrder, readoutMatrix, setUp } from '../support/harness';
import { generator } from '../support/random-model';

const SHAPE = [5, 3, 8];
const COLUMNS = 4;

/** A graph of one input, its private weights drawn at random, run on shares and by the reference. */
async function compare(build: (net: Graph, x: Tensor) => Tensor, magnitude = 4) {
  const random = generator(11);
  const draw = (n: number) => Float64Array.from({ length: n }, () => 2 * random() - 1);
  const net = new Graph();
  const y = build(net, net.input('x', SHAPE));
  net.readout('logits', y, COLUMNS);
  const calibration: Calibration = {
    range: (name) => (name === 'logits' ? [-magnitude, magnitude] : [-4, 4]),
    polynomial: () => ({ period: 16, constant: 0.5, cos: [1], sin: [0.5] }),
  };
  const plan = planGraph(net, calibration);
  const weights = new Map<string, NamedMatrix>();
  for (const { name, owner, inputs, outputs } of plan.weights) {
    if (owner === 'data-owner') continue;
    weights.set(name, { name, inputs, outputs, values: draw(inputs * outputs), bias: draw(outputs) });
  }
  const readout = draw((y.shape.at(-1) ?? 1) * COLUMNS);
  const inputs = { x: draw(size(SHAPE)) };
  const h = await harness();
  await setUp(h, plan, weights, readout);
  const [{ output }, ,] = await Promise.all([
    h.dataOwner.run(plan, [{ inputs, masks: {} }]),
    h.modelOwner.run(plan),
    h.deal(plan),
  ]);
  const expected = runReference(net, { inputs, weights, readout });
  const errors = expected.map((v, i) => Math.abs(v - (output?.[i] ?? Number.NaN)));
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.5);
  return { plan, worst: Math.max(...errors) };
}

/** Two heads of x's rows, of which scores can be made. */
function halvesOf(net: Graph, x: Tensor): [Tensor, Tensor] {
  const heads = (name: string) => net.reshape(`${name}.heads`, net.linear(name, x, [8]), [...SHAPE.slice(0, 2), 2, 4]);
  return [heads('query'), heads('key')];
}

describe('on shares', () => {
  it('a private vector scales columns and adds its bias', async () => {
    const { plan, worst } = await compare((net, x) => net.scale('gamma', x));
    expect(worst).toBeLessThan(4e-3);
    expect(plan.weights.find(({ name }) => name === 'gamma')).toMatchObject({ inputs: 1, outputs: 8 });
  });

  it('products that are added up are dealt as one, unless something else reads one of them', async () => {
    const products = (net: Graph, x: Tensor) => [net.linear('a', x, [8]), net.scale('b', x), net.linear('c', x, [8])];
    const sum = (net: Graph, [a, b, c]: Tensor[]) => net.add('sum', net.add('of two', a!, b!), c!);
    const { plan, worst } = await compare((net, x) => sum(net, products(net, x)), 64);
    expect(worst).toBeLessThan(2e-2);
    const dealt = ({ nodes }: typeof plan) =>
      nodes.filter((node) => trafficOf(node).dealt.length > 0).map(({ kind, name }) => `${kind} ${name}`);
    expect(dealt(plan)).toEqual(['products sum', 'readout logits']);
    const again = await compare((net, x) => {
      const parts = products(net, x);
      return net.add('again', sum(net, parts), parts[0]!);
    }, 64);
    expect(again.worst).toBeLessThan(2e-2);
    expect(dealt(again.plan)).toEqual(['linear a', 'scale b', 'linear c', 'readout logits']);
  });

  it('the data owner says with an operand what it has to say of its product', async () => {
    const { plan, worst } = await compare((net, x) => net.lift('lifted', net.scale('a', x)), 16);
    expect(worst).toBeLessThan(2e-2);
    const said = plan.nodes.filter(talks).map(({ kind, round, stage }) => [kind, round, stage]);
    expect(said).toEqual([
      ['disclose', 1, 'first'],
      ['lift', 1, 'ahead'],
      ['readout', 2, 'first'],
    ]);
    expect([plan.rounds, turnsOf(plan)]).toEqual([2, 3]);
  });

  it('private matrices and vectors are as right where a modulus takes two words', async () => {
    // Logits of this range are opened, and what they are made of computed, modulo more than 2^32.
    for (const build of [
      (net: Graph, x: Tensor) => net.scale('weight', x),
      (net: Graph, x: Tensor) => net.linear('weight', x, [8]),
    ]) {
      const { plan, worst } = await compare(build, 2 ** 14);
      expect(plan.weights.find(({ name }) => name === 'weight')?.bits).toBeGreaterThan(32);
      expect(worst).toBeLessThan(4e-3);
    }
  });

  it('a sum spreads its second operand over rows', async () => {
    const { worst } = await compare((net, x) => {
      const row = net.reshape('row', net.linear('mean', x, [1]), [5, 3]);
      return net.add('sum', net.linear('all', x, [8]), row);
    });
    expect(worst).toBeLessThan(4e-3);
  });

  it('a sum spreads its second operand over the axes before and behind its own', async () => {
    const { worst } = await compare((net, x) => {
      const rows = net.select('row', net.reshape('part', net.linear('mean', x, [1]), [5, 3]), 0, 2);
      return net.add('sum', net.linear('all', x, [8]), rows, 1);
    });
    expect(worst).toBeLessThan(4e-3);
  });

  it('pairs that are not seen are zeros, at no cost', async () => {
    const polynomial = { period: 16, constant: 0.5, cos: [1], sin: [0.5] };
    const gated = (causal?: Causal) => (net: Graph, x: Tensor) =>
      net.gate('weights', x, ['trigonometric'], { constants: { polynomial }, causal });
    const all = await compare(gated());
    for (const [queries, ahead] of [
      [1, 0],
      [1, 4],
      [0, 2],
    ] as const) {
      const { plan, worst } = await compare(gated({ queries, ahead }));
      expect(worst).toBeLessThan(4e-3);
      expect(plan.nodes.filter(({ kind }) => kind === 'causal')).toHaveLength(1);
      for (const key of ['toModelOwner', 'toDataOwner', 'dealt', 'rounds'] as const)
        expect(costOf(plan)[key]).toBe(costOf(all.plan)[key]);
    }
  });

  it('axes come in reverse order, and a doubled value at another scale', async () => {
    const { plan, worst } = await compare(
      (net, x) => net.doubled('doubled', net.reversed('reversed', net.linear('mixed', x, [8])), 2),
      64,
    );
    expect(plan.nodes.find(({ kind }) => kind === 'reversed')?.shape).toEqual([8, 3, 5]);
    expect(worst).toBeLessThan(2e-2);
  });

  it('neighbours of an axis are taken, and put behind one another in any order', async () => {
    const { plan, worst } = await compare((net, x) => {
      const rows = net.linear('mixed', x, [8]);
      const parts = [
        [1, 1],
        [0, 3],
        [1, 2],
      ].map(([start, count], i) => net.slice(`rows ${i}`, rows, 1, start!, count!));
      return net.join('joined', [...parts, net.scale('scaled', x)], 1);
    });
    expect(plan.nodes.find(({ kind }) => kind === 'join')?.shape).toEqual([5, 9, 8]);
    expect(worst).toBeLessThan(4e-3);
  });

  it('first places of an axis are multiplied by an opening of them all', async () => {
    const scores = (wanted: readonly (number | undefined)[]) => (net: Graph, x: Tensor) => {
      const [left, right] = [net.linear('left', x, [8]), net.linear('right', x, [8])];
      const of = (j: number | undefined, i: number) =>
        net.contract(`scores ${i}`, 'bid,bjd->bji', left, right, { firsts: j === undefined ? undefined : { j } });
      // Readout's rows are as wide as there are queries.
      return net.join('joined', wanted.map(of), 1);
    };
    const { plan, worst } = await compare(scores([2, undefined, 1]), 2 ** 10);
    expect(worst).toBeLessThan(3e-2);
    const products = plan.nodes.filter(({ kind }) => kind === 'contract');
    expect(products.map(({ shape }) => shape[1])).toEqual([2, 3, 1]);
    const all = await compare(scores([undefined]), 2 ** 10);
    const opened = (of: typeof plan) => costOf(of).byOperation.open;
    expect(opened(plan)).toEqual(opened(all.plan));
  });

  it('what does not fit together is refused by name', () => {
    const net = new Graph();
    const x = net.input('x', SHAPE);
    expect(() => net.slice('some', x, 1, 2, 2)).toThrow('some: 2 from 2 on of an axis of 3');
    expect(() => net.join('all', [x, net.reshape('other', x, [5, 8, 3])], 1)).toThrow(
      'all: [5,3,8] and [5,8,3] differ in more than axis 1',
    );
    const pairs = net.reshape('pairs', x, [5, 2, 3, 4]);
    expect(() => net.near('near', pairs, [], { first: 0, slots: 0 })).toThrow("near: 0 heads' eighths for 5");
    expect(() => net.near('near', pairs, Array(5).fill([0, 8, 0]), { first: 3, slots: 0 })).toThrow(
      'near: 2 rows from 3 on of 4 columns',
    );
    expect(() => net.contract('product', 'bid,bjd->bij', x, x, { firsts: { j: 4 } })).toThrow('j has 3 places, not 4');
  });

  it.each([
    ['all its rows', 0, 3, 0],
    ['some of its rows', 1, 2, 0],
    ['columns that come behind the first', 0, 3, 1],
  ] as const)('a row less eighths of what is nearest in it, of a tensor with %s', async (_, first, rows, slots) => {
    const eighths = [
      [1, 8, -3],
      [0, 0, 0],
    ] as const;
    const { plan, worst } = await compare((net, x) => {
      // [heads, rows, sequences, columns]
      const pairs = net.contract('pairs', 'bihd,bjhd->hibj', ...halvesOf(net, x));
      const some = net.slice('some', pairs, 1, first, rows);
      return net.near('rest', some, eighths, { first, slots });
    }, 2 ** 8);
    expect(worst).toBeLessThan(4e-2);
    expect(plan.nodes.find(({ kind }) => kind === 'near')).toMatchObject({ round: 1 });
  });

  it('a scaled row and the row minus its mean come to the same matrix', async () => {
    const { worst } = await compare((net, x) => net.centre('centred', net.scale('gamma', x)));
    expect(worst).toBeLessThan(4e-3);
  });
});

describe('what is revealed', () => {
  it('is the value itself, to the data owner alone, in one round and as many bytes as it has', async () => {
    const random = generator(12);
    const net = new Graph();
    const x = net.input('x', SHAPE);
    net.reveal('shown', net.square('squared', net.linear('mixed', x, [8])));
    const plan = planGraph(net, {
      range: () => [-8, 8],
      polynomial: () => ({ period: 8, constant: 0, cos: [1], sin: [0] }),
    });
    const values = Float64Array.from({ length: 64 }, () => random() - 0.5);
    const weights = new Map([['mixed', { inputs: 8, outputs: 8, values, bias: new Float64Array(8).fill(0.25) }]]);
    const inputs = { x: Float64Array.from({ length: size(SHAPE) }, () => 2 * random() - 1) };
    const h = await harness();
    h.dealing.setup(plan);
    await Promise.all([h.dataOwner.setup(plan, []), h.modelOwner.setup(plan, inPlanOrder(plan, weights))]);
    const [data, model] = await Promise.all([
      h.dataOwner.run(plan, [{ inputs, masks: {} }]),
      h.modelOwner.run(plan),
      h.deal(plan),
    ]);
    const expected = runReference(net, { inputs, weights, readout: [] });
    for (const [i, v] of expected.entries()) expect(Math.abs((data.output?.[i] ?? Number.NaN) - v)).toBeLessThan(2e-3);
    expect(model.output).toBeUndefined();
    const node = plan.output;
    expect(node.kind).toBe('reveal');
    expect(data.report.byOperation.reveal).toEqual({
      rounds: 1,
      toModelOwner: 0,
      toDataOwner: packedBytes(size(SHAPE), node.bits),
      dealt: 0,
    });
  });
});

describe('the set-up', () => {
  it('wants every matrix of the plan, in its order and size', async () => {
    const net = new Graph();
    const x = net.input('x', SHAPE);
    net.readout('logits', net.add('sum', net.linear('first', x, [8]), net.linear('second', x, [8])), COLUMNS);
    const plan = planGraph(net, {
      range: () => [-4, 4],
      polynomial: () => ({ period: 8, constant: 0, cos: [1], sin: [0] }),
    });
    const matrix = (name: string, outputs = 8): NamedMatrix => ({
      name,
      inputs: 8,
      outputs,
      values: new Float64Array(8 * outputs),
      bias: new Float64Array(outputs),
    });
    const setUpWith = async (...own: NamedMatrix[]) => (await harness()).modelOwner.setup(plan, own);
    await expect(setUpWith(matrix('second'))).rejects.toThrow('second came where first was due');
    await expect(setUpWith(matrix('first', 7))).rejects.toThrow('first must be 8 × 8, not 8 × 7');
    await expect(setUpWith(matrix('first'))).rejects.toThrow('bytes short');
    const { dataOwner } = await harness();
    await expect(dataOwner.setup(plan, [readoutMatrix(new Float64Array(8), 1)])).rejects.toThrow(
      'readout must be 8 × 4',
    );
  });
});
