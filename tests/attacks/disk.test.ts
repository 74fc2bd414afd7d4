/** Who reads the other's disk while passes are prepared ahead: what it gets of them, and that it gets nothing of passes that were made. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type OwnModel, openModel } from '../../src/models/own-model';
import type { PassKeys } from '../../src/random/pass-keys';
import { ofTexts } from '../../src/session/pass-size';
import { RunPlans } from '../../src/session/run';
import { examples, modelFiles, openSession, settings } from '../support/session';
import { MemoryDisk } from '../support/stock';
import { Tap } from '../support/tap';
import { matricesRead, textsRead } from './deviating';

const chosen = { ...settings, method: 'head', reading: 'state', promptTokens: 1 } as const;
const LABELLED = ['the nurse was kind', 'cold food'];

/** The keys that lie on a disk, by pass; of the first pass that is there, whatever pass is asked for. */
function keysOn(disk: MemoryDisk): { keys: Map<number, Uint8Array>; of: PassKeys } {
  const [name] = disk.names.filter((name) => /^[0-9a-f]+\.[a-z-]+$/.test(name));
  const bytes = disk.bytes(name!);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(Buffer.from(bytes.subarray(4, 4 + length)).toString());
  const keys = new Map<number, Uint8Array>();
  for (let pass = 0; pass <= head.passes; pass++) {
    const key = bytes.subarray(4 + length + 33 * pass + 1).slice(0, 32);
    if (key.some(Boolean)) keys.set(pass, key);
  }
  const [, other] = [...keys.values()];
  return { keys, of: (pass) => keys.get(pass) ?? other! };
}

let own: OwnModel;
let plans: RunPlans;
let sequences = 0;
const tap = new Tap();
const disks = { data: new MemoryDisk(), model: new MemoryDisk() };
/** As they were before a run, and behind its one pass. */
let before: ReturnType<typeof keysOn>;
let between: ReturnType<typeof keysOn>;
let ofModel: ReturnType<typeof keysOn>;

beforeAll(async () => {
  own = await openModel(await modelFiles());
  plans = new RunPlans(own.config, { tokens: chosen.tokens, answer: 2, columns: 0, deep: false, slots: 1 }).ahead;
  const stocks = { data: disks.data.store(), model: disks.model.store() };
  const session = await openSession({ peer: tap.options, stocks });
  await session.dataOwner.connect();
  session.prepare(chosen);
  await session.dataOwner.prepareAhead(2);
  before = keysOn(disks.data);
  ofModel = keysOn(disks.model);
  await session.dataOwner.train();
  between = keysOn(disks.data);
  await session.dataOwner.classify(LABELLED);
  expect(session.find('data', 'totals').at(-1)).toMatchObject({ passes: 2, ahead: 2 });
  ({ sequences } = session.find('model', 'pass')[0]!);
});

describe('a model owner that has the data owner’s disk', () => {
  it('reads the texts of passes to come', async () => {
    const read = await textsRead(own, plans.of(ofTexts(sequences)), tap.messages, {
      ...{ pass: 2, seed: between.of, tokens: chosen.tokens, isAhead: true },
    });
    expect(new Set(read)).toEqual(new Set(LABELLED));
  });

  it('reads nothing of passes that were made: their keys are gone', async () => {
    expect([...before.keys.keys()]).toEqual([0, 1, 2]);
    expect([...between.keys.keys()]).toEqual([0, 2]);
    const read = await textsRead(own, plans.of(ofTexts(sequences)), tap.messages, {
      ...{ pass: 1, seed: between.of, tokens: chosen.tokens, isAhead: true },
    });
    const texts = new Set(examples.map(({ text }) => text));
    expect(read.filter((text) => texts.has(text))).toEqual([]);
  });
});

describe('a data owner that has the model owner’s disk', () => {
  it('reads the model’s matrices out of their masked forms, as long as passes are left', async () => {
    const off = await matricesRead(own, plans.of(ofTexts(sequences)), tap.messages, ofModel.of);
    for (const [name, worst] of off) expect(worst, name).toBeLessThanOrEqual(1);
    expect(off.size).toBeGreaterThan(10);
  });
});
