/** A batch in two strands: the same answers for the same bytes, less waiting. */
import { describe, expect, it, vi } from 'vitest';
import { DeviceLost } from '../../src/compute/backend';
import { CpuBackend } from '../../src/compute/cpu/cpu-backend';
import type { PassShape } from '../../src/models/architecture';
import { planInStrands, planModel } from '../../src/models/plan-model';
import { costOf } from '../../src/mpc/cost';
import { dealerMemoryOf, memoryOf } from '../../src/mpc/memory';
import { talks, trafficOf } from '../../src/mpc/operations';
import { type FlightPlace, flightsOf, InOrder, nodesOf, Waiting } from '../../src/mpc/strands';
import type { Message } from '../../src/net/channel';
import { counted } from '../support/counting';
import { harness, inputOf, runPass, setUp } from '../support/harness';
import { DECODER, generator, randomBatch, randomModel, referenceLogits, SOFTMAX } from '../support/random-model';

const words = [7, 11];
const SHAPE: PassShape = { sequences: 3, tokens: 8, answer: 3, columns: 2 };
const PAIRED: PassShape = { ...SHAPE, sequences: 4, candidates: 2, slots: 2 };

const LONG: PassShape = { ...PAIRED, tokens: 16, candidates: 4 };
const UNLIKE = [
  { ...LONG, sequences: 8 },
  { ...LONG, sequences: 4 },
];

/** Halves of five sequences, or of texts under two prompts. */
const CASES = [
  ['random features', {}, [SHAPE, { ...SHAPE, sequences: 2 }]],
  ['softmax', SOFTMAX, [SHAPE, { ...SHAPE, sequences: 2 }]],
  ['a causal model', DECODER, [SHAPE, { ...SHAPE, sequences: 1 }].map((shape) => ({ ...shape, blocks: 2 }))],
  ['prompts apart', {}, [PAIRED, { ...PAIRED, sequences: 2 }]],
  // Sums over keys are opened for pairs in one half, and for texts and prompts in the other.
  ['halves of different structure', {}, UNLIKE],
] as const;

describe('a pass in two strands', () => {
  it.each(CASES)('opens what the reference computes, for the bytes of its halves: %s', async (_, overrides, shapes) => {
    const model = await randomModel(3, overrides);
    const plan = planInStrands(model.config, shapes);
    const h = await harness();
    await setUp(h, plan, model.weights, model.embedding.columns(words));
    const batches = shapes.map((shape, i) => randomBatch(model, shape, 4 + i));
    const { logits, data, model: other, dealt } = await runPass(h, plan, batches);
    const expected = shapes.flatMap((shape, i) => [...referenceLogits(model, shape, batches[i]!, words)]);
    expect(logits).toHaveLength(expected.length);
    for (const [i, logit] of logits.entries()) expect(Math.abs(logit - expected[i]!)).toBeLessThan(0.05);

    const halves = shapes.map((shape) => costOf(planModel(model.config, shape)));
    const sum = (key: 'toModelOwner' | 'toDataOwner' | 'dealt' | 'operations') =>
      halves.reduce((all, half) => all + half[key], 0);
    const cost = costOf(plan);
    expect(cost).toMatchObject({
      ...{ rounds: Math.max(...halves.map(({ rounds }) => rounds)), operations: sum('operations') },
      ...{ toModelOwner: sum('toModelOwner'), toDataOwner: sum('toDataOwner'), dealt: sum('dealt') },
    });
    for (const { rounds, toModelOwner, toDataOwner, dealt: counted } of [data, other])
      expect([rounds, toModelOwner, toDataOwner, counted]).toEqual([
        ...[cost.rounds, cost.toModelOwner, cost.toDataOwner, cost.dealt],
      ]);
    expect(dealt).toBe(cost.dealt);
    for (const [kind, { rounds }] of Object.entries(data.byOperation))
      expect(rounds, kind).toBe(cost.byOperation[kind]!.rounds);
  });

  it('has masks of its own in each strand', () => {
    const { nodes } = planInStrands(MODEL.config, [SHAPE, SHAPE]);
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
    expect(nodes.filter(({ strand }) => strand === 1)).toHaveLength(nodes.length / 2);
  });

  it('says the second strand’s flight before it hears the first one’s answer', async () => {
    const whole = { plan: planModel(MODEL.config, { ...SHAPE, sequences: 6 }), ahead: 1 };
    const halves = { plan: planInStrands(MODEL.config, [SHAPE, SHAPE]), ahead: 2 };
    for (const { plan, ahead } of [whole, halves]) {
      const h = await harness();
      await setUp(h, plan, MODEL.weights, MODEL.embedding.columns(words));
      const inputs = [0, 1].map((strand) => {
        const sequences = plan.nodes.filter((node) => node.kind === 'input' && node.strand === strand)[0]?.shape[0];
        return inputOf(randomBatch(MODEL, { ...SHAPE, sequences: sequences ?? 1 }, 4));
      });
      // A model owner that only listens.
      const heard: Message[] = [];
      const { modelToData } = h.channels;
      const listen = async () => {
        for (;;) heard.push(await modelToData.receive());
      };
      const listening = listen().catch(() => {});
      const data = h.dataOwner.run(plan, inputs).catch((error: Error) => error.message);
      await new Promise((resolve) => setTimeout(resolve, 200));
      // The second round needs what the model owner did not say.
      expect(heard.map(({ round }) => round)).toEqual(new Array(ahead).fill(1));
      modelToData.close('enough');
      expect(await data).toMatch('enough');
      await listening;
    }
  });

  it.each([
    ['random features', {}],
    ['softmax', SOFTMAX],
  ])('takes no more memory than the model of it says: %s', async (_, overrides) => {
    const wide = { ...overrides, hidden_size: 32, intermediate_size: 64 };
    const { config, weights, embedding } = await randomModel(3, wide);
    const { h, devices } = await counted();
    const plan = planInStrands(config, [SHAPE, SHAPE]);
    await setUp(h, plan, weights, embedding.columns(words));
    const model = { config, weights, embedding, tensors: new Map() };
    const alive = () => devices.map(({ alive }) => alive.size);
    await runPass(
      h,
      plan,
      [4, 5].map((seed) => randomBatch(model, SHAPE, seed)),
    );
    const once = alive();
    await runPass(
      h,
      plan,
      [6, 7].map((seed) => randomBatch(model, SHAPE, seed)),
    );
    expect(alive()).toEqual(once);
    const { matrices, pass } = memoryOf(plan);
    const measured = Math.max(devices[0]!.most(), devices[1]!.most());
    expect(matrices + pass).toBeGreaterThanOrEqual(measured);
    // How far one strand is when the other has most depends on who is faster.
    expect(matrices + pass).toBeLessThan(1.8 * measured);
    const dealer = dealerMemoryOf(plan);
    expect(dealer.matrices + dealer.pass).toBeGreaterThanOrEqual(devices[2]!.most());
  });

  it('ends in both strands when the device is lost in one, also where the other side says nothing', async () => {
    for (const plan of [planModel(MODEL.config, SHAPE), planInStrands(MODEL.config, [SHAPE, SHAPE])]) {
      const reads = plan.nodes.filter((node) => talks(node) && trafficOf(node).toModelOwner.length > 0).length;
      expect(reads).toBeGreaterThan(10);
      let left = 0;
      const losing = new Proxy(new CpuBackend(), {
        get(target, key) {
          const verb: unknown = Reflect.get(target, key);
          if (typeof verb !== 'function') return verb;
          return (...args: unknown[]) => {
            if (key === 'readInto' && left-- === 0)
              return Promise.reject(new DeviceLost('the graphics device was lost'));
            return Reflect.apply(verb, target, args);
          };
        },
      });
      const backends = [losing, new CpuBackend(), new CpuBackend()];
      const h = await harness({ backend: () => backends.shift()! });
      left = Number.POSITIVE_INFINITY;
      await setUp(h, plan, MODEL.weights, MODEL.embedding.columns(words));
      left = plan.strands - 1;
      const inputs = [4, 5].map((seed) => inputOf(randomBatch(MODEL, SHAPE, seed)));
      await expect(h.dataOwner.run(plan, inputs)).rejects.toThrow('the graphics device was lost');
      // What the other side says then is for whoever recovers.
      await h.channels.modelToData.send({ kind: 'control', pass: 0, round: 0, body: new Uint8Array(1) });
      expect((await h.channels.dataToModel.receive()).kind).toBe('control');
    }
  });
});

const MODEL = await randomModel(3);

it('a party waits while all of its strands do', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const waiting = new Waiting(2);
    const things = new Map<string, () => void>();
    const wait = (strand: number, what: 'peer' | 'dealer', name: string) =>
      waiting.during(strand, what, new Promise<void>((resolve) => things.set(name, resolve)));
    const end = async (name: string) => {
      things.get(name)!();
      await new Promise((resolve) => setImmediate(resolve));
    };
    wait(0, 'peer', 'hear');
    wait(0, 'peer', 'say');
    vi.advanceTimersByTime(1000);
    wait(1, 'dealer', 'dealt');
    vi.advanceTimersByTime(2000);
    // The first strand still waits for something.
    await end('say');
    vi.advanceTimersByTime(4000);
    await end('dealt');
    vi.advanceTimersByTime(8000);
    wait(1, 'peer', 'more');
    vi.advanceTimersByTime(16_000);
    await end('hear');
    await end('more');
    expect(waiting.seconds).toEqual({ peer: 16, dealer: 6 });
  } finally {
    vi.useRealTimers();
  }
});

describe('flights in order', () => {
  it('come one at a time, by rounds and strands, whoever is faster', async () => {
    const random = generator(5);
    for (let strands = 1; strands <= 3; strands++) {
      const line = new InOrder(strands);
      const places = [...flightsOf({ ...planModel(MODEL.config, SHAPE), rounds: 9, strands })];
      const said: FlightPlace[] = [];
      let busy = 0;
      const strand = async (own: readonly FlightPlace[]) => {
        for (const place of own) {
          for (let i = 0; i < 4 * random(); i++) await undefined;
          // Nothing is said in some rounds.
          if ((place.round + place.strand) % 3 === 0) {
            line.pass(place);
            continue;
          }
          await line.turn(place, new AbortController().signal);
          expect(busy++).toBe(0);
          for (let i = 0; i < 4 * random(); i++) await undefined;
          said.push(place);
          busy--;
          line.pass(place);
        }
      };
      const own = Array.from({ length: strands }, (_, i) => places.filter((place) => place.strand === i));
      await Promise.all(own.map(strand));
      expect(said).toEqual(places.filter(({ round, strand }) => (round + strand) % 3 !== 0));
    }
  });

  it('are not waited for any more when the pass is over', async () => {
    const line = new InOrder(2);
    const end = new AbortController();
    const waiting = line.turn({ round: 0, strand: 1 }, end.signal);
    end.abort(new Error('the other strand failed'));
    await expect(waiting).rejects.toThrow('the other strand failed');
    await expect(line.turn({ round: 3, strand: 0 }, end.signal)).rejects.toThrow('the other strand failed');
  });

  it('are all nodes of a plan, each once', () => {
    const plan = planInStrands(MODEL.config, [SHAPE, { ...SHAPE, sequences: 1 }]);
    const found = [...flightsOf(plan)].flatMap((place) => nodesOf(plan, place));
    expect(found.map(({ id }) => id)).toEqual(plan.nodes.map(({ id }) => id));
  });
});
