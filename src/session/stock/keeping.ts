/** The model owner's end of preparing passes ahead: it keeps what the dealer deals and the data owner says, pass by pass. */
import type { Plan } from '../../mpc/plan';
import { ProtocolError } from '../../net/channel';
import type { Connection } from '../connection';
import { type Control, sendControl } from '../control';
import { ofTexts } from '../pass-size';
import { awaitPass } from '../run';
import { SecondsLeft } from '../seconds-left';
import { hear, type StockHalf } from './half';
import type { Stock } from './stock';
import { DiskError } from './store';

export interface KeepingOptions {
  connection: Connection;
  stock: Stock;
  /** Undefined where the disk refused it. */
  half: StockHalf | undefined;
  problem?: string;
  /** Exchanges masked matrices, and keeps them. Rejects as that does, else with what the disk refused. */
  setUp: (half: StockHalf) => Promise<void>;
  /** Called after what the data owner said ahead of a pass has come. */
  heard: () => void;
  /** Of one pass. */
  plan: Plan;
  sequences: number;
  passes: number;
}

export class Keeping {
  /** The set-up comes first. */
  private due = 0;
  private problem: string | undefined;
  private isStopped = false;
  private readonly clock: SecondsLeft;

  constructor(private readonly options: KeepingOptions) {
    this.clock = new SecondsLeft(options.passes);
    this.problem = options.problem;
    this.tell();
  }

  /** After the pass that is under way. */
  stop(): void {
    this.isStopped = true;
  }

  /** Keeps a pass, and says so. Rejects when either other side sends something else, or is gone. */
  async keep({ pass }: Control<'keep'>): Promise<void> {
    const { connection, half, setUp, heard, plan, sequences, passes, stock } = this.options;
    const { peer, dealer } = connection;
    const { due } = this;
    if (pass !== due || pass > passes)
      throw new ProtocolError(`the data owner had pass ${pass} dealt ahead where ${due} of ${passes} was due`);
    if (pass > 0) {
      await awaitPass(connection)(pass, ofTexts(sequences));
      const sources = { corrections: dealer, halves: peer };
      await this.trying(() =>
        half && this.problem === undefined ? half.keep(pass, plan, sources) : hear(pass, plan, sources),
      );
      heard();
    }
    const { problem } = this;
    if (problem !== undefined || !half) {
      const reason = `The model owner's disk did not take what was prepared ahead: ${problem}.`;
      await sendControl(peer, 'refused', { reason: reason.slice(0, 2000) });
      stock.tell({ problem: `Your disk did not take what was prepared ahead: ${problem}.` });
      return;
    }
    this.due = pass + 1;
    await sendControl(peer, 'kept', { pass, more: !this.isStopped && pass < passes });
    if (pass === 0) await this.trying(() => setUp(half));
    this.tell();
  }

  /** What the disk refuses is said with the next answer. */
  private async trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.problem = error.message;
    }
  }

  private tell(): void {
    const { stock, passes } = this.options;
    const done = Math.max(0, this.due - 1);
    stock.tell({ making: { done, total: passes, secondsLeft: this.clock.after(done) } });
  }
}
