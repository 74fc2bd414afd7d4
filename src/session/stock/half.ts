/**
 * One party's half of a stock: correlations of so many passes of one plan, dealt ahead, under a seed of its own that no run had before.
 *
 * How to think of it. The head has what the stock is for, and for every pass a mark (none, ready or used) and the key that its masks are drawn
 * under. Pass 0 is the set-up, which all runs share: a file has the other side's masked matrices. The model owner's half has a file for every
 * ready pass besides: corrections, and what the data owner said of it ahead. A pass is marked as used, on the disk, before anything is said of an input
 * under a mask of it (`begin`), its key goes, and its number never comes back: so whatever breaks when, no mask is used twice, and what is on
 * the disk says nothing of passes that were. Who has a head open has the half; it is open nowhere else.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { CorrelationsLost, together } from '../../mpc/break-off';
import type { Sink, Source } from '../../mpc/flight';
import { KeptFlights, keepFlights, keptBytes, type Series } from '../../mpc/kept-flights';
import type { Plan } from '../../mpc/plan';
import { ChannelClosed } from '../../net/channel';
import { MOST_BODY } from '../../net/frames';
import { passKey } from '../../random/pass-keys';
import { SEED_BYTES, type Seed } from '../../random/seed';
import { digest, shapeSchema, stockId } from '../control';
import { MOST_PASSES } from '../limits';
import type { StockFile, StockStore } from './store';

/** Raised when what is kept would mean something else. */
const VERSION = 3;

const [NONE, READY, USED] = [0, 1, 2];

/** Of the table behind the head: a pass's mark, and its key. */
const ENTRY_BYTES = 1 + SEED_BYTES;

/** Bytes of the length that a head begins with, and of the longest head. */
const LENGTH_BYTES = 4;
const MOST_HEAD = 2 ** 16;

const headSchema = z.strictObject({
  version: z.literal(VERSION),
  id: stockId,
  shape: shapeSchema,
  /** Of the plan, for one sequence. */
  plan: digest,
  /** Of this side's own matrices: under one seed, masked forms of two show their difference. */
  matrices: digest,
  /** Of the other side's masked matrices. */
  setUpBytes: z.number().int().min(0),
  /** Of every pass. */
  sequences: z.number().int().min(1),
  passes: z.number().int().min(1).max(MOST_PASSES),
  /** What is kept of a pass; nothing on the data owner's side. */
  passBytes: z.number().int().min(0),
});

export type StockHead = Omit<z.infer<typeof headSchema>, 'version'>;

/** Passes from the first to before the last. */
export interface PassRange {
  from: number;
  to: number;
}

/** Passes that both sides have, for a run. */
export interface Kept {
  half: StockHalf;
  range: PassRange;
}

/** The same texts in passes of no more sequences than a side takes. */
export function cutTo<T extends { sequences: number; passes: number }>(asked: T, most: number): T {
  const parts = Math.ceil(asked.sequences / most);
  const sequences = Math.ceil(asked.sequences / parts);
  return { ...asked, sequences, passes: Math.min(MOST_PASSES, asked.passes * parts) };
}

export class StockHalf {
  /** Of the pass that was begun last. */
  private reading: { pass: number; file: StockFile; flights: Record<Series, KeptFlights> } | undefined;
  private begun: { pass: number; key: Uint8Array } | undefined;
  /** What is being prepared. */
  private preparing: { pass: number; key: Uint8Array } | undefined;
  /** Why nothing of it can be had any more. */
  private closed: 'let go' | 'removed' | undefined;

  private constructor(
    private readonly store: StockStore,
    private readonly name: string,
    readonly head: StockHead,
    private readonly file: StockFile,
    private readonly tableAt: number,
    private readonly setUpKey: Uint8Array,
    /** No pass before it will be used. */
    private from: number,
    private to: number,
  ) {}

  /** In place of what there was, under a fresh seed. Rejects as the store does. */
  static async create(store: StockStore, name: string, head: StockHead, seed: Seed): Promise<StockHalf> {
    await removeAll(store, name);
    const json = utf8ToBytes(JSON.stringify({ version: VERSION, ...head } satisfies z.infer<typeof headSchema>));
    const table = new Uint8Array(tableBytes(head)).fill(NONE);
    for (let pass = 0; pass <= head.passes; pass++) table.set(passKey(seed, pass), entryOf(pass) + 1);
    const file = await store.create(name);
    try {
      const length = new Uint8Array(LENGTH_BYTES);
      new DataView(length.buffer).setUint32(0, json.length, true);
      await file.write(0, length);
      await file.write(LENGTH_BYTES, json);
      // Marks are made in place, so that no disk is too full for one.
      await file.write(LENGTH_BYTES + json.length, table);
      await file.flush();
    } catch (error) {
      file.close();
      await removeAll(store, name).catch(() => {});
      throw error;
    }
    return new StockHalf(store, name, head, file, LENGTH_BYTES + json.length, passKey(seed, 0), 1, 1);
  }

  /**
   * What is kept by this name. Undefined where nothing is, or nothing of use: that is removed. Rejects with HeldElsewhere, or as the
   * store does.
   */
  static async open(store: StockStore, name: string): Promise<StockHalf | undefined> {
    const file = await store.open(name);
    const opened = file && (await readHead(store, name, file).catch(() => undefined));
    if (!file || !opened) {
      file?.close();
      await removeAll(store, name);
      return undefined;
    }
    const { head, tableAt, setUpKey, marks } = opened;
    const from = Math.max(0, marks.lastIndexOf(USED)) + 1;
    const isWhole = async (pass: number) => {
      const due = pass === 0 ? head.setUpBytes : head.passBytes;
      return marks[pass] === READY && (due === 0 || (await store.size(passName(name, pass))) === due);
    };
    let to = from;
    // Without its matrices there is no pass.
    if (await isWhole(0)) while (await isWhole(to)) to++;
    const half = new StockHalf(store, name, head, file, tableAt, setUpKey, from, to);
    try {
      // What an earlier session had no time for.
      await half.wipe(1, from);
      for (const other of await store.names()) {
        const pass = other.startsWith(`${name}.`) ? Number(other.slice(name.length + 1)) : 0;
        if (pass > 0 && pass < from) await store.remove(other);
      }
    } catch (error) {
      file.close();
      throw error;
    }
    return half;
  }

  /** Passes that can be used. */
  get range(): PassRange {
    return { from: this.from, to: this.to };
  }

  get left(): number {
    return this.to - this.from;
  }

  /** Bytes that it takes of the disk. */
  get bytes(): number {
    return this.head.setUpBytes + this.left * this.head.passBytes;
  }

  /**
   * The peer, of whose masked matrices every message is kept as it comes, until `hasSetUp`. What the disk refuses is said then: what comes
   * has to be heard.
   */
  keepingSetUp(peer: Source & Sink): Source & Sink & { done(): Promise<void> } {
    const { store, name, head } = this;
    let file: StockFile | undefined;
    let failure: unknown;
    let at = 0;
    const write = async (body: Uint8Array) => {
      file ??= await store.create(passName(name, 0));
      await file.write(at, body);
      at += body.length;
    };
    return {
      send: (message) => peer.send(message),
      receive: async (signal) => {
        const message = await peer.receive(signal);
        if (message.kind === 'ring' && failure === undefined)
          await write(message.body).catch((error: unknown) => (failure = error));
        return message;
      },
      done: async () => {
        try {
          if (failure !== undefined) throw failure;
          if (at !== head.setUpBytes) throw new Error(`${at} bytes of masked matrices, not ${head.setUpBytes}`);
          await file?.flush();
          await this.mark(0, READY);
        } finally {
          file?.close();
        }
      },
    };
  }

  /** Where a run hears the other side's masked matrices, and says its own to nobody, since they were said. `done` closes it. */
  async keptSetUp(): Promise<Source & Sink & { done(): void }> {
    const file = this.head.setUpBytes > 0 ? await this.orLost(this.store.open(passName(this.name, 0))) : undefined;
    let at = 0;
    return {
      send: async () => {},
      receive: async () => {
        const length = Math.min(MOST_BODY, this.head.setUpBytes - at);
        if (!file || length === 0) throw new CorrelationsLost('there are no more masked matrices than were kept');
        const body = await this.orLost(file.read(at, length));
        at += length;
        return { kind: 'ring', pass: 0, round: 0, body };
      },
      done: () => file?.close(),
    };
  }

  /** Lets masks be drawn for what is said ahead of the next pass. Rejects as the store does. */
  async prepare(pass: number): Promise<void> {
    this.checkDue(pass);
    this.preparing = { pass, key: await this.readKey(pass) };
  }

  /** The next pass is ready, nothing of it being kept here: the data owner's side. */
  async ready(pass: number): Promise<void> {
    this.checkDue(pass);
    this.preparing = undefined;
    await this.mark(pass, READY);
    this.to = pass + 1;
  }

  /**
   * Keeps what comes for the next pass from both others, as it comes: the model owner's side. Rejects as the store does, with all of it heard, and
   * as keepFlights.
   */
  async keep(pass: number, plan: Plan, sources: Record<Series, Source>): Promise<void> {
    this.checkDue(pass);
    const name = passName(this.name, pass);
    let file: StockFile | undefined;
    let failure: unknown;
    // What comes next must not be taken for it.
    const orHear = async (work: () => Promise<void>) => {
      if (failure === undefined) await work().catch((error: unknown) => (failure = error));
    };
    try {
      await orHear(async () => {
        file = await this.store.create(name);
      });
      await hear(pass, plan, sources, (at, body) => orHear(async () => file?.write(at, body)));
      await orHear(async () => file?.flush());
      if (failure !== undefined) throw failure;
      await this.ready(pass);
    } catch (error) {
      file?.close();
      file = undefined;
      await this.store.remove(name).catch(() => {});
      throw error;
    } finally {
      file?.close();
    }
  }

  /**
   * Marks a pass, and with it all before it, as used for good; from then on its masks may be drawn, and what was kept of it read. Rejects with
   * CorrelationsLost for one that was used or is not there, and where the disk refuses.
   */
  async begin(pass: number, plan: Plan): Promise<void> {
    const { from, to } = this;
    if (this.closed || pass < from || pass >= to)
      throw this.lost(`pass ${pass} is none of those kept, which are from ${from} to before ${to}`);
    this.from = pass + 1;
    this.begun = undefined;
    const key = await this.orLost(this.readKey(pass));
    await this.orLost(this.mark(pass, USED));
    await this.orLost(this.wipe(from, pass + 1));
    this.begun = { pass, key };
    await this.orLost(this.forgetReading());
    const { passBytes } = this.head;
    if (passBytes === 0) return;
    if (keptBytes(plan) !== passBytes)
      throw new CorrelationsLost(`what is kept of a pass has ${passBytes} bytes; this plan takes others`);
    const file = await this.orLost(this.store.open(passName(this.name, pass)));
    if (!file) throw new CorrelationsLost(`what was kept of pass ${pass} is gone`);
    const read = (at: number, length: number) => this.orLost(file.read(at, length));
    const flights = (series: Series) => new KeptFlights(series, plan, pass, read);
    this.reading = { pass, file, flights: { corrections: flights('corrections'), halves: flights('halves') } };
  }

  /** Of the set-up, of the pass that was begun last, and of the one that is being prepared. */
  keyOf(pass: number): Uint8Array {
    if (pass === 0) return this.setUpKey;
    const found = [this.begun, this.preparing].find((known) => known?.pass === pass);
    if (!found) throw this.lost(`pass ${pass} was not begun`);
    return found.key;
  }

  /** What was kept of the pass that was begun last, message by message. */
  readonly kept: Record<Series, Source> = { corrections: this.reader('corrections'), halves: this.reader('halves') };

  private reader(series: Series): Source {
    return {
      receive: async () => {
        if (!this.reading) throw this.lost('no pass was begun');
        return this.reading.flights[series].receive();
      },
    };
  }

  /** Lets go of it when the session is over, so that another place can have it. */
  close(): Promise<void> {
    return this.end('let go');
  }

  /** Throws it away. What could not be removed is, when it is looked for the next time. */
  async remove(): Promise<void> {
    await this.end('removed');
    await removeAll(this.store, this.name).catch(() => {});
  }

  private async end(how: 'let go' | 'removed'): Promise<void> {
    if (this.closed) return;
    this.closed = how;
    await this.forgetReading().catch(() => {});
    this.file.close();
  }

  /** What is missed when the session is over is not lost. */
  private lost(why: string): Error {
    return this.closed === 'let go' ? new ChannelClosed('the session is over') : new CorrelationsLost(why);
  }

  private async orLost<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.lost(`what was prepared ahead can't be had: ${(error as Error).message}`);
    }
  }

  private checkDue(pass: number): void {
    if (pass !== this.to) throw new Error(`pass ${pass} is prepared where pass ${this.to} was due`);
  }

  private readKey(pass: number): Promise<Uint8Array> {
    return this.file.read(this.tableAt + entryOf(pass) + 1, SEED_BYTES);
  }

  private async mark(pass: number, mark: number): Promise<void> {
    await this.file.write(this.tableAt + entryOf(pass), Uint8Array.of(mark));
    await this.file.flush();
  }

  /** Leaves no key of used passes, up to before `to`. */
  private async wipe(from: number, to: number): Promise<void> {
    if (to <= from) return;
    const table = new Uint8Array((to - from) * ENTRY_BYTES);
    for (let at = 0; at < table.length; at += ENTRY_BYTES) table[at] = USED;
    await this.file.write(this.tableAt + entryOf(from), table);
    await this.file.flush();
  }

  private async forgetReading(): Promise<void> {
    const { reading } = this;
    this.reading = undefined;
    reading?.file.close();
    if (reading) await this.store.remove(passName(this.name, reading.pass));
  }
}

/** All that comes for a pass that is prepared ahead, from both others at once. Rejects as keepFlights. */
export async function hear(
  pass: number,
  plan: Plan,
  sources: Record<Series, Source>,
  write: (at: number, body: Uint8Array) => Promise<void> = async () => {},
): Promise<void> {
  const end = new AbortController();
  const keep = (series: Series) => keepFlights(sources[series], series, plan, pass, write, end.signal);
  await together(end, keep('corrections'), keep('halves'));
}

/** Where in the table a pass is. */
const entryOf = (pass: number): number => pass * ENTRY_BYTES;

const tableBytes = ({ passes }: StockHead): number => entryOf(passes + 1);

const passName = (name: string, pass: number): string => `${name}.${pass}`;

/** Throws for anything that `create` did not write. */
async function readHead(store: StockStore, name: string, file: StockFile) {
  const size = (await store.size(name)) ?? 0;
  const length = new DataView((await file.read(0, LENGTH_BYTES)).slice().buffer).getUint32(0, true);
  if (length > MOST_HEAD) throw new RangeError(`a head of ${length} bytes`);
  const json = new TextDecoder().decode(await file.read(LENGTH_BYTES, length));
  const { version: _, ...head } = headSchema.parse(JSON.parse(json));
  const tableAt = LENGTH_BYTES + length;
  const due = tableAt + tableBytes(head);
  if (size !== due) throw new RangeError(`${size} bytes, not ${due}`);
  const table = await file.read(tableAt, tableBytes(head));
  const marks = Array.from({ length: head.passes + 1 }, (_, pass) => table[entryOf(pass)]!);
  return { head, tableAt, setUpKey: table.slice(1, ENTRY_BYTES), marks };
}

/** The head first: without it nothing of a half is used. */
async function removeAll(store: StockStore, name: string): Promise<void> {
  await store.remove(name);
  for (const other of await store.names()) if (other.startsWith(`${name}.`)) await store.remove(other);
}
