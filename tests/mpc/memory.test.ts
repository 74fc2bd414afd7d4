/** Device memory is not garbage collected: whatever a pass makes it gives back, also when it fails. */
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../src/models/encode';
import { planModel } from '../../src/models/plan-model';
import { dealerMemoryOf, memoryOf } from '../../src/mpc/memory';
import { counted, counting } from '../support/counting';
import { runPass, setUp } from '../support/harness';
import { DECODER, randomBatch, randomModel, SOFTMAX } from '../support/random-model';
import { examples, openSession, settings } from '../support/session';

const model = await randomModel(3);
const words = [7, 11];

async function opened() {
  const { h, devices } = await counted();
  const plan = planModel(model.config, { sequences: 3, tokens: 8, answer: 3, columns: 2 });
  await setUp(h, plan, model.weights, model.embedding.columns(words));
  const batch = randomBatch(model, { sequences: 3, tokens: 8, answer: 3, columns: 2 }, 4);
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
    expect(biases).toBe(plan.nodes.filter(({ kind }) => kind === 'linear' || kind === 'scale').length);
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
    const data = h.dataOwner.run(plan, [{ inputs: { embedded: batch.embedded }, masks: batch.masks }]);
    const first = await h.channels.modelToData.receive();
    expect(first.kind).toBe('ring');
    h.channels.modelToData.close('that is all');
    await expect(data).rejects.toThrow('that is all');
    expect(alive()).toEqual(before);
  });

  it('of one run is given back when the next begins, on all three sides, and at the end', async () => {
    const devices = { data: counting(), model: counting(), dealer: counting() };
    const session = await openSession({
      backends: { data: devices.data.backend, model: devices.model.backend, dealer: devices.dealer.backend },
    });
    const alive = () => Object.values(devices).map(({ alive }) => alive.size);
    await session.dataOwner.connect();
    const train = async (promptText: string) => {
      const chosen = { ...settings, population: 2, batch: 2, generations: 1, promptText };
      session.prepare(chosen, examples);
      await session.dataOwner.train();
    };
    await train('it was');
    const once = alive();
    expect(Math.min(...once)).toBeGreaterThan(0);
    await train('in short');
    expect(alive()).toEqual(once);
    session.data.end('enough');
    await session.dealt;
    expect(alive()[2]).toBe(0);
  });
});

describe('the memory model', () => {
  it.each([
    ['random features', {}, 3, 8],
    ['random features, more tokens', {}, 4, 20],
    ['softmax', SOFTMAX, 4, 8],
    ['softmax, more tokens', SOFTMAX, 4, 20],
    ['a decoder, in blocks', DECODER, 4, 20],
    ['one prompt apart', {}, 6, 8, 1],
    ['prompts apart', {}, 6, 8, 2],
    ['prompts apart, more tokens', {}, 6, 20, 2],
    ['prompts apart, softmax', SOFTMAX, 6, 8, 2],
  ] as const)(
    'is no less than what a party or the dealer holds at once, and not much more: %s',
    async (_, overrides, sequences, tokens, candidates?: number) => {
      const { config, weights, embedding } = await randomModel(3, {
        ...overrides,
        hidden_size: 32,
        intermediate_size: 64,
      });
      const { h, devices } = await counted();
      const apart = candidates ? { candidates, slots: 2 } : {};
      const shape = { sequences, tokens, answer: answerOf(config, 2, tokens), columns: 2, ...apart };
      const plan = planModel(config, shape);
      await setUp(h, plan, weights, embedding.columns(words));
      const model = { config, weights, embedding, tensors: new Map() };
      await runPass(h, plan, randomBatch(model, shape, 4));
      const { matrices, pass } = memoryOf(plan);
      const measured = Math.max(devices[0]!.most(), devices[1]!.most());
      expect(matrices + pass).toBeGreaterThanOrEqual(measured);
      // A block's queries are counted with temporaries that taking them does not have.
      const most = config.task === 'causal-lm' ? 1.8 : 1.6;
      expect(matrices + pass).toBeLessThan(most * measured);
      const dealer = dealerMemoryOf(plan);
      expect(dealer.matrices + dealer.pass).toBeGreaterThanOrEqual(devices[2]!.most());
      expect(dealer.matrices + dealer.pass).toBeLessThan((most + 0.1) * devices[2]!.most());
    },
  );

  it('grows with the sequences, and its matrices do not', () => {
    const of = (sequences: number) =>
      memoryOf(planModel(model.config, { sequences, tokens: 16, answer: 3, columns: 2 }));
    expect(of(64).matrices).toBe(of(1).matrices);
    expect((of(64).pass - of(32).pass) / (of(32).pass - of(1).pass)).toBeCloseTo(32 / 31, 1);
  });
});
