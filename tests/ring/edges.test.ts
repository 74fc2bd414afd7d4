/** No wrap-around ever: millions of truncations, lifts, squares and products at the very ends of their ranges. */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import type { LiftNode } from '../../src/mpc/plan';
import { decode, encode, largest, packedBytes, saturate, wordsFor } from '../../src/ring/ring';
import { bits as asBits, scale as asScale } from '../../src/ring/units';
import { Bench } from '../support/bench';
import { generator } from '../support/random-model';

/** Integers at the lower end of [low, high], at the upper end and around zero, in turn. */
function edges(low: bigint, high: bigint, n: number, random: () => number): bigint[] {
  const room = high - low;
  return Array.from({ length: n }, (_, i) => {
    const near = BigInt(Math.floor(4 * random()));
    const step = near > room ? room : near;
    if (i % 4 === 0) return low + step;
    if (i % 4 === 1) return high - step;
    if (i % 4 === 2) return step % 2n ? step / 2n : -step / 2n;
    return low + (BigInt(Math.floor(random() * 2 ** 53)) % (room + 1n));
  });
}

const wrong = (found: bigint[], expected: (i: number) => bigint, bits: number) =>
  found.reduce((count, x, i) => count + Number(x !== BigInt.asIntN(bits, expected(i))), 0);

describe('truncation', () => {
  it('is right to one unit modulo what is left, in a million cases at the ends of the range', async () => {
    const random = generator(5);
    const perCase = 25_000;
    let [count, off, drift] = [0, 0, 0];
    for (let round = 0; round < 40; round++) {
      const bits = round < 8 ? [2, 3, 31, 32, 33, 63, 64, 40][round]! : 2 + Math.floor(63 * random());
      const by = 1 + Math.floor((bits - 1) * random());
      const half = 1n << BigInt(bits - 1);
      const bench = new Bench(100 + round);
      const values = edges(-half, half - 1n, perCase, random);
      const x = bench.input(values, bits);
      const node = bench.node('truncate', { shape: x.shape, bits: bits - by, x, by });
      const found = await bench.value(bench.run(node));
      const unit = 1n << BigInt(by);
      for (const [i, y] of found.entries()) {
        const error = BigInt.asIntN(bits, y * unit - values[i]!);
        // With one bit left, modulo 2, every error is within one unit; the drift shows more.
        if (error <= -unit || error >= unit) off++;
        if (bits - by > 1) drift += Number(error) / Number(unit);
        count++;
      }
    }
    expect(count).toBe(1_000_000);
    expect(off).toBe(0);
    // Unbiased: errors are between −1 and 1 with a deviation of at most 1/√2, so this is seven deviations of their mean.
    expect(Math.abs(drift / count)).toBeLessThan(0.005);
  });
});

/** Moduli on both sides of a word's end. */
const WIDTHS = [
  [3, 64],
  [4, 9],
  [18, 40],
  [30, 31],
  [31, 32],
  [32, 33],
  [33, 64],
  [62, 64],
] as const;

function lift(bench: Bench, values: bigint[], bits: number, extended: number, shape?: readonly number[]): LiftNode {
  const x = bench.input(values, bits, shape);
  return bench.run(bench.node('lift', { shape: x.shape, bits, x, extended }));
}

describe('a lift', () => {
  it('restores the modulus exactly, in a million cases at the ends of the range', async () => {
    const random = generator(6);
    let [count, failures] = [0, 0];
    for (const [round, [bits, extended]] of WIDTHS.entries()) {
      const bench = new Bench(200 + round);
      const end = 1n << BigInt(bits - 2);
      const values = edges(-end, end - 1n, 125_000, random);
      const opened = lift(bench, values, bits, extended);
      const node = bench.run(bench.node('lifted', { shape: opened.shape, bits: extended, x: opened }));
      failures += wrong(await bench.value(node), (i) => values[i]!, extended);
      count += values.length;
    }
    expect(count).toBe(1_000_000);
    expect(failures).toBe(0);
  });

  it('is wrong beyond its range: what these tests would see', async () => {
    const bench = new Bench(300);
    const beyond = (1n << 17n) - 1n;
    const opened = lift(bench, new Array(1000).fill(beyond), 18, 40);
    const node = bench.run(bench.node('lifted', { shape: [1000], bits: 40, x: opened }));
    expect(wrong(await bench.value(node), () => beyond, 40)).toBeGreaterThan(200);
  });

  it('sums squares exactly modulo what is needed', async () => {
    const random = generator(7);
    for (const [round, [bits, result]] of [...WIDTHS, [18, 20], [18, 36], [18, 32], [17, 33]].entries()) {
      const bench = new Bench(400 + round);
      const end = 1n << BigInt(bits - 2);
      const [rows, width] = [800, 5];
      const values = edges(-end, end - 1n, rows * width, random);
      const x = lift(bench, values, bits, Math.max(result, bits + 2), [rows, width]);
      const node = bench.run(bench.node('squares', { shape: [rows], bits: result, x }));
      const expected = (i: number) => values.slice(i * width, (i + 1) * width).reduce((sum, v) => sum + v * v, 0n);
      expect(wrong(await bench.value(node), expected, result), `${bits} bits to ${result}`).toBe(0);
    }
  });

  it('multiplies exactly modulo what is needed, rows by an element each', async () => {
    const random = generator(8);
    for (const [round, [M, N, bits]] of [
      [18, 17, 40],
      [18, 17, 31],
      [18, 17, 64],
      [18, 17, 20],
      [18, 17, 18],
      [18, 17, 35],
      [3, 3, 6],
      [32, 17, 33],
      [31, 33, 64],
      [10, 40, 41],
      [40, 10, 64],
    ].entries()) {
      for (const run of [1, 4]) {
        const bench = new Bench(500 + 2 * round + (run > 1 ? 1 : 0));
        const n = 4000;
        const [a, b] = [1n << BigInt(M! - 2), 1n << BigInt(N! - 2)];
        const left = edges(-a, a - 1n, n, random);
        const right = edges(-b, b - 1n, n / run, random);
        const x = lift(bench, left, M!, Math.max(bits!, M! + 1), [n / run, run]);
        const y = lift(bench, right, N!, Math.max(bits!, N! + 1), [n / run]);
        const node = bench.run(bench.node('multiply', { shape: x.shape, bits: bits!, x, y }));
        const expected = (i: number) => left[i]! * right[Math.floor(i / run)]!;
        expect(wrong(await bench.value(node), expected, bits!), `${M} and ${N} bits to ${bits}`).toBe(0);
      }
    }
  });

  it('serves square and product of one opening, of several widths at once', async () => {
    const random = generator(9);
    const bench = new Bench(600);
    const end = 1n << 16n;
    const values = edges(-end, end - 1n, 1024, random);
    const factors = edges(-end, end - 1n, 64, random);
    const x = lift(bench, values, 18, 48, [64, 16]);
    const y = lift(bench, factors, 18, 44);
    const squares = bench.run(bench.node('squares', { shape: [64], bits: 37, x }));
    const product = bench.run(bench.node('multiply', { shape: [64, 16], bits: 44, x, y }));
    const itself = bench.run(bench.node('multiply', { shape: [64, 16], bits: 40, x, y: x }));
    const lifted = bench.run(bench.node('lifted', { shape: [64, 16], bits: 48, x }));
    const row = (i: number) => values.slice(16 * i, 16 * (i + 1));
    expect(wrong(await bench.value(squares), (i) => row(i).reduce((s, v) => s + v * v, 0n), 37)).toBe(0);
    expect(wrong(await bench.value(product), (i) => values[i]! * factors[i >> 4]!, 44)).toBe(0);
    expect(wrong(await bench.value(itself), (i) => values[i]! ** 2n, 40)).toBe(0);
    expect(wrong(await bench.value(lifted), (i) => values[i]!, 48)).toBe(0);
  });
});

describe('fixed point', () => {
  it('comes back as it went in, negative values and two words included', () => {
    const random = generator(10);
    for (const scale of [-4, 0, 7, 12, 30].map(asScale)) {
      for (const bits of [20, 31, 32, 33, 50, 64].map(asBits)) {
        const most = 2 ** (Math.min(bits - 1, 52) - scale) - 2 ** -scale;
        const values = [
          0,
          -0,
          2 ** -scale,
          -(2 ** -scale),
          most,
          -most,
          -most / 3,
          ...Array.from({ length: 200 }, () => (2 * random() - 1) * most),
        ];
        const back = decode(encode(values, scale, wordsFor(bits)), wordsFor(bits), { scale, bits });
        for (const [i, x] of values.entries()) {
          expect(Math.abs(back[i]! - x)).toBeLessThanOrEqual(2 ** -scale / 2);
          expect(back[i]).toBe(Math.round(x * 2 ** scale) / 2 ** scale + 0);
        }
      }
    }
  });

  it('reads modulo 2^bits whatever stands above', () => {
    expect([...decode(Uint32Array.of(0xffff_fff8, 0x7000_0007), 1, { scale: asScale(0), bits: asBits(4) })]).toEqual([
      -8, 7,
    ]);
    expect([
      ...decode(Uint32Array.of(1, 0xffff_ffff, 0xffff_ffff, 0xf), 2, { scale: asScale(1), bits: asBits(36) }),
    ]).toEqual([(1 - 2 ** 32) / 2, -0.5]);
    expect(encode([-1], asScale(32), 2)).toEqual(Uint32Array.of(0, 0xffff_ffff));
    expect(encode([-1.5], asScale(1), 1)).toEqual(Uint32Array.of(0xffff_fffd));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 42, -(2 ** 42)])('refuses %s, which has no form', (value) => {
    expect(() => encode([0, value], asScale(12), 2)).toThrow(/has no fixed-point form at scale 12/);
  });

  it('of private input, which must not fail, is the nearest that there is, and is counted', () => {
    const given = [1.5, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 42), 2 ** 41, -2];
    const { values, clamped } = saturate(given, asScale(12));
    const most = (2 ** 53 - 1) / 2 ** 12;
    expect([...values]).toEqual([1.5, 0, most, -most, 2 ** 41 - 2 ** -12, -2]);
    expect(clamped).toBe(4);
    expect(() => encode(values, asScale(12), 2)).not.toThrow();
    expect(largest({ scale: asScale(12), bits: asBits(54) })).toBe(most);
    expect(largest({ scale: asScale(12), bits: asBits(22) })).toBe((2 ** 21 - 1) / 2 ** 12);
  });

  it('is packed into the words that its bits fill', () => {
    const found = [
      [1, 1],
      [33, 1],
      [3, 16],
      [5, 33],
      [0, 7],
    ].map(([n, bits]) => packedBytes(n!, asBits(bits!)));
    expect(found).toEqual([4, 8, 8, 24, 0]);
    const backend = new CpuBackend();
    for (const bits of Array.from({ length: 64 }, (_, i) => asBits(i + 1))) {
      for (const n of [1, 5, 32]) {
        expect(4 * backend.pack(backend.zeros(n, wordsFor(bits)), bits).n).toBe(packedBytes(n, bits));
      }
    }
  });
});
