/** A graphics card that is lost in the middle of a run: the run goes on, on the CPU, as if nothing had been. */
import { describe, expect, it } from 'vitest';
import { type Backend, DeviceLost } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { openSession, settings } from '../support/session';

/** A device that computes until so many verbs were called, and is gone from then on. */
function failing(verbs: number): { backend: Backend; left: () => number } {
  let left = verbs;
  const backend = new Proxy<Backend>(new CpuBackend(), {
    get(target, key) {
      const verb = Reflect.get(target, key);
      if (typeof verb !== 'function' || key === 'destroy' || key === 'release') return verb;
      return (...args: unknown[]) => {
        if (left <= 0) throw new DeviceLost('the graphics device was lost: for a test');
        left--;
        return Reflect.apply(verb, target, args);
      };
    },
  });
  return { backend, left: () => left };
}

const chosen = { ...settings, generations: 2, evaluateEvery: 1, seed: 5 };

async function run(backends: { data?: Backend; model?: Backend }) {
  const session = await openSession({
    backends: { data: new CpuBackend(), model: new CpuBackend(), dealer: new CpuBackend(), ...backends },
  });
  await session.dataOwner.connect();
  session.prepare(chosen);
  await session.dataOwner.train();
  const [finished] = session.find('data', 'finished');
  session.data.end('enough');
  await session.dealt;
  return { session, losses: finished?.result.history.map(({ loss }) => loss) ?? [] };
}

describe('a lost device', () => {
  it.each([
    ['of the data owner, in the set-up', 'data', 0.01],
    ['of the data owner, in a pass', 'data', 0.4],
    ['of the data owner, in another', 'data', 0.77],
    ['of the model owner, in the set-up', 'model', 0.01],
    ['of the model owner, in a pass', 'model', 0.35],
    ['of the model owner, in another', 'model', 0.8],
  ] as const)(
    '%s: the run goes on as it would have',
    async (_, side, part) => {
      const counting = failing(Number.MAX_SAFE_INTEGER);
      const { losses } = await run({ [side]: counting.backend });
      expect(losses).toHaveLength(2);
      const verbs = Number.MAX_SAFE_INTEGER - counting.left();

      const device = failing(Math.floor(part * verbs));
      const { session, losses: again } = await run({ [side]: device.backend });
      expect(device.left()).toBe(0);
      const [told] = session.find(side, 'compute');
      expect(told?.notice).toContain('the graphics device was lost');
      // Fresh masks round differently, in the last bits of a logit.
      expect(again).toHaveLength(2);
      for (const [i, loss] of losses.entries()) expect(Math.abs((again[i] ?? Number.NaN) - loss)).toBeLessThan(5e-3);
      expect(session.find('model', 'invalid')).toEqual([]);
    },
    60_000,
  );

  it('of both at once does not stop it either', async () => {
    const [data, model] = [failing(700), failing(700)];
    const { losses } = await run({ data: data.backend, model: model.backend });
    expect([data.left(), model.left()]).toEqual([0, 0]);
    expect(losses).toHaveLength(2);
  }, 60_000);
});
