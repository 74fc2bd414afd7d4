/** What the planner refuses, and what every plan has. */
import { describe, expect, it } from 'vitest';
import { fitTrigonometric } from '../../src/graph/fourier';
import { Graph, type Tensor } from '../../src/graph/graph';
import { size } from '../../src/graph/shape';
import { calibrationOf, typicalCalibration } from '../../src/models/calibration';
import { planDigest, planModel } from '../../src/models/plan-model';
import { inputsOf, talks, trafficOf } from '../../src/mpc/operations';
import type { Plan, PlanNode } from '../../src/mpc/plan';
import { type Calibration, planGraph } from '../../src/mpc/planner';
import { COARSE, EXACT, FINE, type Precision } from '../../src/mpc/precision';
import { COEFFICIENT_BITS, RESOLUTIONS } from '../../src/ring/cosine';
import { DECODER, generator, graphOf, randomConfig, randomModel } from '../support/random-model';

const WAVE = { period: 8, constant: 0, cos: [1], sin: [0.5] };

/** Every range [-1, 1] and every gate a wave, but for what is said. */
const known = (
  ranges: Record<string, [number, number]> = {},
  polynomial: Partial<ReturnType<Calibration['polynomial']>> = {},
): Calibration => ({
  range: (name) => ranges[name] ?? [-1, 1],
  polynomial: () => ({ ...WAVE, ...polynomial }),
});

function chain(build: (net: Graph, x: Tensor) => Tensor): Graph {
  const net = new Graph();
  const x = net.linear('wide', net.input('x', [3, 4]), [4]);
  net.readout('logits', build(net, x), 2);
  return net;
}

const gated = chain((net, x) => net.gate('bent', x, ['gelu']));
/** All gates of the fine resolution. */
const FINELY: Precision = {
  ...EXACT,
  activation: 14,
  gates: { ...EXACT.gates, gelu: { coefficient: 24, table: 22, phase: 20, taper: 0 } },
};

describe('the planner refuses, by name,', () => {
  it.each([
    [
      'a modulus above 64 bits that a wide range would need',
      () =>
        planGraph(
          chain((net, x) => net.lift('lifted', x)),
          known({ wide: [-(2 ** 39), 1] }),
        ),
      /^wide would need 66 bits at scale 24/,
    ],
    [
      'a result above 64 bits',
      () => planGraph(gated, known({ logits: [0, 2 ** 43] })),
      /^logits would need 65 bits at scale 20/,
    ],
    [
      'a phase of fewer than 16 bits',
      () => {
        const net = new Graph();
        net.readout('logits', net.gate('bent', net.input('x', [3, 4]), ['gelu']), 2);
        return planGraph(net, known({}, { period: 2 }));
      },
      /^bent: x at scale 12 has 13 bits in a period of 2\^1; a phase needs 16 to 64/,
    ],
    [
      'a fine phase of fewer than 16 bits',
      () => {
        const net = new Graph();
        net.readout('logits', net.gate('bent', net.input('x', [3, 4]), ['gelu']), 2);
        return planGraph(net, known({}, { period: 2 ** 1 }), [FINELY]);
      },
      /^bent: x at scale 14 has 15 bits in a period of 2\^1; a phase needs 16 to 64/,
    ],
    [
      'a phase of more than 64 bits',
      () => planGraph(gated, known({}, { period: 2 ** 39 })),
      /^bent: wide at scale 26 has 65 bits in a period of 2\^39/,
    ],
    [
      'a period that is no power of two',
      () => planGraph(gated, known({}, { period: 12 })),
      /^bent: a gate's period must be a power of two, not 12/,
    ],
    [
      'functions of one gate with different periods',
      () => {
        const net = chain((net, x) => net.reshape('both', net.gate('pair', x, ['cosine', 'sine']), [3, 8]));
        return planGraph(net, { ...known(), polynomial: (_, i) => ({ ...WAVE, period: 2 ** i }) });
      },
      /^pair: a gate's period must be a power of two, not 1,2/,
    ],
    [
      'a masked gate of several functions with a constant',
      () => {
        const net = new Graph();
        const mask = net.mask('kept', [3]);
        const x = net.linear('wide', net.input('x', [3, 4]), [4]);
        const both = net.gate('pair', x, ['cosine', 'sine'], { mask });
        net.readout('logits', net.reshape('flat', both, [3, 8]), 2);
        return planGraph(net, known({}, { constant: 0.5 }));
      },
      /^pair: a masked gate of several functions cannot have constants/,
    ],
    [
      'a gate whose function is constant',
      () => planGraph(gated, known({}, { cos: [0], sin: [] })),
      /^bent: its function is constant/,
    ],
    [
      'coefficients far above the range of the sum',
      () => planGraph(gated, known({ bent: [-(2 ** -10), 2 ** -10] }, { cos: [1e9] })),
      /^bent: a coefficient of 1000000000 is too large for a gate/,
    ],
    [
      'coefficients of a fine gate above 2^30',
      () => planGraph(gated, known({ bent: [-(2 ** -10), 2 ** -10] }, { cos: [0.126], sin: [0] }), [FINELY]),
      /^bent: a coefficient of 0.126 is too large for a gate/,
    ],
    [
      'a network that opens nothing',
      () => {
        const net = new Graph();
        net.linear('wide', net.input('x', [3, 4]), [4]);
        return planGraph(net, known());
      },
      /has no readout/,
    ],
  ])('%s', (_, plan, message) => {
    expect(plan).toThrow(message);
  });

  it('one bit too many, and nothing that just fits', () => {
    const net = new Graph();
    net.readout('logits', net.input('x', [3, 4]), 2);
    const input = (plan: Plan) => plan.nodes.find(({ kind }) => kind === 'input')!;
    expect(input(planGraph(net, known({ logits: [0, 2 ** 40] }))).bits).toBe(64);
    expect(() => planGraph(net, known({ logits: [0, 2 ** 41] }))).toThrow(/^x would need 65 bits at scale 12/);
  });

  it('a range or a gate that was not measured', async () => {
    const { config } = await randomModel(3, { num_hidden_layers: 1 });
    const shape = { sequences: 1, tokens: 6, answer: 2, columns: 2 };
    const without = (key: 'ranges' | 'gates', name: string) => {
      const { [name]: _, ...rest } = config[key]! as Record<string, never>;
      return { ...config, [key]: rest };
    };
    for (const name of Object.keys(config.ranges!)) {
      // What the other association needs, what is known anyway of random features, and what bounds a state, may be missing.
      if (/^state|memory|total|\.(query|key)(\.phase)?$/.test(name)) continue;
      expect(() => planModel(without('ranges', name), shape), name).toThrow(`config.json has no range of ${name}`);
    }
    for (const name of Object.keys(config.gates!)) {
      expect(() => planModel(without('gates', name), shape)).toThrow(`config.json has no gate for ${name}`);
    }
    expect(() => planModel(randomConfig(), shape)).toThrow('calibrate the model');
  });
});

describe.each([
  ['coarse', 16, FINE],
  ['fine', 20, FINELY],
] as const)('a %s gate in integers', (_, phaseBits, precision) => {
  const gateOf = (polynomial: Partial<ReturnType<Calibration['polynomial']>>) =>
    planGraph(gated, known({}, polynomial), [precision]).nodes.find((node) => node.kind === 'gate')!;
  const resolution = RESOLUTIONS[phaseBits];

  it.each([1.99999, 0.99999, 1, 3.99997, 2 ** -9])('has amplitudes that fit for a coefficient of %s', (a) => {
    const { gate, scale, fraction } = gateOf({ cos: [a], sin: [-a] });
    expect(gate.phaseBits).toBe(phaseBits);
    for (const { amplitude } of gate.functions[0]!.terms) {
      expect(Math.abs(amplitude)).toBeLessThan(2 ** resolution.amplitudeBits);
      // Right to a unit of the coefficient, or of the amplitude where that is coarser.
      const unit = 2 ** (resolution.fraction - gate.shift);
      expect(Math.abs(Math.abs(amplitude * unit) - a * 2 ** (scale - fraction))).toBeLessThan(Math.max(1, unit));
    }
  });

  it('has only the frequencies that some function uses', () => {
    const { gate } = gateOf({ cos: [0, 0.5, 0, 0.25], sin: [0, 0, 0, -0.5] });
    expect(gate.frequencies).toEqual([2, 4]);
    expect(gate.functions[0]!.terms.map(({ frequency, phase }) => [frequency, phase])).toEqual([
      [0, 0],
      [1, 0],
      [1, 2 ** phaseBits / 4],
    ]);
  });
});

/** What has to hold of every plan. */
function check(plan: Plan, range: (name: string) => readonly [number, number]): void {
  const done = new Set<number>();
  const alive = new Set<number>();
  let round = 0;
  for (const node of plan.nodes) {
    const at = `${node.kind} ${node.name}`;
    expect(Number.isInteger(node.bits) && node.bits >= 1 && node.bits <= 64, `${at}: ${node.bits} bits`).toBe(true);
    // In an order in which it can be done: what is said in a round needs only what earlier rounds computed.
    expect(node.round, at).toBeGreaterThanOrEqual(round);
    round = node.round;
    for (const input of inputsOf(node)) {
      expect(done.has(input.id) && alive.has(input.id), `${at} needs ${input.name}`).toBe(true);
      // What a round's flights are made of is there before, or is the data owner's to say ahead.
      const isThere = node.stage === 'first' || (node.stage === 'ahead' && talks(node) && input.stage === 'last');
      expect(input.round, at).toBeLessThanOrEqual(isThere ? node.round - 1 : node.round);
    }
    done.add(node.id);
    alive.add(node.id);
    for (const id of plan.releases.get(node.id) ?? []) expect(alive.delete(id), `${at} releases ${id}`).toBe(true);
    for (const { n, bits } of Object.values(trafficOf(node)).flat()) {
      expect(n > 0 && bits >= 1 && bits <= 64, `${at}: ${n} × ${bits}`).toBe(true);
    }
    needs(node, at, range);
  }
  // One mask and one message for all uses of a value.
  const uses = plan.nodes.flatMap((node) =>
    node.kind === 'disclose' || node.kind === 'open' || node.kind === 'lift' ? [`${node.kind} ${node.x.id}`] : [],
  );
  expect(uses.length).toBe(new Set(uses).size);
  expect(plan.nodes.length).toBe(new Set(plan.nodes.map(({ id }) => id)).size);
  expect([...alive]).toEqual([plan.output.id]);
  expect(plan.rounds).toBe(round);
  for (const weight of plan.weights) {
    const users = plan.nodes.filter((node) => node.kind === 'linear' && node.weight === weight.name);
    for (const user of users) expect(weight.bits, weight.name).toBeGreaterThanOrEqual(user.bits);
  }
}

/** Every node's operands have the bits and the scale that it needs. */
function needs(node: PlanNode, at: string, range: (name: string) => readonly [number, number]): void {
  const atLeast = (x: PlanNode, bits: number) =>
    expect(x.bits, `${at} of ${x.kind} ${x.name}`).toBeGreaterThanOrEqual(bits);
  const scale = (expected: number) => expect(node.scale, at).toBe(expected);
  switch (node.kind) {
    case 'truncate':
      atLeast(node.x, node.bits + node.by);
      scale(node.x.scale - node.by);
      break;
    case 'add':
      atLeast(node.x, node.bits);
      atLeast(node.y, node.bits);
      expect([node.x.scale, node.y.scale], at).toEqual([node.scale, node.scale]);
      break;
    case 'contract':
      atLeast(node.left, node.bits);
      atLeast(node.right, node.bits);
      scale(node.left.scale + node.right.scale);
      break;
    case 'linear':
    case 'scale':
    case 'readout':
      atLeast(node.x, node.bits);
      scale(node.x.scale + node.weightScale);
      break;
    case 'centre': {
      const width = node.shape.at(-1)!;
      atLeast(node.x, node.bits);
      scale(node.x.scale + node.shift);
      // One over the width, in integers.
      expect(Math.abs((Math.round(2 ** node.shift / width) * width) / 2 ** node.shift - 1), at).toBeLessThan(2 ** -12);
      break;
    }
    case 'near':
      atLeast(node.x, node.bits);
      scale(node.x.scale + 3);
      break;
    case 'products':
      for (const part of node.parts) {
        expect(part.gathered, at).toBe(true);
        atLeast(part, node.bits);
        scale(part.scale);
      }
      break;
    case 'phase':
      atLeast(node.x, node.width);
      break;
    case 'gate': {
      const { phaseBits, functions, shift } = node.gate;
      const { fraction } = RESOLUTIONS[phaseBits];
      expect(node.x.resolution, at).toBe(phaseBits);
      expect(node.x.bits, at).toBeLessThanOrEqual(phaseBits);
      expect(node.fraction, at).toBeLessThanOrEqual(fraction);
      for (const { amplitude } of functions.flatMap(({ terms }) => terms)) {
        expect(Math.abs(amplitude), at).toBeLessThanOrEqual(2 ** (COEFFICIENT_BITS + shift - fraction));
      }
      break;
    }
    case 'exponential':
      expect(node.x.bits, at).toBe(16);
      expect([3, 4], at).toContain(node.widest);
      expect(node.period, at).toBeGreaterThanOrEqual(node.widest);
      expect(trafficOf(node).dealt[0]!.bits, at).toBeLessThanOrEqual(64);
      break;
    case 'lift': {
      atLeast(node.x, node.bits);
      scale(node.x.scale);
      // The range with its sign fits into two bits less.
      const whole = node.name.replace(/\.(texts|prompts)$/, '');
      const bound = Math.max(...range(whole).map(Math.abs)) * 2 ** node.scale;
      expect(bound, at).toBeLessThan(2 ** (node.bits - 2));
      expect(node.extended, at).toBeGreaterThan(node.bits);
      break;
    }
    case 'lifted':
      expect(node.x.extended, at).toBeGreaterThanOrEqual(node.bits);
      scale(node.x.scale);
      break;
    case 'square':
    case 'squares':
      expect(node.x.extended, at).toBeGreaterThanOrEqual(node.bits);
      expect(node.scale - 2 * node.x.scale, at).toBeGreaterThanOrEqual(0);
      break;
    case 'multiply':
      for (const x of [node.x, node.y]) expect(x.extended, at).toBeGreaterThanOrEqual(node.bits);
      scale(node.x.scale + node.y.scale);
      break;
    case 'open':
    case 'reveal':
    case 'disclose':
    case 'offset':
    case 'sum':
    case 'slice':
    case 'causal':
    case 'reversed':
      atLeast(node.x, node.bits);
      scale(node.x.scale);
      break;
    case 'pair':
    case 'openPair':
      for (const x of [node.texts, node.prompts]) {
        atLeast(x, node.bits);
        expect(x.scale, at).toBe(node.scale);
      }
      break;
    case 'join':
      for (const part of node.parts) {
        atLeast(part, node.bits);
        scale(part.scale);
      }
      break;
    case 'reshape':
      // Doubling is another scale.
      atLeast(node.x, node.bits);
      break;
    case 'input':
    case 'mask':
      break;
    default:
      node satisfies never;
  }
}

describe('every plan', () => {
  it('has moduli of 1 to 64 bits that suffice for every use, and an order that can be executed', () => {
    const random = generator(31);
    const pick = (low: number, high: number) => low + Math.floor((high - low + 1) * random());
    for (let i = 0; i < 30; i++) {
      const heads = pick(1, 5);
      const isCausal = i % 5 === 4;
      const attention = i % 3 === 0 || isCausal ? 'softmax' : 'rfa';
      const config = randomConfig({
        ...(isCausal && DECODER),
        num_attention_heads: heads,
        hidden_size: heads * pick(2, 40),
        num_hidden_layers: pick(1, 4),
        intermediate_size: pick(3, 500),
        attention,
        num_frequencies: attention === 'rfa' ? pick(1, 64) : 0,
        ...(!isCausal && { hidden_act: i % 2 ? 'gelu' : 'trigonometric' }),
      });
      const tokens = pick(2, 200);
      const shape = {
        sequences: pick(1, 9),
        tokens,
        answer: pick(0, tokens - 1),
        columns: pick(1, 6),
        deep: i % 4 === 1,
      };
      // Prompts apart, where there are tokens for them.
      const slots = i % 3 === 1 && !isCausal ? shape.answer : 0;
      const candidates = slots > 0 ? pick(1, 4) : 1;
      const order = (['pairs', 'features', undefined] as const)[pick(0, 2)];
      const calibration = typicalCalibration(config, tokens);
      const network = graphOf(config, { ...shape, order, slots, candidates, sequences: candidates * shape.sequences });
      for (const precision of [
        FINE,
        COARSE,
        EXACT,
        {
          ...COARSE,
          activation: pick(8, 14),
          weight: pick(12, 15),
          contraction: pick(10, 12),
          wide: pick(13, 17),
          narrow: pick(12, 16),
          readout: pick(8, 14),
        },
      ]) {
        check(planGraph(network, calibration, [precision, COARSE]), calibration.range);
      }
    }
  });

  it('of a calibrated model has them too, and says the same of any number of sequences but for sizes', async () => {
    const { config } = await randomModel(3);
    const plans = [1, 2, 7].map((sequences) => planModel(config, { sequences, tokens: 9, answer: 2, columns: 2 }));
    for (const plan of plans) {
      check(plan, calibrationOf(config).range);
      expect(plan.weights).toEqual(plans[0]!.weights);
      expect(plan.nodes.map(({ kind, bits, scale, round, id }) => [kind, bits, scale, round, id])).toEqual(
        plans[0]!.nodes.map(({ kind, bits, scale, round, id }) => [kind, bits, scale, round, id]),
      );
      for (const [i, node] of plan.nodes.entries()) {
        const one = size(plans[0]!.nodes[i]!.shape);
        expect(size(node.shape) % one).toBe(0);
      }
    }
  });
});

describe('the digest of a plan', async () => {
  const model = await randomModel(3, { num_hidden_layers: 1 });
  const shape = { sequences: 1, tokens: 9, answer: 2, columns: 2 };
  const digest = (changes = {}, config = model.config) => planDigest(planModel(config, { ...shape, ...changes }));

  it('is the same for the same model and shape', () => {
    expect(digest()).toBe(digest({}, structuredClone(model.config)));
  });

  it.each([
    ['the length', () => digest({ tokens: 10 })],
    ['the answer', () => digest({ answer: 3 })],
    ['the label words', () => digest({ columns: 3 })],
    ['the sequences', () => digest({ sequences: 2 })],
    ['the association', () => digest({ order: 'features' })],
    [
      'a coefficient of a gate',
      () => {
        const trigonometric = fitTrigonometric(Math.sin, -5, 5, { period: 16, harmonics: 6 }).polynomial;
        return digest({}, { ...model.config, trigonometric });
      },
    ],
    ['a range', () => digest({}, { ...model.config, ranges: { ...model.config.ranges, logits: [-900, 900] } })],
    ["the denominators' offset", () => digest({}, { ...model.config, denominator_offset: 2 })],
  ])('changes with %s', (_, other) => {
    expect(other()).not.toBe(digest());
  });
});
