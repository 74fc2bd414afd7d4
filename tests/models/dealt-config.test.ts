/** What the dealer is told of a model: what dealing takes, and no number that was fitted. */
import { describe, expect, it } from 'vitest';
import { configSchema, type ModelConfig } from '../../src/models/config';
import { dealtConfig } from '../../src/models/dealt-config';
import { dealingDigest, planDigest, planModel } from '../../src/models/plan-model';
import { costOf, longestVector } from '../../src/mpc/cost';
import { dealerMemoryOf } from '../../src/mpc/memory';
import { DECODER, randomModel, SOFTMAX, selfishEncoder } from '../support/random-model';

const ENCODER: Partial<ModelConfig> = { ...SOFTMAX, task: 'embedding' };
const shape = { sequences: 3, tokens: 12, answer: 11, columns: 2, deep: false };

describe.each([
  ['random features', {}],
  ['softmax', SOFTMAX],
  ['a sentence encoder', ENCODER],
  ['a decoder', DECODER],
] as const)('the dealer of a model with %s', async (_, overrides) => {
  const { config } = await randomModel(3, overrides);
  const dealt = dealtConfig(config, shape);
  const own = planModel(config, shape);
  const dealers = planModel(dealt, shape);

  it('plans all that it deals as the parties do', () => {
    expect(dealingDigest(dealers)).toBe(dealingDigest(own));
    for (const reading of [costOf, dealerMemoryOf, longestVector]) {
      const [a, b] = [own, dealers].map((plan) => JSON.stringify(reading(plan), without('operations')));
      expect(b).toBe(a);
    }
    expect(planDigest(dealers)).not.toBe(planDigest(own));
  });

  it('is told powers of two for ranges, and one amplitude for every coefficient', () => {
    expect(Object.keys(dealt.ranges!).length).toBeGreaterThan(10);
    for (const [low, high] of Object.values(dealt.ranges!)) {
      expect(Number.isInteger(Math.log2(high))).toBe(true);
      expect(low).toBe(-high);
    }
    const polynomials = [...Object.values(dealt.gates!), ...(dealt.trigonometric ? [dealt.trigonometric] : [])];
    expect(polynomials.length).toBeGreaterThan(0);
    for (const { period, constant, cos, sin } of polynomials) {
      expect([Number.isInteger(Math.log2(period)), constant]).toEqual([true, 0]);
      expect(new Set([0, 2 ** -20, ...cos, ...sin]).size).toBe(2);
    }
  });

  it('is told the same of fits and ranges that differ by less than a bit, and nothing that planning does not ask for', () => {
    const nudged = (x: number) => x * (1 + 1e-6);
    const other: ModelConfig = {
      ...config,
      name: 'another',
      ranges: {
        ...Object.fromEntries(Object.entries(config.ranges!).map(([name, [a, b]]) => [name, [nudged(a), nudged(b)]])),
        'of nothing': [-1, 1],
      },
      gates: Object.fromEntries(
        Object.entries(config.gates!).map(([name, gate]) => [
          name,
          { ...gate, constant: gate.constant + 1e-6, cos: gate.cos.map(nudged), sin: gate.sin.map(nudged) },
        ]),
      ),
    };
    expect(JSON.stringify(dealtConfig(other, shape))).toBe(JSON.stringify(dealt));
    expect(dealingDigest(planModel(other, shape))).toBe(dealingDigest(own));
    expect(planDigest(planModel(other, shape))).not.toBe(planDigest(own));
  });

  it('is told no less by who has been told it: the dealer can see that it is no more', () => {
    expect(JSON.stringify(dealtConfig(dealt, shape))).toBe(JSON.stringify(dealt));
  });
});

describe('the digest that the dealer compares', async () => {
  const { config } = await randomModel(3);
  const digest = (changes: object, model = config) => dealingDigest(planModel(model, { ...shape, ...changes }));
  const wide = { ...config, ranges: { ...config.ranges, logits: [-900, 900] as [number, number] } };

  it.each([
    ['the length', () => digest({ tokens: 13 })],
    ['the answer', () => digest({ answer: 3 })],
    ['the label words', () => digest({ columns: 3 })],
    ['a bit of a range', () => digest({}, wide)],
    ['a harmonic', () => digest({}, { ...config, trigonometric: withoutLast(config.trigonometric!) })],
  ])('changes with %s', (_, other) => {
    expect(other()).not.toBe(digest({}));
  });
});

function without(key: string) {
  return (name: string, value: unknown) => (name === key ? undefined : value);
}

function withoutLast({ cos, sin, ...rest }: NonNullable<ModelConfig['trigonometric']>) {
  return { ...rest, cos: cos.slice(0, -1), sin: sin.slice(0, -1) };
}

it('the dealer is told which heads’ rows scores nearby foretell, and nothing of how', async () => {
  const { config } = await selfishEncoder();
  const near = ({ groups }: ModelConfig) =>
    groups!.flatMap(({ heads }) => heads.flatMap(({ near = [] }) => near)).flat();
  const shape = { sequences: 2, tokens: 12, answer: 3, columns: 2 };
  const own = planModel(config, shape);
  expect(near(config).some((count) => count !== 0)).toBe(true);
  const dealt = dealtConfig(config, shape);
  expect(near(dealt)).toEqual(near(config).map(() => 0));
  // As the dealer makes sure of it, of what it read.
  const read = configSchema.parse(JSON.parse(JSON.stringify(dealt)));
  expect(JSON.stringify(dealtConfig(read, shape))).toBe(JSON.stringify(read));
  expect(dealingDigest(planModel(dealt, shape))).toBe(dealingDigest(own));
  const groups = config.groups!.map(({ heads, ...layer }) => ({
    ...layer,
    heads: heads.map((group) =>
      group.near ? { ...group, near: group.near.map(() => [1, 2, 3] as [1, 2, 3]) } : group,
    ),
  }));
  const other = planModel({ ...config, groups }, shape);
  expect(dealingDigest(other)).toBe(dealingDigest(own));
  expect(planDigest(other)).not.toBe(planDigest(own));
});
