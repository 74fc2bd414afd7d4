/** Device memory is not garbage collected: whatever a pass makes it gives back, also when it fails. */
import { describe, expect, it } from 'vitest';
import type { Backend, Vector } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import { planModel } from '../../src/models/plan-model';
import { harness, runPass, setUp } from './harness';
import { randomBatch, randomModel } from './random-model';

/** A backend that knows which of its vectors are alive. */
function counting(): { backend: Backend; alive: Set<Vector> } {
  const alive = new Set<Vector>();
  const backend = new Proxy<Backend>(new CpuBackend(), {
    get(target, key) {
      const verb = Reflect.get(target, key);
      if (typeof verb !== 'function') return verb;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(verb, target, args);
        if (key === 'release') alive.delete(args[0] as Vector);
        else if (typeof result === 'object' && result !== null && 'words' in result) alive.add(result as Vector);
        return result;
      };
    },
  });
  return { backend, alive };
}

const model = randomModel(3);
const words = [7, 11];

async function opened() {
  const devices = [counting(), counting(), counting()];
  let next = 0;
  const h = harness({ backend: () => devices[next++]!.backend });
  const plan = planModel(model.config, { sequences: 3, tokens: 8, answer: 3, words: 2 });
  await setUp(h, plan, model.weights, model.embedding.columns(words));
  const batch = randomBatch(model, { sequences: 3, tokens: 8, answer: 3, words: 2 }, 4);
  return { h, plan, batch, alive: () => devices.map(({ alive }) => alive.size) };
}

describe('the memory of a session', () => {
  it('has the matrices after the set-up, the same after every pass, and nothing at the end', async () => {
    const { h, plan, batch, alive } = await opened();
    const matrices = plan.weights.length;
    expect(alive()).toEqual([matrices, matrices, matrices]);
    await runPass(h, plan, batch);
    // The model owner keeps its biases from the first pass on.
    const biases = alive()[1]! - matrices;
    expect(alive()).toEqual([matrices, matrices + biases, matrices]);
    expect(biases).toBe(plan.nodes.filter(({ kind }) => kind === 'linear').length);
    for (let pass = 0; pass < 2; pass++) await runPass(h, plan, batch);
    expect(alive()).toEqual([matrices, matrices + biases, matrices]);
    h.dataOwner.release();
    h.modelOwner.release();
    h.dealing.release();
    expect(alive()).toEqual([0, 0, 0]);
  });

  it('is given back by a pass that the other side breaks off', async () => {
    const { h, plan, batch, alive } = await opened();
    const before = alive();
    const data = h.dataOwner.run(plan, { inputs: { embedded: batch.embedded }, masks: { kept: batch.kept } });
    const first = await h.channels.modelToData.receive();
    expect(first.kind).toBe('ring');
    h.channels.modelToData.close('that is all');
    await expect(data).rejects.toThrow('that is all');
    expect(alive()).toEqual(before);
  });
});
