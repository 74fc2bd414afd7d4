/**
 * What one party has prepared ahead under an invitation: a half of one stock, or nothing. Both parties say by its id what they have; a half whose
 * other is lost is thrown away.
 */
import { ProtocolError } from '../../net/channel';
import { nameFrom, type PartyRole } from '../../net/code';
import { seedFromHex } from '../../random/seed';
import type { Connection } from '../connection';
import type { Control } from '../control';
import type { SessionEvent } from '../messages';
import type { RunPlans } from '../run';
import { type Kept, type PassRange, StockHalf, type StockHead } from './half';
import { DiskError, HeldElsewhere, onDisk, type StockStore } from './store';

/** A worker that is ending may still hold the file: so long it is waited for, in milliseconds. */
const HELD_MS = 3000;
const TRY_MS = 200;

export interface StockOptions {
  /** Undefined where the browser has no such files. */
  store: StockStore | undefined;
  /** The invitation's key: what is kept is for those alone who have it. */
  secret: Uint8Array;
  role: PartyRole;
  connection: Connection;
  emit: (event: SessionEvent) => void;
}

type Making = NonNullable<(SessionEvent & { type: 'stock' })['making']>;

export class Stock {
  private half: StockHalf | undefined;
  private isHeld = false;
  private isOver = false;
  private readonly name: string;
  private readonly store: StockStore | undefined;

  constructor(private readonly options: StockOptions) {
    const { store, secret, role, connection } = options;
    this.store = store && onDisk(store);
    this.name = `${nameFrom(secret, 'stock')}.${role}`;
    // Whoever comes back at once finds it free.
    void connection.ended.then(() => {
      this.isOver = true;
      return this.half?.close();
    });
  }

  /** Looks for what is kept; what `fits` refuses is thrown away. Nothing that the disk does keeps a session from its work. */
  async load(fits: (head: StockHead) => Promise<boolean> = async () => true): Promise<void> {
    const { store } = this;
    if (!store) return this.tell({ problem: `T${MISSING.slice(1)}.` });
    try {
      this.half = await patiently(() => StockHalf.open(store, this.name));
      if (this.isOver) await this.half?.close();
      if (this.half && !(this.half.left > 0 && (await fits(this.half.head)))) return await this.discard();
      this.tell();
    } catch (error) {
      this.isHeld = error instanceof HeldElsewhere;
      const why = this.isHeld ? 'another tab of this browser has them' : (error as Error).message;
      this.tell({ problem: `Passes prepared ahead can’t be used here: ${why}.` });
    }
  }

  /** Which one it is, as the other side is told. */
  get said(): Control<'manifest'>['stock'] {
    return this.isHeld ? 'held' : this.half?.head.id;
  }

  /** Bytes that there is room for, without what is kept now; throws, in words for a person, where none can be kept. */
  async room(): Promise<number> {
    const { store } = this;
    if (!store) throw new Error(MISSING);
    if (this.isHeld) throw new Error('another tab of this browser has what was prepared ahead');
    return (await store.room()) + (this.half?.bytes ?? 0);
  }

  /** The half that is for passes of such a plan and these matrices of one's own. */
  async fitting(plans: RunPlans, matrices: string): Promise<StockHalf | undefined> {
    await this.tidy();
    const { half } = this;
    return half?.head.plan === plans.digest && half.head.matrices === matrices ? half : undefined;
  }

  /** The passes that both have of the stock that the data owner names, if any; undefined where those are none. */
  async shared(theirs: Control<'plan'>['stock'], plans: RunPlans): Promise<Kept | undefined> {
    await this.tidy();
    const { half } = this;
    if (!half || !theirs) return undefined;
    const range = commonOf(half.range, theirs);
    if (half.head.id === theirs.id && half.head.plan === plans.digest && range.from < range.to) return { half, range };
    await this.discard();
    return undefined;
  }

  /** What is used up makes room. */
  private async tidy(): Promise<void> {
    if (this.half?.left === 0) await this.discard();
  }

  /** In place of what is kept. `seed`: fresh, 64 hexadecimal digits. Rejects as the store does. */
  async create(head: StockHead, seed: string): Promise<StockHalf> {
    const { store } = this;
    if (!store) throw new DiskError(MISSING);
    await this.discard();
    this.half = await StockHalf.create(store, this.name, head, seedFromHex(seed));
    return this.half;
  }

  /** Throws it away. `problem`: why, if a person should know. */
  async discard(problem?: string): Promise<void> {
    const { half } = this;
    this.half = undefined;
    await half?.remove();
    this.tell({ problem });
  }

  /** The page hears what there is. */
  tell({ making, problem }: { making?: Making; problem?: string } = {}): void {
    const { emit, connection } = this.options;
    const { half } = this;
    // While the last pass is under way there is none left, and still no need of a dealer.
    connection.needsDealer = half === undefined;
    emit({ type: 'stock', kept: half && summaryOf(half), making, problem });
  }
}

const MISSING =
  'this browser has no files for pages (OPFS), or not in this kind of window, so nothing can be prepared ahead in it';

const summaryOf = ({ head, left, bytes }: StockHalf) => ({
  ...{ passes: left, sequences: head.sequences, tokens: head.shape.tokens, bytes },
  kind: kindOf(head.plan, head.matrices),
});

/** What passes are for, as one word. */
export const kindOf = (plan: string, matrices: string): string => `${plan} ${matrices}`;

const commonOf = (a: PassRange, b: PassRange): PassRange => ({
  from: Math.max(a.from, b.from),
  to: Math.min(a.to, b.to),
});

/** What the model owner agreed to of the passes that it was offered. Throws ProtocolError for others. */
export function agreed(half: StockHalf, said: PassRange): Kept {
  const { from, to } = commonOf(half.range, said);
  if (from !== said.from || to !== said.to || from >= to)
    throw new ProtocolError(
      `the model owner names passes ${said.from} to ${said.to} of a stock of which ${half.range.from} to ${half.range.to} were offered`,
    );
  return { half, range: said };
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + HELD_MS; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof HeldElsewhere) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }
}
