/** Every function that the network needs, through a network of one gate: fitted, planned and evaluated on shares. */
import { describe, expect, it } from 'vitest';
import { evaluateTrigonometric, fitTrigonometric } from '../../src/graph/fourier';
import { type UnivariateConstants, type UnivariateName, univariate } from '../../src/graph/functions';
import { Graph, isOf, type Tensor } from '../../src/graph/graph';
import { runReference } from '../../src/graph/reference';
import { Measured, withCalibration } from '../../src/models/calibrate';
import { calibrationOf } from '../../src/models/calibration';
import { costOf } from '../../src/mpc/cost';
import { trafficOf } from '../../src/mpc/operations';
import { exponentialPeriod, exponentialWindow } from '../../src/mpc/operations/exponential';
import type { Plan } from '../../src/mpc/plan';
import { type Calibration, planGraph } from '../../src/mpc/planner';
import { EXACT, FINE, type Precision } from '../../src/mpc/precision';
import { seedFromNumber } from '../../src/random/seed';
import { harness } from '../support/harness';
import { generator, randomConfig } from '../support/random-model';

/** Fine enough to see a gate's own error. */
const PRECISION = { ...FINE, reveal: 22 };

const STEEP = { coefficient: 24, table: 22, phase: 20, taper: 0 } as const;
/** The same where every gate is of the fine resolution. */
const FINELY: Precision = {
  ...EXACT,
  activation: 14,
  weight: 14,
  reveal: 22,
  gates: { ...EXACT.gates, cosine: STEEP, sine: STEEP, gelu: STEEP, trigonometric: STEEP },
};

/** x · 1 + 0 */
const ONE = { inputs: 1, outputs: 1, values: Float64Array.of(1), bias: new Float64Array(1) };

/** x [n, 1] → the same with more bits → gate → opened, one column a function. `before`: elements of its mask, if it has one, in front of those that count. */
function oneGate(n: number, functions: UnivariateName[], constants: UnivariateConstants, before?: number): Graph {
  const net = new Graph();
  const whole = before === undefined ? undefined : net.mask('kept', [before + n]);
  const mask = whole && before ? net.slice('kept.rest', whole, 0, before, n) : whole;
  const x = net.linear('wide', net.input('x', [n, 1]), [1]);
  const y = net.gate('gate', x, functions, { constants, mask });
  net.reveal('values', y);
  return net;
}

async function evaluate(plan: Plan, x: Float64Array, kept: number[]) {
  const h = await harness({ seeds: { 'data-owner': seedFromNumber(1), 'model-owner': seedFromNumber(2) } });
  h.dealing.setup(plan);
  await Promise.all([h.dataOwner.setup(plan, []), h.modelOwner.setup(plan, [{ ...ONE, name: 'wide' }])]);
  const [{ output, report }] = await Promise.all([
    h.dataOwner.run(plan, [{ inputs: { x }, masks: { kept } }]),
    h.modelOwner.run(plan),
    h.deal(plan),
  ]);
  return { output: output!, report };
}

/** Values of the gate on shares beside those of the exact functions. */
async function compare(
  functions: UnivariateName[],
  [low, high]: [number, number],
  {
    constants = {},
    before,
    precision = PRECISION,
  }: { constants?: UnivariateConstants; before?: number; precision?: Precision },
) {
  const n = 4000;
  // On the input's own grid, so that what is left is the gate's error.
  const x = Float64Array.from({ length: n }, (_, i) => Math.round((low + ((high - low) * i) / (n - 1)) * 4096) / 4096);
  const kept = Array.from(x, (_, i) => (before === undefined ? 1 : Number(i % 3 !== 0)));
  const whole = [...new Array<number>(before ?? 0).fill(1), ...kept];
  const exact = functions.map((f) => univariate(f, constants));
  const net = oneGate(n, functions, constants, before);
  const measured = new Measured();
  const inputs = { x, kept: whole };
  measured.add(net, { inputs, weights: new Map([['wide', ONE]]), readout: new Float64Array(0) });
  const calibrated = await withCalibration(randomConfig(), [net], measured);
  const plan = planGraph(net, calibrationOf(calibrated), [precision]);
  const { output: found } = await evaluate(plan, x, whole);
  const expected = Array.from(x, (value, i) => exact.map((f) => (kept[i] ? f(value) : 0))).flat();
  return { found, expected, kept };
}

/** The largest error, absolute or relative. */
function error({ found, expected }: { found: Float64Array; expected: number[] }, relative = false): number {
  return found.reduce((most, y, i) => {
    const by = Math.abs(y - expected[i]!) / (relative ? Math.abs(expected[i]!) : 1);
    return Math.max(most, by);
  }, 0);
}

describe('a gate on shares', () => {
  it('turns: cosine and sine of one phase, many turns away from zero', async () => {
    expect(error(await compare(['cosine', 'sine'], [-40, 40], {}))).toBeLessThan(1e-3);
  });

  it('is GELU', async () => {
    expect(error(await compare(['gelu'], [-5, 5], {}))).toBeLessThan(4e-3);
  });

  it("is a model's own trigonometric activation, without a bias", async () => {
    const result = await compare(['trigonometric'], [-5, 5], {
      constants: { polynomial: randomConfig().trigonometric },
    });
    expect(error(result)).toBeLessThan(3e-3);
    // A unit of the phase too much or too little would be 1.2e-4 here.
    const mean = result.found.reduce((sum, y, i) => sum + y - result.expected[i]!, 0) / result.found.length;
    expect(Math.abs(mean)).toBeLessThan(4e-5);
  });

  it('is an exponential, relative to the largest', async () => {
    expect(error(await compare(['exponential'], [-6, 1], {})) / Math.E).toBeLessThan(1e-3);
    expect(error(await compare(['exponential'], [-60, 2], {})) / Math.exp(2)).toBeLessThan(2e-3);
  });

  it('is 1/x', async () => {
    expect(error(await compare(['reciprocal'], [0.5, 6], {}), true)).toBeLessThan(1e-2);
  });

  it('is 1/√(factor·x + epsilon)', async () => {
    const constants = { factor: 1.5, epsilon: 1e-3 };
    expect(error(await compare(['inverse root'], [0.2, 4], { constants }), true)).toBeLessThan(4e-3);
  });

  it.each([
    [['cosine', 'sine'] as UnivariateName[], [-2, 2] as [number, number], 0],
    [['gelu'] as UnivariateName[], [-3, 3] as [number, number], 0],
    // A constant of its own, and a part of a mask.
    [['gelu'] as UnivariateName[], [-3, 3] as [number, number], 5],
  ])('of %s zeroes the rows that are masked and no others', async (functions, range, before) => {
    const { found, expected, kept } = await compare(functions, range, { before });
    expect(error({ found, expected })).toBeLessThan(1.5e-2);
    // Zeros but for the truncation's unit.
    for (const [i, y] of found.entries())
      if (!kept[Math.floor(i / functions.length)]) expect(Math.abs(y)).toBeLessThan(2 ** -14);
  });

  it('takes coefficients that round up to a power of two', async () => {
    const polynomial = { period: 16, constant: 0.25, cos: [1.99999], sin: [-0.5] };
    const calibration: Calibration = { range: () => [-4, 4], polynomial: () => polynomial };
    const n = 500;
    const x = Float64Array.from({ length: n }, (_, i) => (i - 250) / 32);
    const plan = planGraph(oneGate(n, ['gelu'], {}), calibration, [PRECISION]);
    const { output: found } = await evaluate(plan, x, []);
    const expected = Array.from(x, (v) => {
      const angle = (2 * Math.PI * v) / 16;
      return 0.25 + 1.99999 * Math.cos(angle) - 0.5 * Math.sin(angle);
    });
    expect(error({ found, expected })).toBeLessThan(2e-3);
  });
});

describe('a fine gate on shares', () => {
  it('turns: cosine and sine of one phase, many turns away from zero', async () => {
    // The phase is right to 2^-20 of a turn, which is 6e-6.
    expect(error(await compare(['cosine', 'sine'], [-40, 40], { precision: FINELY }))).toBeLessThan(1e-5);
  });

  it('of cosine and sine zeroes the rows that are masked and no others', async () => {
    const { found, expected, kept } = await compare(['cosine', 'sine'], [-2, 2], { before: 0, precision: FINELY });
    expect(error({ found, expected })).toBeLessThan(1e-5);
    for (const [i, y] of found.entries()) if (!kept[Math.floor(i / 2)]) expect(Math.abs(y)).toBeLessThan(2 ** -19);
  });

  describe('is a steep function, which a coarse one is not:', () => {
    const n = 4000;
    const harmonics = 20;
    const exponential = fitTrigonometric(Math.exp, -25, 4, { period: 64, harmonics }).polynomial;
    const largest = Math.exp(4);

    /** The largest error against the polynomial, for values that are multiples of `step`; and the online bytes of the phase. */
    async function steep(precision: Precision, step: number) {
      const x = Float64Array.from({ length: n }, (_, i) => Math.floor((-25 + (29 * i) / n) / step) * step);
      const net = new Graph();
      net.reveal('values', net.gate('gate', net.linear('wide', net.input('x', [n, 1]), [1]), ['trigonometric'], {}));
      const range = (name: string) =>
        (name === 'values' || name === 'gate' ? [0, 1.1 * largest] : [-25, 4]) as [number, number];
      const plan = planGraph(net, { range, polynomial: () => exponential }, [
        { ...precision, activation: 20, reveal: 24 },
      ]);
      const { output, report } = await evaluate(plan, x, []);
      const most = error({ found: output, expected: Array.from(x, (v) => evaluateTrigonometric(exponential, v)) });
      const { toModelOwner, toDataOwner } = report.byOperation.phase!;
      expect(costOf(plan).byOperation.phase).toMatchObject({ toModelOwner, toDataOwner });
      return { error: most / largest, bytes: [toModelOwner, toDataOwner] };
    }

    it('to a millionth of the largest value where the phase is exact', async () => {
      const found = await steep(FINELY, 2 ** -12);
      expect(found.error).toBeLessThan(1.5e-6);
      expect(found.bytes).toEqual([2.5 * n, 2.5 * n]);
      const coarse = await steep(FINE, 2 ** -12);
      expect(coarse.error).toBeGreaterThan(1e-4);
      expect(coarse.bytes).toEqual([2 * n, 2 * n]);
    });

    it('to the slope times a unit of the phase elsewhere', async () => {
      const unit = 64 * 2 ** -20;
      expect((await steep(FINELY, 2 ** -20)).error).toBeLessThan(1.1 * unit);
      expect((await steep(FINE, 2 ** -20)).error).toBeGreaterThan(5 * unit);
    });
  });

  it('has a phase of its own beside a coarse one of the same tensor', () => {
    const net = new Graph();
    const x = net.linear('wide', net.input('x', [3, 4]), [4]);
    const [e, g, again] = [
      net.gate('e', x, ['reciprocal']),
      net.gate('g', x, ['gelu']),
      net.gate('h', x, ['reciprocal']),
    ];
    net.reveal('values', net.add('sum', net.add('both', e, g), again));
    const polynomial = () => ({ period: 8, constant: 0, cos: [1], sin: [0.5] });
    const plan = planGraph(net, { range: () => [-1, 1], polynomial }, [EXACT]);
    const phases = plan.nodes.filter((node) => node.kind === 'phase').map(({ bits }) => bits);
    expect(phases.sort()).toEqual([EXACT.gates.gelu.opened ?? 16, 20]);
  });
});

it('follows divisors but for the rarest, which the planned ranges still hold', () => {
  const n = 20_000;
  const x = Float64Array.from({ length: n }, (_, i) => (i === 7 ? 0.01 : 1 + i / n));
  const measured = new Measured();
  const graph = oneGate(n, ['reciprocal'], {});
  measured.add(graph, {
    inputs: { x, kept: new Float64Array(n) },
    weights: new Map([['wide', ONE]]),
    readout: new Float64Array(0),
  });
  expect(measured.ranges.wide![0]).toBeCloseTo(0.01);
  const gate = graph.tensors.find((tensor) => isOf(tensor, 'gate'))!;
  expect(measured.argument(gate, { below: 1e-4, above: 0 })[0]).toBeGreaterThanOrEqual(1);
  expect(measured.argument(gate)[1]).toBe(measured.ranges.wide![1]);
});

describe.each([8, 16])('exponentials of one opening, in windows of %i', (window) => {
  const [rows, keys] = [200, 16];
  const period = 64;
  const calibration: Calibration = {
    range: (name) => (name === 'values' ? [0, 40] : [0, 7]),
    polynomial: ({ name }) =>
      name === 'logarithm'
        ? fitTrigonometric((x) => -Math.log(x), 0.5, 8, { period: 16, harmonics: 16 }).polynomial
        : { period: { half: period / 2, double: 2 * period }[name] ?? period, constant: 0, cos: [], sin: [], window },
  };

  async function run(build: (net: Graph, x: Tensor) => Tensor, x: Float64Array, kept: number[]) {
    const net = new Graph();
    const input = net.linear('wide', net.input('x', [rows * keys, 1]), [1]);
    net.reveal('values', build(net, net.reshape('rows', input, [rows, keys])));
    const plan = planGraph(net, calibration, [{ ...EXACT, activation: 14, reveal: 20 }]);
    for (const node of plan.nodes)
      if (node.kind === 'exponential') expect(trafficOf(node).dealt).toHaveLength(2 ** node.period / window);
    const { output } = await evaluate(plan, x, kept);
    const given = { inputs: { x, kept }, weights: new Map([['wide', ONE]]), readout: [] };
    return { plan, found: output, expected: runReference(net, given) };
  }
  const openings = (plan: Plan) =>
    plan.nodes.filter(({ kind }) => kind === 'phase').map(({ shape }) => shape.reduce((n, length) => n * length, 1));
  const random = generator(5);
  const scores = Float64Array.from({ length: rows * keys }, () => -12 * random());
  const all = new Array(keys).fill(1);

  it('are those of the half and the double besides, less what a row foretells, which is opened once a row', async () => {
    const { plan, found, expected } = await run(
      (net, x) => {
        const half = net.gate('half', net.doubled('halved', x, -1), ['exponential']);
        const less = net.gate('logarithm', net.sum('sum', half), ['logarithm'], { constants: { factor: -1 } });
        return net.gate('double', net.add('argument', net.doubled('doubled', x, 1), less), ['exponential']);
      },
      scores,
      all,
    );
    expect(openings(plan)).toEqual([rows * keys, rows, rows]);
    // A double is known half as well, and the logarithm's fit is off by a hundredth.
    for (const [i, y] of expected.entries()) expect(Math.abs(found[i]! - y)).toBeLessThan(0.03 * y + 1e-3);
  });

  it.each([0, 3])(
    'are next to nothing where an element near zero is hidden, at no byte, by a mask without its last %i',
    async (behind) => {
      const kept = Array.from({ length: keys }, (_, j) => Number(j % 3 !== 1));
      const x = scores.map((v, i) => (kept[i % keys] ? v : -0.5 * random()));
      const maskIn = (net: Graph) => {
        const mask = net.mask('kept', [keys + behind]);
        return behind ? net.slice('kept.first', mask, 0, 0, keys) : mask;
      };
      const gated = (mask: boolean) => (net: Graph, x: Tensor) =>
        net.gate('weights', x, ['exponential'], { mask: mask ? maskIn(net) : undefined, maskAxis: 1 });
      const whole = [...kept, ...new Array<number>(behind).fill(1)];
      const { plan, found, expected } = await run(gated(true), x, whole);
      for (const [i, y] of expected.entries()) {
        if (kept[i % keys]) expect(Math.abs(found[i]! - y)).toBeLessThan(2e-3);
        else expect(Math.abs(found[i]!)).toBeLessThan(1e-5);
      }
      const open = await run(gated(false), x, whole);
      expect(Math.max(...open.found.filter((_, i) => !kept[i % keys]))).toBeGreaterThan(0.9);
      const { rounds, toModelOwner, toDataOwner, dealt } = costOf(open.plan);
      expect(costOf(plan)).toMatchObject({ rounds, toModelOwner, toDataOwner, dealt });
    },
  );

  it('have a period in which what is hidden stays below what is seen', () => {
    for (const magnitude of [0, 2, 5])
      for (const low of [-1, -20, -90])
        for (const hidden of [
          [0, 0],
          [-3, 1],
          [-30, 0],
          [-5, 25],
        ] as const) {
          const reach = { low, magnitude, hidden };
          const period = exponentialPeriod(reach);
          if (exponentialWindow(reach, period) < window) continue;
          const top = Math.max(0, Math.ceil(magnitude * Math.LN2));
          expect(period).toBeGreaterThanOrEqual(top + window - low);
          const moved = (3 / 8) * period;
          expect(moved).toBeGreaterThanOrEqual(12);
          expect(hidden[1] - moved).toBeLessThanOrEqual(-11);
          // Seven units below that, and a window.
          expect(hidden[0] - moved - 7 - window).toBeGreaterThanOrEqual(top - period);
        }
  });
});

it('exponentials have windows of 16 where the period leaves that much and their numbers have 64 bits for it', () => {
  expect(exponentialWindow({ low: -40, magnitude: 2, hidden: [0, 0] }, 64)).toBe(16);
  expect(exponentialWindow({ low: -50, magnitude: 2, hidden: [0, 0] }, 64)).toBe(8);
  expect(exponentialWindow({ low: -20, magnitude: 2, hidden: [0, 0] }, 32)).toBe(8);
  const dealtAt = (table: number, window?: number) => {
    const net = new Graph();
    net.reveal('values', net.gate('weights', net.linear('wide', net.input('x', [1, 1]), [1]), ['exponential']));
    const polynomial = () => ({ period: 64, constant: 0, cos: [], sin: [], window });
    const plan = planGraph(net, { range: () => [0, 1.9], polynomial }, [
      { ...EXACT, exponential: { coefficient: 10, table } },
    ]);
    return trafficOf(plan.nodes.find(({ kind }) => kind === 'exponential')!).dealt;
  };
  const [wide, narrow, tight] = [dealtAt(29, 16), dealtAt(29), dealtAt(30, 16)];
  expect([wide, narrow, tight].map(({ length }) => length)).toEqual([4, 8, 8]);
  expect(wide[0]!.bits - narrow[0]!.bits).toBe(12);
  expect(() => dealtAt(42)).toThrow(/weights would need/);
});
