/** A graphics card that is lost in the middle of a run: the run goes on, on the CPU, as if nothing had been. */
import { describe, expect, it } from 'vitest';
import { type Backend, DeviceLost } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import { Device } from '../../src/session/device';
import { counting } from '../support/counting';
import { openSession, settings } from '../support/session';

type Verb = (...args: unknown[]) => unknown;

/** A backend whose verbs are called through `around`. */
function wrapped(inner: Backend, around: (verb: Verb, args: unknown[], name: string) => unknown): Backend {
  return new Proxy<Backend>(inner, {
    get(target, key) {
      const verb: unknown = Reflect.get(target, key);
      if (typeof verb !== 'function') return verb;
      return (...args: unknown[]) => around((...given) => Reflect.apply(verb, target, given), args, String(key));
    },
  });
}

/** A device that computes until so many verbs were called, and is gone from then on. */
async function failing(verbs: number): Promise<{ backend: Backend; left: () => number }> {
  let left = verbs;
  const backend = wrapped(await WasmBackend.create(), (verb, args, name) => {
    if (name === 'destroy' || name === 'release') return verb(...args);
    if (left <= 0) throw new DeviceLost('the graphics device was lost: for a test');
    left--;
    return verb(...args);
  });
  return { backend, left: () => left };
}

/** Reads take their time, as a graphics card's do: the halves of a flight are under way for long. */
const slow = (inner: Backend): Backend =>
  wrapped(inner, async (verb, args, name) => {
    await new Promise((resolve) => setTimeout(resolve, name.startsWith('read') ? 4 : 0));
    return verb(...args);
  });

/** Only reads may be waited for; everything else has to answer at once. */
const slowReads = (inner: Backend): Backend =>
  new Proxy<Backend>(inner, {
    get(target, key) {
      const verb: unknown = Reflect.get(target, key);
      if (key === 'read' || key === 'readInto') return Reflect.get(slow(target), key);
      return typeof verb === 'function' ? verb.bind(target) : verb;
    },
  });

const chosen = { ...settings, population: 3, batch: 2, heldOut: 4, generations: 2, evaluateEvery: 2, seed: 5 };

async function run(backends: { data?: Backend; model?: Backend; dealer?: Backend }) {
  const { data, model, dealer } = backends;
  const session = await openSession({
    backends: {
      data: data ?? (await WasmBackend.create()),
      model: model ?? (await WasmBackend.create()),
      dealer: dealer ?? (await WasmBackend.create()),
    },
  });
  await session.dataOwner.connect();
  session.prepare(chosen);
  await session.dataOwner.train();
  const losses = session.found()[0]?.history.map(({ loss }) => loss) ?? [];
  session.data.end('enough');
  await session.dealt;
  return { session, losses };
}

describe('a lost device', () => {
  for (const side of ['data', 'model'] as const) {
    const other = side === 'data' ? 'model' : 'data';
    it(`of the ${side} owner is no loss to the run, whenever it goes`, async () => {
      const whole = await failing(Number.MAX_SAFE_INTEGER);
      const { losses, session: undisturbed } = await run({ [side]: whole.backend });
      expect(losses).toHaveLength(2);
      const verbs = Number.MAX_SAFE_INTEGER - whole.left();
      const passes = undisturbed.find('model', 'pass');

      const parts = [0.002, 0.01, 0.05, 0.2, 0.33, 0.47, 0.6, 0.71, 0.85, 0.97];
      // Side by side: most of it is waiting for slow reads.
      const lost = async (part: number) => {
        const device = await failing(Math.floor(part * verbs));
        const { session, losses: again } = await run({
          [side]: device.backend,
          [other]: slowReads(await WasmBackend.create()),
        });
        expect(device.left()).toBe(0);
        expect(session.find(side, 'compute')[0]?.notice).toContain('the graphics device was lost');
        // Fresh masks round differently, in the last bits of a logit.
        expect(again).toHaveLength(2);
        for (const [i, loss] of losses.entries()) expect(Math.abs((again[i] ?? Number.NaN) - loss)).toBeLessThan(5e-3);
        // One pass at most was computed in vain, and is counted.
        const more = (session.find('model', 'pass').at(-1)?.budgetUsed ?? 0) - (passes.at(-1)?.budgetUsed ?? 0);
        expect(more).toBeGreaterThanOrEqual(0);
        expect(more).toBeLessThanOrEqual(Math.max(...passes.map(({ numbers }) => numbers)));
      };
      await Promise.all(parts.map(lost));
    }, 120_000);
  }

  it('of both at once does not stop it either', async () => {
    for (const verbs of [200, 700, 1500]) {
      const [data, model] = [await failing(verbs), await failing(verbs)];
      const { losses } = await run({ data: slowReads(data.backend), model: slowReads(model.backend) });
      expect([data.left(), model.left()]).toEqual([0, 0]);
      expect(losses).toHaveLength(2);
    }
  }, 120_000);

  it('leaves nothing behind on the other side', async () => {
    const once = counting();
    await run({ model: once.backend });
    for (const verbs of [30, 900]) {
      const survivor = counting();
      await run({ data: (await failing(verbs)).backend, model: survivor.backend });
      // The matrices and biases of the last run, as without a loss.
      expect(survivor.alive.size).toBe(once.alive.size);
    }
  }, 120_000);

  it('again and again is an error in the end', () => {
    const device = new Device(new CpuBackend(), () => {});
    for (let i = 0; i < 6; i++) device.count();
    expect(() => device.count()).toThrow('broken off 7 times');
  });
});
