/** The model owner's end of preparing passes ahead: it keeps what the dealer deals, pass by pass. */
import { keepCorrections } from '../../mpc/corrections';
import type { Plan } from '../../mpc/plan';
import { ChannelClosed, ProtocolError } from '../../net/channel';
import type { Connection } from '../connection';
import { type Control, sendControl } from '../control';
import { awaitPass } from '../run';
import type { StockHalf } from './half';
import { SecondsLeft } from './seconds-left';
import type { Stock } from './stock';

export interface KeepingOptions {
  connection: Connection;
  stock: Stock;
  /** Undefined where the disk refused it. */
  half: StockHalf | undefined;
  problem?: string;
  /** Of one pass. */
  plan: Plan;
  passes: number;
}

export class Keeping {
  private done = 0;
  private isStopped = false;
  private readonly clock: SecondsLeft;

  constructor(private readonly options: KeepingOptions) {
    this.clock = new SecondsLeft(options.passes);
    this.tell();
  }

  /** After the pass that is under way. */
  stop(): void {
    this.isStopped = true;
  }

  /** Keeps a pass, and says so. Rejects when the dealer sends something else, or is gone. */
  async keep({ pass }: Control<'keep'>): Promise<void> {
    const { connection, half, plan, passes, stock } = this.options;
    const { peer, dealer } = connection;
    let { problem } = this.options;
    const due = this.done + 1;
    if (pass !== due || pass > passes)
      throw new ProtocolError(`the data owner had pass ${pass} dealt ahead where ${due} of ${passes} was due`);
    await awaitPass(connection)(pass, plan);
    try {
      if (half) await half.keep(pass, plan, dealer);
      else await keepCorrections(dealer, plan, pass, async () => {});
    } catch (error) {
      if (error instanceof ProtocolError || error instanceof ChannelClosed) throw error;
      problem = (error as Error).message;
    }
    if (problem !== undefined) {
      const reason = `The model owner's disk did not take what was prepared ahead: ${problem}.`;
      await sendControl(peer, 'refused', { reason: reason.slice(0, 2000) });
      stock.tell({ problem: `Your disk did not take what was prepared ahead: ${problem}.` });
      return;
    }
    this.done = pass;
    await sendControl(peer, 'kept', { pass, more: !this.isStopped && pass < passes });
    this.tell();
  }

  private tell(): void {
    const { stock, passes } = this.options;
    stock.tell({ making: { done: this.done, total: passes, secondsLeft: this.clock.after(this.done) } });
  }
}
