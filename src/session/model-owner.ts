/**
 * The model owner's session: offers a model, then answers passes until its budget is used or the other side leaves.
 *
 * It sends the configuration, the tokenizer and the public tensors; of everything else only masked matrices and shares leave.
 */
import type { NamedMatrix } from '../graph/matrix';
import { cardOf, foldedWeights, type OwnModel, publicFile } from '../models/own-model';
import { CorrelationsLost } from '../mpc/break-off';
import { costOf } from '../mpc/cost';
import { keptBytes } from '../mpc/kept-flights';
import { ProtocolError } from '../net/channel';
import { MOST_BODY } from '../net/frames';
import type { Connection } from './connection';
import { type Control, greet, receiveControl, sendControl } from './control';
import type { Device } from './device';
import { Aborted, isBreakOff, recover } from './interruption';
import type { SessionEvent } from './messages';
import { ONE, ofTexts, sequencesIn } from './pass-size';
import { watchPass } from './pass-watch';
import { beginRun, freshSeed, gigabytes, type Run, RunPlans, setUpAhead } from './run';
import { cutTo, type StockHalf, type StockHead } from './stock/half';
import { Keeping } from './stock/keeping';
import { streamedDigest } from './stock/matrices';
import type { Stock } from './stock/stock';
import { passEvent, Totals } from './totals';

/** In numbers opened to the data owner. */
export interface OpeningLimits {
  /** At most, in all. */
  budget: number;
  /** Opened of it before, in sessions under the same invitation. */
  used?: number;
  /** Of one sequence. */
  mostOfSequence: number;
}

export class ModelOwner {
  private readonly totals = new Totals();
  /** How many numbers are opened to the data owner at most. */
  budget: number;
  /** Numbers opened so far. */
  private used: number;
  /** How many of one sequence; the other side is told before it plans. */
  private readonly mostOfSequence: number;
  /** Passes are being dealt ahead. */
  private keeping: Keeping | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly device: Device,
    private readonly model: OwnModel,
    limits: OpeningLimits,
    private readonly emit: (event: SessionEvent) => void,
    /** What is prepared ahead. */
    private readonly stock: Stock,
  ) {
    this.budget = limits.budget;
    this.used = limits.used ?? 0;
    this.mostOfSequence = limits.mostOfSequence;
  }

  /** Serves until the session ends; rejects then. */
  async serve(): Promise<never> {
    await this.offer();
    const { peer, unhurried } = this.connection;
    let run: Run | undefined;
    let afterAbort = false;
    for (;;) {
      try {
        const message = await receiveControl(unhurried, 'the data owner', ...ASKED);
        if (message.type === 'activity') this.emit({ type: 'activity', state: message.state });
        else if (message.type === 'abort') throw new Aborted();
        else if (message.type === 'plan') {
          run?.release();
          run = undefined;
          run = await this.begin(message, afterAbort);
          // Where passes were dealt ahead, what the dealer sent of a broken one is still to come.
          if (run && !run.isKept) afterAbort = false;
        } else if (message.type === 'stock') {
          run?.release();
          run = undefined;
          this.keeping = await this.beginKeeping(message, afterAbort);
          if (this.keeping) afterAbort = false;
        } else if (message.type === 'keep') {
          if (!this.keeping) throw new ProtocolError('the data owner had a pass dealt ahead before it asked for any');
          await this.keeping.keep(message);
        } else if (message.type === 'stocked') {
          this.keeping = undefined;
          this.stock.tell();
        } else if (message.type === 'unstock') await this.stock.discard();
        else {
          if (!run) throw new ProtocolError('the data owner asked for a pass before a plan');
          await this.pass(run, message);
        }
      } catch (error) {
        if (!isBreakOff(error)) throw error;
        const broken = run;
        run = undefined;
        afterAbort = true;
        if (error instanceof CorrelationsLost) await this.stock.discard(`${error.message}.`);
        await recover(error, { peer, from: 'the data owner', device: this.device, release: () => broken?.release() });
      }
    }
  }

  /** The handshake: everything public. */
  private async offer(): Promise<void> {
    const { connection, model, emit } = this;
    const { peer, dealer } = connection;
    const { config, tokenizer } = model;
    await Promise.all([greet(peer, 'model-owner', 'data-owner'), greet(dealer, 'model-owner', 'dealer')]);
    const card = cardOf(config);
    const file = publicFile(model);
    const { privateParameters } = card;
    const limits = { sequence: this.mostOfSequence, session: Math.max(0, this.budget - this.used) };
    await this.stock.load((head) => this.isFor(head));
    const stock = this.stock.said;
    await sendControl(peer, 'manifest', {
      config,
      tokenizer,
      publicBytes: file.bytes,
      privateParameters,
      limits,
      stock,
    });
    let sent = 0;
    for await (const body of file.parts(MOST_BODY)) {
      await peer.send({ kind: 'tensor', pass: 0, round: 0, body });
      sent += body.length;
      emit({ type: 'progress', label: 'Sending the public part of the model', done: sent, total: file.bytes });
    }
    emit({ type: 'ready', model: card, limits });
  }

  /** Ends preparing passes ahead after the one that is under way. */
  stopKeeping(): void {
    this.keeping?.stop();
  }

  /** Throws away what is prepared ahead; a run that takes passes of it goes on with the dealer. */
  async unstock(): Promise<void> {
    await this.stock.discard();
  }

  /** Whether a stock was made for this model, as it is now. */
  private async isFor({ shape, plan, matrices }: StockHead): Promise<boolean> {
    const plans = new RunPlans(this.model.config, shape);
    return plans.digest === plan && (await streamedDigest(this.matrices(plans))) === matrices;
  }

  private matrices(plans: RunPlans): AsyncIterable<NamedMatrix> {
    const own = plans.of(ONE).weights.filter(({ owner }) => owner === 'model-owner');
    return foldedWeights(
      this.model,
      own.map(({ name }) => name),
    );
  }

  /** The plans of a shape that the data owner asks for; undefined for one that is refused. */
  private async agree({ shape, digest }: Pick<Control<'plan'>, 'shape' | 'digest'>): Promise<RunPlans | undefined> {
    const { connection, model, emit } = this;
    const plans = new RunPlans(model.config, shape);
    const numbers = plans.numbersOf(1);
    if (numbers > this.mostOfSequence) {
      const reason = `this run would open ${numbers} numbers of every text, and the model owner lets ${this.mostOfSequence} be opened. Choose another way to learn in the settings, or fewer labels, or ask it to offer the model anew.`;
      await sendControl(connection.peer, 'refused', { reason });
      const label = `A run that would open ${numbers} numbers of every text was refused; you let ${this.mostOfSequence} be opened.`;
      emit({ type: 'progress', label, done: 1, total: 1 });
      return undefined;
    }
    if (plans.digest !== digest) throw new ProtocolError('the two sides plan differently: reload both pages');
    // The data owner's page refuses such a run before it asks for it.
    const problem = plans.memoryProblem();
    if (problem) throw new ProtocolError(problem);
    return plans;
  }

  /** Agrees on a run's plan, and exchanges masked matrices; undefined for one that is refused. */
  private async begin(proposed: Control<'plan'>, afterAbort: boolean): Promise<Run | undefined> {
    const { connection, emit, stock } = this;
    const { backend } = this.device;
    const plans = await this.agree(proposed);
    if (!plans) return undefined;
    const most = plans.most({ vectorBytes: backend.mostVectorBytes });
    const kept = await stock.shared(proposed.stock, plans);
    await sendControl(connection.peer, 'planned', { digest: plans.digest, most, stock: kept?.range });
    const run = await beginRun({
      role: 'model-owner',
      connection,
      backend,
      plans,
      afterAbort,
      kept,
      own: this.matrices(plans),
      onProgress: (done, total) => emit({ type: 'progress', label: 'Exchanging masked matrices', done, total }),
    });
    if (!kept) this.countSetUp(plans);
    emit({
      type: 'progress',
      label: 'The weights are exchanged under masks; the first texts come next',
      done: 1,
      total: 1,
    });
    return run;
  }

  private countSetUp(plans: RunPlans): void {
    this.totals.addSetup(plans.setup);
    this.emit(this.totals.event);
  }

  /** Agrees on passes to be dealt ahead; undefined where that is refused. */
  private async beginKeeping(asked: Control<'stock'>, afterAbort: boolean): Promise<Keeping | undefined> {
    const { connection, stock } = this;
    const { peer, dealer } = connection;
    const plans = await this.agree(asked);
    if (!plans) return undefined;
    if (plans.ahead !== plans)
      throw new ProtocolError('the data owner asks to keep passes of which a part would be dealt to it');
    const whole = cutTo(asked, plans.most({ vectorBytes: this.device.backend.mostVectorBytes }));
    const bytes = keptBytes(plans.of(ofTexts(whole.sequences)));
    let passes = 0;
    try {
      const room = await stock.room();
      passes = Math.min(whole.passes, Math.floor(room / bytes));
      if (passes < 1)
        throw new Error(
          `a pass takes ${gigabytes(bytes)} of its disk, and its browser lets it have ${gigabytes(room)}`,
        );
    } catch (error) {
      const reason = `The model owner can't keep what would be prepared ahead: ${(error as Error).message}.`;
      await sendControl(peer, 'refused', { reason: reason.slice(0, 2000) });
      return undefined;
    }
    await sendControl(peer, 'stocking', { sequences: whole.sequences, passes });
    const { seed, most } = await freshSeed(dealer, plans, afterAbort);
    const cut = cutTo({ sequences: whole.sequences, passes }, most);
    const plan = plans.of(ofTexts(cut.sequences));
    const matrices = await streamedDigest(this.matrices(plans));
    const { id, shape } = asked;
    const bytesOf = { passBytes: keptBytes(plan), setUpBytes: plans.setup.toModelOwner };
    const head = { id, shape, plan: plans.digest, matrices, ...cut, ...bytesOf };
    const setUp = async (half: StockHalf) => {
      const { backend } = this.device;
      const options = { role: 'model-owner', connection, backend, plans, own: this.matrices(plans) } as const;
      await setUpAhead(half, options, async () => {});
      this.countSetUp(plans);
    };
    const heard = () => {
      this.totals.addAhead(costOf(plan));
      this.emit(this.totals.event);
    };
    const keeping = { connection, stock, setUp, heard, plan, ...cut };
    try {
      return new Keeping({ ...keeping, half: await stock.create(head, seed) });
    } catch (error) {
      return new Keeping({ ...keeping, half: undefined, problem: (error as Error).message });
    }
  }

  private async pass(run: Run, { pass, candidates, texts }: Control<'pass'>): Promise<void> {
    const asked = { candidates, texts };
    const sequences = sequencesIn(asked);
    const { emit } = this;
    const { peer } = this.connection;
    if (pass !== run.nextPass) {
      throw new ProtocolError(`the data owner asked for pass ${pass} where pass ${run.nextPass} was due`);
    }
    if (run.isUsedUp) throw new ProtocolError(`pass ${pass} was asked for, and none of those dealt ahead is left`);
    const due = run.sizeOf(asked);
    if (due.candidates !== candidates || due.texts !== texts)
      throw new ProtocolError(
        `the data owner asked for ${candidates} × ${texts} sequences where ${due.candidates} × ${due.texts} were due`,
      );
    // What keeps a stranger's request from filling the memory.
    if (sequences > run.most) {
      const reason = `a pass of ${sequences} sequences is too large; ${run.most} is the most`;
      await sendControl(peer, 'refused', { reason });
      return;
    }
    const numbers = run.plans.numbersOf(sequences);
    if (this.used + numbers > this.budget) {
      const left = Math.max(0, this.budget - this.used);
      const reason = `the model owner's budget of ${this.budget} opened numbers is used up: ${left} are left, the next texts need ${numbers} (${numbers / sequences} a text). Ask the model owner to raise it, then start again.`;
      await sendControl(peer, 'refused', { reason });
      emit({
        type: 'progress',
        label: 'Your budget is used up. Raise it to let the data owner go on.',
        done: this.used,
        total: this.budget,
      });
      return;
    }
    this.used += numbers;
    // Before the answer: who has it may be gone before this side is through.
    emit({ type: 'granted', used: this.used });
    await sendControl(peer, 'accepted', { pass, used: this.used, budget: this.budget });
    const { report } = await run.pass(asked, undefined, watchPass(run, asked, emit));
    this.totals.addPass(report, { sequences, numbers, isKept: run.isKept });
    if (run.isKept) this.stock.tell();
    const { tokens } = run.plans.shape;
    emit(passEvent(report, { sequences, numbers, tokens, budgetUsed: this.used, budget: this.budget }));
    emit(this.totals.event);
  }
}

/** What a data owner may ask for, one after the other. */
const ASKED = ['plan', 'pass', 'activity', 'abort', 'stock', 'keep', 'stocked', 'unstock'] as const;
