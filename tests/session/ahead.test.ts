/** Passes that were dealt ahead: used in place of the dealer, once, and by both sides or none. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Backend, DeviceLost } from '../../src/compute/backend';
import { WasmBackend } from '../../src/compute/wasm/wasm-backend';
import { parseConfig } from '../../src/models/config';
import type { Message } from '../../src/net/channel';
import type { MemoryOptions } from '../../src/net/memory';
import type { Control } from '../../src/session/control';
import { RunPlans } from '../../src/session/run';
import { says } from '../attacks/deviating';
import {
  encoderFiles,
  examples,
  modelFiles,
  openSession,
  promptResult,
  type SessionOptions,
  settings,
} from '../support/session';
import { MemoryDisk } from '../support/stock';
import { type Heard, Tap } from '../support/tap';

const head = { ...settings, method: 'head' as const };
const model = await encoderFiles();
const few = examples.slice(0, 8);

/** Whose longest vector makes several passes of these texts. */
const small = async (): Promise<Backend> =>
  new Proxy(await WasmBackend.create(), {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key === 'mostVectorBytes') return 25_000;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

function disks() {
  return { data: new MemoryDisk(), model: new MemoryDisk() };
}

type Disks = ReturnType<typeof disks>;

const sides = async () => ({ data: await small(), model: await small(), dealer: await WasmBackend.create() });

/** A session on these disks, its lines listened to. */
async function opened(on: Disks, options: SessionOptions = {}) {
  const taps = { peer: new Tap(), model: new Tap() };
  const session = await openSession({
    model,
    backends: await sides(),
    peer: taps.peer.options,
    dealerToModel: taps.model.options,
    stocks: { data: on.data.store(), model: on.model.store() },
    ...options,
  });
  await session.dataOwner.connect();
  session.prepare(head, few);
  return { ...session, taps };
}

type Opened = Awaited<ReturnType<typeof opened>>;

const kept = (session: Opened, side: 'data' | 'model' = 'data') => session.find(side, 'stock').at(-1)!;

const lengths = (bodies: readonly { length: number }[]): number => bodies.reduce((sum, { length }) => sum + length, 0);

const corrections = ({ model }: Opened['taps']): number => lengths(model.bodies(1, 'ring'));

/** What the data owner said of passes, before them and in them. */
const saidOfPasses = ({ peer }: Opened['taps']): number =>
  lengths(peer.messages.filter((m) => m.kind === 'ring' && m.from === 0 && m.pass > 0).map(({ body }) => body));

/** The session is over, as when both tabs are closed. */
async function close(session: Opened): Promise<void> {
  session.data.end('the test is over');
  await Promise.all([session.data.ended, session.modelSide.ended]);
}

async function stocked(on: Disks, passes: number, options: SessionOptions = {}): Promise<void> {
  const session = await opened(on, options);
  await session.dataOwner.prepareAhead(passes);
  await close(session);
}

describe('passes that are prepared ahead', () => {
  it('are what the whole run takes, in a later session and without a dealer', async () => {
    const on = disks();
    const first = await opened(on, { mostBytes: 250_000 });
    const { ahead } = first.find('data', 'prepared').at(-1)!;
    await first.dataOwner.prepareAhead(ahead.passes);
    for (const side of ['data', 'model'] as const) {
      const made = first.find(side, 'stock').flatMap(({ making }) => (making ? [making.done] : []));
      expect(made[0]).toBe(0);
      await vi.waitFor(() => expect(kept(first, side)).toMatchObject({ making: undefined, problem: undefined }));
    }
    const { kept: there } = kept(first);
    expect(there).toMatchObject({ kind: ahead.kind, tokens: 16 });
    // The dealer takes fewer texts at a time than were asked for.
    expect(there!.sequences).toBeLessThan(ahead.sequences);
    expect(there!.passes * there!.sequences).toBeGreaterThanOrEqual(ahead.passes * ahead.sequences);
    const halves = saidOfPasses(first.taps);
    expect(halves).toBeGreaterThan(0);
    expect(kept(first, 'model').kept).toMatchObject({
      passes: there!.passes,
      bytes: corrections(first.taps) + halves,
    });
    const made = first.find('data', 'totals').at(-1)!;
    expect(first.find('model', 'totals').at(-1)).toEqual(made);
    const setUp = lengths(first.taps.peer.messages.filter((m) => m.kind === 'ring' && m.pass === 0).map((m) => m.body));
    expect(made.bytes.toModelOwner + made.bytes.toDataOwner).toBe(setUp + halves);
    await close(first);

    const session = await opened(on);
    session.channels.dataDealer.close('the server was stopped');
    await session.dealt;
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(1);
    expect(corrections(session.taps)).toBe(0);
    // Nor masked matrices: they came with what was prepared.
    expect(session.taps.peer.messages.filter(({ kind, pass }) => kind === 'ring' && pass === 0)).toEqual([]);
    const totals = session.find('data', 'totals').at(-1)!;
    expect(totals.ahead).toBe(totals.passes);
    expect(session.find('model', 'totals').at(-1)).toEqual(totals);
    await close(session);
  });

  it('take what was said of them before the start, with no set-up', async () => {
    const on = disks();
    await stocked(on, 100);
    const session = await opened(on);
    await session.dataOwner.train();
    const { run } = session.find('data', 'prepared').at(-1)!.ahead;
    const { toModelOwner, toDataOwner, dealt, ...counts } = run.total;
    const bytes = { toModelOwner, toDataOwner, dealt };
    expect(saidOfPasses(session.taps)).toBe(toModelOwner);
    const totals = session.find('data', 'totals').at(-1)!;
    expect(totals).toMatchObject({ ...counts, bytes, numbers: run.numbers.total });
    expect(run.awaited).toBe(0);
    // Both pages watch passes of these bytes, in which nothing is waited for from the dealer.
    for (const side of ['data', 'model'] as const) {
      const watched = session.find(side, 'rounds').flatMap(({ rounds }) => rounds);
      const sum = (key: 'toModelOwner' | 'toDataOwner' | 'dealt') =>
        watched.reduce((sum, round) => sum + round[key], 0);
      expect([sum('toModelOwner'), sum('toDataOwner'), sum('dealt')]).toEqual([toModelOwner, toDataOwner, 0]);
    }
    await close(session);
  });

  it('open what the dealer’s would', async () => {
    const on = disks();
    await stocked(on, 3);
    const [ahead, dealt] = [await opened(on), await opened(disks())];
    for (const session of [ahead, dealt]) await session.dataOwner.train();
    const [one, other] = [ahead, dealt].map((session) => session.find('data', 'finished')[0]!.result);
    expect(ahead.find('data', 'totals').at(-1)!.ahead).toBeGreaterThan(1);
    expect(dealt.find('data', 'totals').at(-1)!.ahead).toBe(0);
    expect(one!.final.loss).toBeCloseTo(other!.final.loss, 2);
    expect(one!.final.confusion).toEqual(other!.final.confusion);
  });

  it('serve a search, its generations as well as its looks at one prompt, and take as much as was said', async () => {
    const searching = async (passes?: number) => {
      const session = await opened(disks(), { model: await modelFiles(), backends: undefined });
      session.prepare({ ...settings, generations: 2, seed: 5 });
      const { ahead } = session.find('data', 'prepared').at(-1)!;
      if (passes !== 0) await session.dataOwner.prepareAhead(passes ?? ahead.passes);
      const [before] = session.find('data', 'totals').slice(-1);
      await session.dataOwner.train();
      const totals = session.find('data', 'totals').at(-1)!;
      expect(totals).toEqual(session.find('model', 'totals').at(-1));
      return { ahead, before, totals, result: promptResult(session.find('data', 'finished')[0]!.result) };
    };
    const dealt = await searching(0);
    const all = await searching();
    // Behind the second, passes are dealt, with prompts apart.
    for (const [passes, found] of [
      [2, await searching(2)],
      [dealt.ahead.passes, all],
    ] as const) {
      expect(found.totals.ahead).toBe(passes);
      expect(found.totals.passes).toBe(dealt.totals.passes);
      for (const [i, { loss }] of found.result.history.entries())
        expect(loss).toBeCloseTo(dealt.result.history[i]!.loss, 2);
      expect(found.result.final.loss).toBeCloseTo(dealt.result.final.loss, 2);
    }
    const { ahead, before, totals } = all;
    const { total: bytes } = ahead.run;
    for (const key of ['toModelOwner', 'toDataOwner', 'dealt'] as const)
      expect(totals.bytes[key] - before!.bytes[key]).toBe(bytes[key]);
    expect(totals.bytes.toDataOwner).toBeGreaterThan(dealt.totals.bytes.toDataOwner);
  });

  it('are followed by dealt ones, and gone from both disks', async () => {
    const on = disks();
    await stocked(on, 2);
    const session = await opened(on);
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(1);
    const totals = session.find('data', 'totals').at(-1)!;
    expect(totals.ahead).toBe(2);
    expect(totals.passes).toBeGreaterThan(2);
    expect(corrections(session.taps)).toBeGreaterThan(0);
    for (const side of ['data', 'model'] as const) expect(kept(session, side).kept).toBeUndefined();
    expect([on.data.names, on.model.names]).toEqual([[], []]);
  });

  it('are not used by a run of another shape, which leaves them', async () => {
    const on = disks();
    await stocked(on, 2);
    const session = await opened(on);
    session.prepare({ ...head, tokens: 14 }, few);
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(0);
    for (const side of ['data', 'model'] as const) expect(kept(session, side).kept!.passes).toBe(2);
  });

  it('are never used with other weights under the same masks', async () => {
    const on = disks();
    await stocked(on, 2);
    const session = await opened(on, { model: await encoderFiles(3, 4) });
    expect(kept(session, 'model').kept).toBeUndefined();
    expect([on.data.names, on.model.names]).toEqual([[], []]);
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(0);
  });

  it('are never used with other label words under the same masks', async () => {
    const on = disks();
    const options = { model: await modelFiles() };
    const search = { ...settings, generations: 1 };
    const first = await opened(on, options);
    first.prepare(search);
    await first.dataOwner.prepareAhead(3);
    await close(first);
    const session = await opened(on, options);
    session.prepare({ ...search, labelWords: { positive: 'good', negative: 'bad' } });
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(0);
    session.prepare(search);
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(3);
  });

  it('are thrown away by the side that has them when the other has lost its half', async () => {
    for (const side of ['data', 'model'] as const) {
      const on = disks();
      await stocked(on, 2);
      const session = await opened({ ...on, [side]: new MemoryDisk() });
      await session.dataOwner.train();
      expect(session.find('data', 'totals').at(-1)!.ahead).toBe(0);
      expect(on[side === 'data' ? 'model' : 'data'].names).toEqual([]);
    }
  });

  it('are thrown away by whoever wants to, and others can be made', async () => {
    const on = disks();
    await stocked(on, 2);
    const session = await opened(on);
    await session.dataOwner.unstock();
    expect(kept(session).kept).toBeUndefined();
    await session.dataOwner.prepareAhead(3);
    expect(kept(session, 'model').kept!.passes).toBe(3);
    await session.modelOwner.unstock();
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(0);
    expect([on.data.names, on.model.names]).toEqual([[], []]);
  });

  it('end early when either side stops, and what there is by then is used', async () => {
    for (const side of ['data', 'model'] as const) {
      const on = disks();
      const lines: MemoryOptions = {};
      const session = await opened(on, { dealerToModel: lines });
      lines.tamper = (chunk, from) => {
        if (from === 0 || chunk.length < 1000) return chunk;
        if (side === 'data') session.dataOwner.stopAhead();
        else session.modelOwner.stopKeeping();
        return chunk;
      };
      await session.dataOwner.prepareAhead(3);
      lines.tamper = undefined;
      expect(kept(session).kept!.passes).toBe(1);
      await session.dataOwner.train();
      expect(session.find('data', 'totals').at(-1)!.ahead).toBe(1);
    }
  });

  it('are taken on by a run that was begun with the dealer', async () => {
    const on = disks();
    const session = await opened(on);
    await session.dataOwner.train();
    await session.dataOwner.prepareAhead(2);
    await session.dataOwner.classify(['the nurse was kind', 'rude staff']);
    expect(session.find('data', 'classified')[0]!.classifications).toHaveLength(2);
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(1);
    expect(session.find('model', 'totals').at(-1)).toEqual(session.find('data', 'totals').at(-1));
  });

  it('count all numbers that a filled-up pass opens', async () => {
    const on = disks();
    await stocked(on, 1);
    const session = await opened(on);
    await session.dataOwner.train();
    const [first] = session.find('model', 'pass');
    await session.dataOwner.unstock();
    expect(first!.numbers).toBe((first!.numbers / first!.sequences) * first!.sequences);
    expect(first!.budgetUsed).toBe(first!.numbers);
  });
});

/** Ring messages between the parties under masks of a stock. */
function underStock({ messages }: Tap): Heard[] {
  const found: Heard[] = [];
  let isKept = false;
  for (const message of messages) {
    if (message.kind === 'control') {
      const { type, stock } = JSON.parse(Buffer.from(message.body).toString('latin1'));
      if (type === 'planned') isKept = stock !== undefined;
    } else if (message.kind === 'ring' && message.pass > 0 && isKept) found.push(message);
  }
  return found;
}

/** As it is named where it may be said once. */
const place = ({ from, pass, round }: Heard): string => `${from} ${pass}/${round}`;

/** Of a session that is over at a certain moment, as when a tab is closed. */
interface Moment {
  /** The n-th thing that one side's disk does. */
  disk?: { of: 'data' | 'model'; n: number };
  /** The n-th message between the parties that is a control message or the first of its side in a pass. */
  message?: number;
}

/** Neither opening nor reading changes anything. */
const CHANGES = /writing|flushing|removing|creating/;

/** What was said, and what is on both disks afterwards; `isOver`: it came to that moment. */
async function until(on: Disks, moment: Moment, work: (session: Opened) => Promise<void>) {
  let isOver = false;
  // The model owner speaks before its session is here to be ended.
  let isDue = false;
  let end = () => {
    isDue = true;
  };
  let done = 0;
  const count = (n: number | undefined) => {
    if (!isOver && done++ === n) {
      isOver = true;
      end();
    }
  };
  const step = (what: string) => {
    if (CHANGES.test(what)) count(moment.disk?.n);
    if (isOver) throw new Error('the tab was closed');
  };
  const peer = new Tap();
  let told = 0;
  const stores = { data: on.data.store(), model: on.model.store() };
  if (moment.disk) stores[moment.disk.of] = on[moment.disk.of].store(step);
  const session = await openSession({
    model,
    backends: await sides(),
    stocks: stores,
    peer: {
      tamper: (chunk, from) => {
        peer.options.tamper!(chunk, from);
        const last = peer.messages.at(-1);
        const isNew = peer.messages.length > told;
        told = peer.messages.length;
        const firsts = peer.messages.filter((m) => m.kind === 'ring' && m.from === from && m.pass === last?.pass);
        if (moment.message !== undefined && isNew && (last?.kind === 'control' || firsts.length === 1))
          count(moment.message);
        return isOver ? undefined : chunk;
      },
    },
  });
  end = () => {
    session.data.end('the tab was closed');
    session.modelSide.end('the tab was closed');
  };
  if (isDue) end();
  try {
    await session.dataOwner.connect();
    session.prepare(head, few);
    await work({ ...session, taps: { peer, model: new Tap() } });
  } catch (error) {
    await session.data.fail(error);
  }
  session.data.end('the test is over');
  await Promise.all([session.data.ended, session.modelSide.ended, session.served]);
  return { isOver, peer, session, left: { data: on.data.crashed(), model: on.model.crashed() } };
}

const train = (session: Opened) => session.dataOwner.train();

/** A device that computes until then, and is gone from then on. */
const losingWhen = async (isLost: () => boolean) =>
  new Proxy(await small(), {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (isLost() && key !== 'destroy' && key !== 'release') throw new DeviceLost('the graphics device was lost');
        return Reflect.apply(value, target, args);
      };
    },
  });

describe('no mask of a stock is used twice', () => {
  const before = disks();
  let confusion: number[][];

  beforeAll(async () => {
    await stocked(before, 3);
    const dealt = await opened(disks());
    await dealt.dataOwner.train();
    ({ confusion } = dealt.find('data', 'finished')[0]!.result.final);
  });

  const copy = () => ({ data: before.data.crashed(), model: before.model.crashed() });

  /** Trains until then, and once more; how many passes of the stock both took. */
  async function twice(moment: Moment): Promise<number | undefined> {
    const first = await until(copy(), moment, train);
    if (!first.isOver) return undefined;
    const second = await until(first.left, {}, train);
    const said = [first, second].map(({ peer }) => underStock(peer).map(place));
    const again = said[0]!.filter((name) => said[1]!.includes(name));
    expect(again, JSON.stringify(moment)).toEqual([]);
    expect(second.session.find('data', 'finished')[0]!.result.final.confusion).toEqual(confusion);
    return new Set([...said.flat()].map((name) => name.split(/[ /]/)[1])).size;
  }

  it.each(['data', 'model'] as const)('whatever the %s owner’s disk was at when its tab was closed', async (of) => {
    let moments = 0;
    for (let n = 0; ; n++) {
      const passes = await twice({ disk: { of, n } });
      if (passes === undefined) break;
      moments++;
      // What was marked and never said is lost, and no more.
      expect(passes).toBeGreaterThanOrEqual(2);
    }
    expect(moments).toBeGreaterThan(10);
  });

  it('whatever the two had said last', async () => {
    let moments = 0;
    for (let message = 0; ; message++) {
      const passes = await twice({ message });
      if (passes === undefined) break;
      moments++;
      expect(passes).toBeGreaterThanOrEqual(2);
    }
    expect(moments).toBeGreaterThan(10);
  });

  it('when one side’s disk is an older one than the other’s', async () => {
    // In the second pass.
    let first: Awaited<ReturnType<typeof until>>;
    let message = 0;
    do first = await until(copy(), { message: message++ }, train);
    while (!underStock(first.peer).some(({ pass }) => pass === 2));
    const said = underStock(first.peer).map(place);
    for (const of of ['data', 'model'] as const) {
      const left = { data: first.left.data.crashed(), model: first.left.model.crashed() };
      const second = await until({ ...left, [of]: copy()[of] }, {}, train);
      const now = underStock(second.peer).map(place);
      expect(now.length).toBeGreaterThan(0);
      expect(now.filter((name) => said.includes(name))).toEqual([]);
      expect(second.session.find('data', 'finished')[0]!.result.final.confusion).toEqual(confusion);
    }
  });

  it.each(['data', 'model'] as const)('when the %s owner’s device is lost in a pass', async (of) => {
    const on = copy();
    let isLost = false;
    const losing = await losingWhen(() => isLost);
    const peer = new Tap();
    const session = await openSession({
      model,
      backends: { ...(await sides()), [of]: losing },
      stocks: { data: on.data.store(), model: on.model.store() },
      peer: {
        tamper: (chunk, from) => {
          isLost ||= underStock(peer).some(({ pass, round }) => pass === 2 && round > 5);
          return peer.options.tamper!(chunk, from);
        },
      },
    });
    await session.dataOwner.connect();
    session.prepare(head, few);
    await session.dataOwner.train();
    expect(isLost).toBe(true);
    const said = underStock(peer).map(place);
    expect(said.filter((name) => name.startsWith('0 3/')).length).toBeGreaterThan(0);
    expect(new Set(said).size).toBe(said.length);
    expect(session.find('data', 'finished')[0]!.result.final.confusion).toEqual(confusion);
  });

  it('by a tab that was duplicated: it has no stock, and leaves it to the other', async () => {
    const on = copy();
    const one = await opened(on);
    const other = await opened({ ...on, model: new MemoryDisk() });
    expect(kept(other)).toMatchObject({ kept: undefined, problem: expect.stringMatching(/another tab/) });
    await other.dataOwner.train();
    expect(underStock(other.taps.peer)).toEqual([]);
    await one.dataOwner.train();
    expect(one.find('data', 'totals').at(-1)!.ahead).toBe(3);
  });
});

describe('a session that is over while passes are prepared ahead', () => {
  it.each(['data', 'model'] as const)('at anything that the %s owner’s disk does leaves what both have', async (of) => {
    let moments = 0;
    let most = 0;
    // Corrections come in a hundred messages, each written.
    for (let n = 0; ; n += of === 'model' ? 7 : 1) {
      const first = await until(disks(), { disk: { of, n } }, (session) => session.dataOwner.prepareAhead(2));
      if (!first.isOver) break;
      moments++;
      const second = await until(first.left, {}, train);
      expect(second.session.find('data', 'finished')).toHaveLength(1);
      const { ahead } = second.session.find('data', 'totals').at(-1)!;
      const { kept } = second.session.find('data', 'stock')[0]!;
      expect(ahead).toBe(kept?.passes ?? 0);
      most = Math.max(most, ahead);
    }
    expect(moments).toBeGreaterThan(5);
    expect(most).toBeGreaterThan(0);
  });
});

describe('a session that breaks while passes are prepared ahead', () => {
  it('at any word of the two leaves what both have', async () => {
    let moments = 0;
    let most = 0;
    for (let message = 0; ; message++) {
      const first = await until(disks(), { message }, (session) => session.dataOwner.prepareAhead(2));
      if (!first.isOver) break;
      moments++;
      const second = await until(first.left, {}, train);
      expect(second.session.find('data', 'finished')).toHaveLength(1);
      const { ahead } = second.session.find('data', 'totals').at(-1)!;
      expect(ahead).toBe(second.session.find('data', 'stock')[0]!.kept?.passes ?? 0);
      most = Math.max(most, ahead);
    }
    expect(moments).toBeGreaterThan(8);
    expect(most).toBeGreaterThan(0);
  });

  it('goes on, from the beginning and under other seeds, when the data owner’s device is lost', async () => {
    let isLost = false;
    const losing = await losingWhen(() => isLost);
    const peer = new Tap();
    const on = disks();
    const saidOf = (pass: number) => peer.messages.filter((m) => m.from === 0 && m.kind === 'ring' && m.pass === pass);
    const session = await openSession({
      model,
      backends: { ...(await sides()), data: losing },
      stocks: { data: on.data.store(), model: on.model.store() },
      peer: {
        tamper: (chunk, from) => {
          isLost ||= saidOf(2).length > 0;
          return peer.options.tamper!(chunk, from);
        },
      },
    });
    await session.dataOwner.connect();
    session.prepare(head, few);
    await session.dataOwner.prepareAhead(3);
    expect(isLost).toBe(true);
    // Of the same passes and rounds, and nothing that it was before.
    const [first, again] = saidOf(1).filter(({ round }) => round === saidOf(1)[0]!.round);
    expect(again!.body.length).toBe(first!.body.length);
    expect(again!.body).not.toEqual(first!.body);
    expect(session.find('model', 'stock').at(-1)!.kept!.passes).toBe(3);
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(3);
    expect(session.find('data', 'finished')).toHaveLength(1);
  });
});

describe('a disk that refuses', () => {
  const full = (on: MemoryDisk, when: RegExp) =>
    on.store((what) => {
      if (when.test(what)) throw new Error('there is no room left on the disk');
    });

  it('of the model owner takes as many passes as it has room for, and both are told', async () => {
    const on = disks();
    const session = await opened(on, {
      stocks: { data: on.data.store(), model: full(on.model, /before writing .*\.3$/) },
    });
    await session.dataOwner.prepareAhead(4);
    expect(kept(session)).toMatchObject({ kept: { passes: 2 }, problem: expect.stringMatching(/no room left/) });
    expect(kept(session, 'model')).toMatchObject({
      kept: { passes: 2 },
      problem: expect.stringMatching(/no room left/),
    });
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)!.ahead).toBe(2);
  });

  it.each(['data', 'model'] as const)('of the %s owner leaves a run to the dealer', async (of) => {
    const on = disks();
    const stocks = { data: on.data.store(), model: on.model.store(), [of]: full(on[of], /before creating/) };
    const session = await opened(on, { stocks });
    await session.dataOwner.prepareAhead(2);
    expect(kept(session)).toMatchObject({ making: undefined, problem: expect.stringMatching(/no room left/) });
    await session.dataOwner.train();
    expect(session.find('data', 'totals').at(-1)).toMatchObject({ ahead: 0 });
  });

  it.each([
    ['data', /before writing/],
    ['model', /before writing/],
    ['model', /before reading .*\.2$/],
  ] as const)('of the %s owner in a run, %s, has the dealer go on with it', async (of, when) => {
    const on = disks();
    await stocked(on, 3);
    let passes = 0;
    const store = on[of].store((what) => {
      if (passes > 0 && when.test(what)) throw new Error('the disk is broken');
    });
    const session = await opened(on, { stocks: { data: on.data.store(), model: on.model.store(), [of]: store } });
    passes = 1;
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(1);
    expect(session.find('data', 'totals').at(-1)!.ahead).toBeLessThan(2);
    expect(session.find(of, 'stock').some(({ problem }) => problem?.includes('the disk is broken'))).toBe(true);
    for (const side of ['data', 'model'] as const) expect(kept(session, side).kept).toBeUndefined();
  });

  it('is said where there are no files at all, and the dealer deals', async () => {
    const session = await opened(disks(), { stocks: {} });
    expect(kept(session).problem).toMatch(/^This browser has no files/);
    await expect(session.dataOwner.prepareAhead(2)).rejects.toThrow(/model owner can't keep .*no files/);
    await session.dataOwner.train();
    expect(session.find('data', 'finished')).toHaveLength(1);
  });

  it('with too little room for one pass is said with both figures', async () => {
    const on = disks();
    const model = on.model.store(undefined, () => 1000);
    const session = await opened(on, { stocks: { data: on.data.store(), model } });
    await expect(session.dataOwner.prepareAhead(2)).rejects.toThrow(/a pass takes .* of its disk, .* lets it have/);
  });
});

describe('what others say of a stock, and what lies on a disk', () => {
  const controls = (change: (said: Record<string, unknown>) => Record<string, unknown>) => (message: Message) =>
    message.kind === 'control'
      ? { ...message, body: Buffer.from(JSON.stringify(change(JSON.parse(Buffer.from(message.body).toString())))) }
      : message;
  const edit = (type: string, fields: Record<string, unknown>) =>
    controls((said) => (said.type === type ? { ...said, ...fields } : said));

  it.each([
    ['passes that were not offered', { stock: { from: 1, to: 9 } }, /names passes 1 to 9 of a stock of which 1 to 3/],
    ['no passes at all', { stock: { from: 2, to: 2 } }, /names passes 2 to 2/],
    ['something else', { stock: { from: 1, to: 3, more: true } }, /malformed planned/],
  ])('is refused where the model owner names %s', async (_, fields, message) => {
    const on = disks();
    await stocked(on, 2);
    const session = await opened(on);
    says(session.channels.modelPeer, edit('planned', fields));
    await expect(session.dataOwner.train()).rejects.toThrow(message);
    session.data.end('the test is over');
  });

  it('is refused where the model owner names a stock that it was not offered', async () => {
    const session = await opened(disks());
    says(session.channels.modelPeer, edit('planned', { stock: { from: 1, to: 3 } }));
    await expect(session.dataOwner.train()).rejects.toThrow(/a stock that it was not offered/);
    session.data.end('the test is over');
  });

  it.each([
    ['a pass that is not due', edit('keep', { pass: 5 }), /had pass 5 dealt ahead where 0 of 2 was due/],
    ['more sequences than were dealt', edit('pass', { texts: 7 }), /asked for 1 × 7 sequences where 1 × 2 were due/],
  ])('ends the session where the data owner asks for %s', async (_, change, reason) => {
    const on = disks();
    const session = await opened(on);
    const run = async () => {
      says(session.channels.dataPeer, change);
      await session.dataOwner.prepareAhead(2);
      await session.dataOwner.train();
    };
    await run().catch(session.data.fail);
    expect(await session.modelSide.ended).toMatch(reason);
  });

  it('ends the session where passes are to be kept that would be dealt to both', async () => {
    const session = await opened(disks());
    const toBoth = (said: Record<string, unknown>) => {
      const shape = { ...(said as Control<'stock'>).shape, dealtTo: undefined };
      return { ...said, shape, digest: new RunPlans(parseConfig(model.config), shape).digest };
    };
    says(
      session.channels.dataPeer,
      controls((said) => (said.type === 'stock' ? toBoth(said) : said)),
    );
    await session.dataOwner.prepareAhead(2).catch(session.data.fail);
    expect(await session.modelSide.ended).toMatch(/asks to keep passes of which a part would be dealt to it/);
  });

  it('ends the session where the dealer deals less ahead than the plan says', async () => {
    const session = await opened(disks());
    says(session.channels.dealerModel, (message) =>
      message.kind === 'ring' ? { ...message, body: message.body.slice(4) } : message,
    );
    await session.dataOwner.prepareAhead(2).catch(session.data.fail);
    expect(await session.modelSide.ended).toMatch(/the dealer sent \d+ bytes for round \d+; it should be \d+/);
  });

  it.each([
    [
      'less',
      (message: Message) => ({ ...message, body: message.body.slice(4) }),
      /sent \d+ bytes for round \d+; it should be/,
    ],
    [
      'another round',
      (message: Message) => ({ ...message, round: message.round + 1 }),
      /sent pass 1, round \d+ where pass 1/,
    ],
    [
      'another pass',
      (message: Message) => ({ ...message, pass: message.pass + 1 }),
      /sent pass 2, round \d+ where pass 1/,
    ],
  ])('ends the session where the data owner says %s ahead than the plan does', async (_, change, reason) => {
    const session = await opened(disks());
    says(session.channels.dataPeer, (message) =>
      message.kind === 'ring' && message.pass > 0 ? change(message) : message,
    );
    await session.dataOwner.prepareAhead(2).catch(session.data.fail);
    expect(await session.modelSide.ended).toMatch(reason);
    expect(await session.modelSide.ended).toMatch(/^the data owner/);
  });

  it('is of no use where a file is not whole, or a head is not one', async () => {
    const before = disks();
    await stocked(before, 3);
    const spoiled = async (of: 'data' | 'model', name: RegExp, length: (bytes: number) => number) => {
      const on = { data: before.data.crashed(), model: before.model.crashed() };
      const found = on[of].names.find((one) => name.test(one))!;
      const store = on[of].store();
      const bytes = on[of].bytes(found).slice();
      const file = await store.create(found);
      await file.write(0, bytes.slice(0, length(bytes.length)));
      file.close();
      const session = await opened(on);
      await session.dataOwner.train();
      expect(session.find('data', 'finished')).toHaveLength(1);
      await close(session);
      return session.find('data', 'totals').at(-1)!.ahead;
    };
    expect(await spoiled('model', /\.2$/, (n) => n - 4)).toBe(1);
    expect(await spoiled('model', /owner$/, (n) => n - 1)).toBe(0);
    expect(await spoiled('data', /owner$/, () => 3)).toBe(0);
    expect(await spoiled('data', /\.0$/, (n) => n - 4)).toBe(0);
  });
});
