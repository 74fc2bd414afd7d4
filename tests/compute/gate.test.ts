/** How near to the cosine what a gate makes of a masked phase and of dealt tables is. */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { COEFFICIENT_BITS, RESOLUTIONS } from '../../src/ring/cosine';
import { turns } from '../../src/ring/units';
import { integersOf } from '../support/bench';
import { generator } from '../support/random-model';

describe.each([16, 20] as const)('a gate of %s-bit phases', (phaseBits) => {
  const { fraction, amplitudeBits } = RESOLUTIONS[phaseBits];
  const turn = 2 ** phaseBits;
  const backend = new CpuBackend();
  const n = 3000;
  const frequencies = [1, 7, 20];

  /** cos and sin of the frequencies' multiples of phases in turns, phase by phase, as the parties' local half computes them. */
  async function waves(phases: number[]): Promise<number[]> {
    const random = generator(phaseBits);
    const masks = phases.map(() => Math.floor(random() * turn));
    const upload = (values: number[]) => backend.upload(Uint32Array.from(values), 1);
    const tables = backend.trigonometricTables(upload(masks), frequencies, fraction, phaseBits, 2);
    // As large as coefficients may be.
    const shift = amplitudeBits - 1 + fraction - (COEFFICIENT_BITS - 1);
    const functions = frequencies.flatMap((_, frequency) =>
      [0, turn / 4].map((phase) => ({
        terms: [{ frequency, amplitude: 2 ** (amplitudeBits - 1), phase: turns(phase) }],
        constant: 0n,
      })),
    );
    const delta = upload(phases.map((phase, i) => phase + masks[i]!));
    const out = backend.gate(delta, tables, { phaseBits, frequencies, functions, shift, words: 2 });
    return integersOf(await backend.read(out), out.n, 64).map(
      (x) => Number(x) / 2 ** (COEFFICIENT_BITS - 1 + fraction),
    );
  }

  /** The largest error at arguments in turns, k·x of them. */
  async function error(x: number[]): Promise<number[]> {
    const found = await waves(x.map((v) => Math.round(v * turn)));
    return frequencies.map((k, f) =>
      x.reduce((most, v, i) => {
        const at = 2 * (i * frequencies.length + f);
        const angle = 2 * Math.PI * k * v;
        return Math.max(most, Math.abs(found[at]! - Math.cos(angle)), Math.abs(found[at + 1]! - Math.sin(angle)));
      }, 0),
    );
  }

  /** Two roundings of half a unit, of cosine and sine each. */
  const rounding = Math.SQRT2 * 2 ** -fraction;

  it('is right to a unit of its tables where the phase is', async () => {
    const random = generator(5);
    for (const most of await error(Array.from({ length: n }, () => Math.floor(random() * turn) / turn))) {
      expect(most).toBeLessThan(rounding);
      // And uses what its tables have.
      expect(most).toBeGreaterThan(rounding / 8);
    }
  });

  it('is right to half a unit of the phase, k times, elsewhere', async () => {
    const random = generator(6);
    const errors = await error(Array.from({ length: n }, () => random()));
    for (const [f, k] of frequencies.entries()) expect(errors[f]).toBeLessThan((k * Math.PI) / turn + rounding);
  });
});
