/** A run survives its session: what is kept of it is sealed, and another session goes on from it. */
import { describe, expect, it } from 'vitest';
import type { CheckpointStore } from '../../src/session/data-owner/checkpoint';
import { memoryCheckpoints } from '../support/checkpoints';
import {
  encoderFiles,
  examples,
  modelFiles,
  openSession,
  type Session,
  type SessionOptions,
  settings,
  trained,
} from '../support/session';

const chosen = { ...settings, generations: 4, evaluateEvery: 2 };

/** A session with these data that has looked for what is kept. */
async function opened(options: SessionOptions, data = examples): Promise<Session> {
  const session = await openSession(options);
  await session.dataOwner.connect();
  session.prepare(settings, data);
  await session.dataOwner.lookForCheckpoint();
  return session;
}

const kept = (session: Session) => session.find('data', 'checkpoint').at(-1);

/** A run that breaks off when so many checkpoints were written. */
const broken = async (...run: Parameters<typeof breakOff>): Promise<CheckpointStore> => (await breakOff(...run)).store;

async function breakOff(most: number, options: SessionOptions = {}, asked = chosen) {
  const store = memoryCheckpoints();
  const session = await openSession({ ...options, store });
  await session.dataOwner.connect();
  session.prepare(asked);
  const { write } = store;
  let written = 0;
  store.write = async (...row) => {
    await write(...row);
    written += 1;
    if (written === most) session.modelSide.end('the model owner left the session');
  };
  await expect(session.dataOwner.train()).rejects.toThrow();
  store.write = write;
  return { store, session };
}

describe('a search that broke off', () => {
  it('goes on in another session as the unbroken one does', async () => {
    const [whole, store] = await Promise.all([trained(undefined, chosen), broken(2)]);
    const session = await opened({ store });
    expect(kept(session)).toMatchObject({
      found: { method: 'prompt', unit: 'generation', done: 2, total: 4, settings: { generations: 4, seed: 5 } },
      problem: undefined,
    });
    await session.dataOwner.takeUp();
    const [rest, undisturbed] = [session.found()[0]!, whole.found()[0]!];
    expect(session.find('data', 'generation').map(({ record }) => record.generation)).toEqual([1, 2, 3, 4]);
    for (const [i, { loss }] of rest.history.entries()) expect(loss).toBeCloseTo(undisturbed.history[i]!.loss, 2);
    expect(rest.bestGeneration).toBe(undisturbed.bestGeneration);
    expect(rest.baseline.loss).toBeCloseTo(undisturbed.baseline.loss, 2);
    expect(rest.final.loss).toBeCloseTo(undisturbed.final.loss, 2);
    // Two generations, a look and the last measurement: nothing that was opened before is opened again.
    const all = (of: Session) => of.find('model', 'pass').map(({ sequences }) => sequences);
    expect(all(session)).toEqual(all(whole).slice(-all(session).length));
    expect(all(session).filter((sequences) => sequences === 16)).toHaveLength(2);
    // It is done: nothing is kept any more.
    await session.dataOwner.lookForCheckpoint();
    expect(kept(session)).toEqual({ type: 'checkpoint' });
  });

  it('can be gone on with though no seed was given', async () => {
    const store = await broken(1, {}, { ...chosen, seed: undefined as never });
    const session = await opened({ store });
    await session.dataOwner.takeUp();
    expect(session.found()[0]!.history.map(({ generation }) => generation)).toEqual([1, 2, 3, 4]);
  });

  it('is refused with other data, without data and with another model, and can be forgotten', async () => {
    const store = await broken(1);
    const others = await opened({ store }, examples.slice(2));
    expect(kept(others)).toMatchObject({ found: { done: 1 }, problem: expect.stringMatching(/other data/) });
    await others.dataOwner.takeUp();
    expect(others.find('data', 'invalid').at(-1)!.problems[0]!.message).toMatch(/other data/);

    const without = await openSession({ store });
    await without.dataOwner.connect();
    await without.dataOwner.lookForCheckpoint();
    expect(kept(without)!.problem).toMatch(/Load the same data/);

    const model = await opened({ store, model: await modelFiles(3, 4) });
    expect(kept(model)!.problem).toMatch(/another model/);
    await model.dataOwner.forget();
    expect(kept(model)).toEqual({ type: 'checkpoint' });
    expect(kept(await opened({ store }))!.found).toBeUndefined();
  });

  it('has of the budget what the sessions before have left', async () => {
    const store = await broken(2);
    const session = await opened({ store, budget: 10_000, used: 9_990 });
    expect(session.find('data', 'ready').at(-1)?.limits.session).toBe(10);
    await expect(session.dataOwner.takeUp()).rejects.toThrow(/budget of 10000 opened numbers is used up: 10 are left/);
    session.modelOwner.budget = 20_000;
    await session.dataOwner.takeUp();
    const passes = session.find('model', 'pass');
    expect(passes.at(-1)!.budgetUsed).toBe(9_990 + passes.reduce((sum, { numbers }) => sum + numbers, 0));
  });

  it('goes on when the budget that ended it is raised, in the same session', async () => {
    const store = memoryCheckpoints();
    const session = await openSession({ store, budget: 100 });
    await session.dataOwner.connect();
    session.prepare(chosen);
    await expect(session.dataOwner.train()).rejects.toThrow(/budget/);
    session.modelOwner.budget = 10_000;
    await session.dataOwner.takeUp();
    expect(session.found()[0]!.history.map(({ generation }) => generation)).toEqual([1, 2, 3, 4]);
  });
});

describe('a head that broke off', () => {
  it('computes only the texts that it lacks', async () => {
    const model = await encoderFiles();
    // What the dealer deals at a time makes several passes of them.
    const options = { model, mostBytes: 500_000 };
    const head = { ...settings, method: 'head' as const };
    const { store, session: lost } = await breakOff(2, options, head);
    const session = await opened({ ...options, store });
    const { found } = kept(session)!;
    // The session that broke off knows it as well, though it has no head yet.
    expect(lost.dataOwner.resumable).toEqual(found);
    expect(lost.dataOwner.bestSoFar).toBeUndefined();
    expect(found).toMatchObject({ method: 'head', unit: 'text' });
    expect(found!.done).toBeGreaterThan(0);
    expect(found!.done).toBeLessThan(found!.total);
    await session.dataOwner.takeUp();
    const texts = session.find('model', 'pass').reduce((sum, { sequences }) => sum + sequences, 0);
    expect(texts).toBe(found!.total - found!.done);
    const whole = await trained(options, head);
    const [rest, undisturbed] = [session, whole].map((one) => one.find('data', 'finished')[0]!.result);
    expect(rest!.final.loss).toBeCloseTo(undisturbed!.final.loss, 1);
  });
});

describe('what is kept', () => {
  it('shows nothing of texts or words, and is of use to this version and invitation only', async () => {
    const store = memoryCheckpoints();
    const session = await openSession({ store });
    await session.dataOwner.connect();
    session.prepare(chosen);
    const rows: [string, Uint8Array][] = [];
    const { write } = store;
    store.write = (name, sealed) => {
      rows.push([name, sealed]);
      return write(name, sealed);
    };
    await session.dataOwner.train();
    const names = new Set(rows.map(([name]) => name));
    expect(names.size).toBe(1);
    const shown = rows.map(([, sealed]) => new TextDecoder('latin1').decode(sealed)).join('');
    for (const plain of ['great', 'awful', 'version', 'settings', 'cma-es']) expect(shown).not.toContain(plain);
    // No nonce comes twice.
    expect(new Set(rows.map(([, sealed]) => sealed.subarray(0, 12).join())).size).toBe(rows.length);

    const [[name, sealed]] = rows as [[string, Uint8Array]];
    await write(name, sealed.with(20, sealed[20]! ^ 1));
    const later = await opened({ store });
    expect(kept(later)).toEqual({ type: 'checkpoint', problem: expect.stringMatching(/another version.*damaged/) });
  });

  it('is told to be lost where it can’t be written, and the run goes on', async () => {
    const store = memoryCheckpoints();
    store.write = async () => {
      throw new Error('the disk is full');
    };
    const session = await openSession({ store });
    await session.dataOwner.connect();
    session.prepare(chosen);
    await session.dataOwner.train();
    expect(session.found()).toHaveLength(1);
    expect(kept(session)!.problem).toMatch(/would be lost with this tab: the disk is full/);
    expect(session.dataOwner.resumable).toBeUndefined();
  });
});
