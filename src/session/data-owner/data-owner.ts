/**
 * The data owner's session: checks data and settings against the offered model, tunes, and labels new texts. A command is a transition
 * of the state machine in state.ts.
 *
 * Texts, labels, label words, prompts, heads, what was opened and losses stay in this object. What leaves is a run's shape (padded length,
 * answer position, number of label words), the number of sequences of a pass, and shares.
 */
import type { Connection } from '../connection';
import { type RunShape, sendControl } from '../control';
import type { Device } from '../device';
import { MOST_PASSES } from '../limits';
import type { CheckpointSummary, DataOwnerCommands, Result, SessionEvent } from '../messages';
import { type Problem, ProblemsError } from '../problem';
import type { AskedSettings } from '../settings';
import type { Stock } from '../stock/stock';
import { Totals } from '../totals';
import { aheadOf, prepareAhead } from './ahead';
import { type Checkpoint, misfit, type SealedCheckpoint, summaryOf } from './checkpoint';
import { classify, textsProblem } from './classifier';
import { Data } from './data';
import { estimate } from './estimate';
import { type OfferedModel, receiveModel } from './handshake';
import { loadTuned } from './methods';
import type { Prepared, Training, Tuned } from './methods/method';
import type { Progress } from './methods/progress';
import { Passes } from './passes';
import { find, NotNow, type State, withPrepared } from './state';
import { notesOn, overBudget, prepare } from './task';

export class DataOwner {
  private state: State = { is: 'idle' };
  private offered: { model: OfferedModel; passes: Passes } | undefined;
  private data: Data | undefined;
  /** The run begun last, for what can be saved of it. */
  private latest: Training | undefined;
  /** How far the run under way is kept where it can be gone on with. */
  private lastKept: CheckpointSummary | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly device: Device,
    private readonly emit: (event: SessionEvent) => void,
    /** What is prepared ahead. */
    private readonly stock: Stock,
    /** Where runs are kept, so that another session can go on with them; without it none is. */
    private readonly kept?: SealedCheckpoint,
  ) {}

  /** The handshake: until the model's public part is here and checked. Every other command comes after it. */
  async connect(): Promise<void> {
    const { connection, device, emit, stock } = this;
    const model = await receiveModel(connection, emit);
    const passes = new Passes({ connection, device, stock, model, totals: new Totals(), emit });
    this.offered = { model, passes };
    await stock.load(async ({ id }) => model.stock === 'held' || model.stock === id);
    // One whose other half is lost is of no use.
    const isLost = model.stock !== undefined && model.stock !== 'held' && stock.said === undefined;
    if (isLost) await passes.unstock();
  }

  /** What can be saved of the run begun last, if anything. */
  get saved(): Result | undefined {
    return this.latest?.saved;
  }

  /** The same at once, if it can be had at once. */
  get bestSoFar(): Result | undefined {
    return this.latest?.bestSoFar;
  }

  /** How far the run begun last can be gone on with in another session, if at all. */
  get resumable(): CheckpointSummary | undefined {
    return this.lastKept;
  }

  /** Takes the data for all that is prepared from now on; what was prepared with other data is void. */
  setData(data: DataOwnerCommands['data']): void {
    this.data = new Data(data);
    const { state } = this;
    if (state.is === 'prepared') this.state = { is: 'idle' };
    else if (state.is === 'tuned' || state.is === 'labelling') this.state = { ...state, prepared: undefined };
  }

  /** `dealtTo`: whom the dealer sends corrections to, by default both; a slow line may be spared that. */
  prepare(settings: AskedSettings, dealtTo?: RunShape['dealtTo']): void {
    const found = this.find('prepare');
    if (!found) return;
    this.connected.passes.dealtTo = dealtTo;
    this.state = withPrepared(this.checked(settings), found.tuned);
  }

  /** What these settings make of the data; undefined, and said why, if nothing. */
  private checked(settings: AskedSettings): Prepared | undefined {
    const { data, emit, device } = this;
    const { model, passes } = this.connected;
    if (!data) {
      this.refuse({ message: 'There is no data yet.' });
      return undefined;
    }
    try {
      const prepared = prepare(model, data, settings, passes.left, (done, total) =>
        emit({ type: 'progress', label: 'Reading the texts', done, total }),
      );
      const cost = estimate(prepared, device.backend.mostVectorBytes, passes.dealtTo);
      const notes = notesOn(prepared, model);
      const warnings = [...overBudget(cost, passes.left), ...notes.warnings];
      const ahead = aheadOf(prepared, device.backend.mostVectorBytes, passes.dealtTo);
      emit({ type: 'prepared', estimate: cost, ahead, ...notes, fewer: prepared.fewer, warnings });
      return prepared;
    } catch (error) {
      if (error instanceof ProblemsError) this.refuse(...error.problems);
      else this.refuse({ message: (error as Error).message });
      return undefined;
    }
  }

  /** Trains with what was prepared last. Rejects with RefusedError, or when the session ends underneath. */
  async train(paused = false): Promise<void> {
    const found = this.find('start');
    if (!found) return;
    await this.run(found.prepared, found.tuned, { paused });
  }

  /** Says what run is kept here, if any, and whether it can be gone on with. */
  async lookForCheckpoint(): Promise<void> {
    try {
      const found = await this.kept?.read();
      this.emit({ type: 'checkpoint', ...(found && { found: summaryOf(found), problem: this.misfit(found) }) });
    } catch (error) {
      this.emit({ type: 'checkpoint', problem: (error as Error).message });
    }
  }

  /** Goes on with the run that is kept; without one, trains with what was prepared last if `orStart`. Rejects as `train` does. */
  async takeUp({ orStart = false, paused = false } = {}): Promise<void> {
    const checkpoint = await this.kept?.read().catch(() => undefined);
    if (!checkpoint && orStart) return this.train(paused);
    if (!checkpoint) return this.refuse({ message: 'No run is kept here that could be gone on with.' });
    const found = this.find('takeUp');
    if (!found) return;
    const problem = this.misfit(checkpoint);
    if (problem) return this.refuse({ message: problem });
    const prepared = this.checked(checkpoint.settings);
    if (!prepared) return;
    const { method, readingName } = prepared;
    if (method !== checkpoint.method || readingName !== checkpoint.reading)
      return this.refuse({
        message: `The run that stopped was of ${checkpoint.method}, which is not possible any more with what the model owner lets be opened.`,
      });
    await this.run(prepared, found.tuned, { paused, from: checkpoint });
  }

  /** Throws away what is kept. */
  async forget(): Promise<void> {
    await this.kept?.remove();
    this.lastKept = undefined;
    this.emit({ type: 'checkpoint' });
  }

  private misfit(checkpoint: Checkpoint): string | undefined {
    return misfit(checkpoint, { data: this.data?.digest, model: this.connected.model.digest });
  }

  private async run(
    prepared: Prepared,
    before: Tuned | undefined,
    { paused, from }: { paused: boolean; from?: Checkpoint },
  ): Promise<void> {
    const { connection, emit } = this;
    const { passes } = this.connected;
    const earlier = (from?.numbers ?? 0) - passes.opened;
    const training = prepared.begin(
      {
        passes,
        emit,
        say: (state) => sendControl(connection.peer, 'activity', { state }),
        keep: (progress) => this.keep(prepared, progress, earlier + passes.opened),
        ended: connection.ended,
      },
      from?.progress,
    );
    if (paused) training.steering.pause();
    this.latest = training;
    this.lastKept = from && summaryOf(from);
    this.state = { is: 'training', prepared, training, before };
    try {
      await training.run();
      this.lastKept = undefined;
      // What could not be removed is found, and can be forgotten, the next time.
      await this.kept?.remove().catch(() => {});
    } finally {
      const current = prepared.data === this.data ? prepared : undefined;
      this.state = withPrepared(current, training.tuned ?? before);
    }
  }

  /** A run goes on where it can't be kept; a person is told. */
  private async keep(prepared: Prepared, progress: Progress, numbers: number): Promise<void> {
    const { method, readingName: reading, settings, data, total } = prepared;
    const { model } = this.connected;
    const checkpoint = { data: data.digest, model: model.digest, settings, method, reading, total, numbers, progress };
    try {
      if (!this.kept) return;
      await this.kept.write(checkpoint);
      this.lastKept = summaryOf(checkpoint);
    } catch (error) {
      const problem = `This run is not kept, so it would be lost with this tab: ${(error as Error).message}.`;
      this.emit({ type: 'checkpoint', problem });
    }
  }

  /** Pauses, resumes or stops the run under way. */
  steer(how: 'pause' | 'resume' | 'stop'): void {
    this.find('steer')?.training.steering[how]();
  }

  /** Takes what an earlier run saved, for texts to be labelled with. */
  load(file: Uint8Array): void {
    const found = this.find('load');
    if (!found) return;
    try {
      const { what, tuned } = loadTuned(this.connected.model, file);
      this.state = { is: 'tuned', tuned, prepared: found.prepared };
      this.emit({ type: 'loaded', what, labels: tuned.labels });
    } catch (error) {
      this.emit({ type: 'unloadable', message: (error as Error).message });
    }
  }

  /** Labels texts with what was tuned or loaded last. Rejects as `train` does. */
  async classify(texts: readonly string[]): Promise<void> {
    const found = this.find('classify');
    if (!found) return;
    const problem = textsProblem(texts);
    if (problem) return this.refuse({ message: problem });
    const { tuned } = found;
    this.state = { is: 'labelling', ...found };
    try {
      await classify(this.connected.passes, tuned, texts, this.emit);
    } finally {
      // Data may have come meanwhile, and made what was prepared void.
      if (this.state.is === 'labelling') this.state = { ...this.state, is: 'tuned' };
    }
  }

  /** Has passes of what was prepared last dealt ahead. Rejects as `train` does. */
  async prepareAhead(passes: number): Promise<void> {
    const found = this.find('stock');
    if (!found) return;
    const { connection, device, stock } = this;
    const { prepared, tuned } = found;
    const { reading } = prepared;
    const { sequences } = aheadOf(prepared, device.backend.mostVectorBytes, this.connected.passes.dealtTo);
    const state: State & { is: 'stocking' } = { is: 'stocking', prepared, tuned, isStopped: false };
    this.state = state;
    try {
      const asked = { sequences, passes: Math.min(passes, MOST_PASSES) };
      const isStopped = () => state.isStopped;
      const { passes: of } = this.connected;
      // Whatever computes by then.
      await of.persistently(() =>
        prepareAhead({ connection, backend: device.backend, stock, passes: of, reading, asked, isStopped }),
      );
    } finally {
      // Data may have come meanwhile, and made what was prepared void.
      this.state = withPrepared(prepared.data === this.data ? prepared : undefined, tuned);
    }
  }

  /** Ends that after the pass that is under way. */
  stopAhead(): void {
    if (this.state.is === 'stocking') this.state.isStopped = true;
  }

  /** Throws away, on both sides, what was dealt ahead. */
  async unstock(): Promise<void> {
    if (this.find('unstock')) await this.connected.passes.unstock();
  }

  /** What a command finds in this state; undefined, and said why, if it is not taken. */
  private find<Command extends Parameters<typeof find>[0]>(command: Command) {
    const found = find(command, this.state);
    if (!(found instanceof NotNow)) return found;
    if (found.reason) this.refuse({ message: found.reason });
    return undefined;
  }

  private get connected(): { model: OfferedModel; passes: Passes } {
    if (!this.offered) throw new Error('no model is connected yet');
    return this.offered;
  }

  private refuse(...problems: readonly Problem[]): void {
    this.emit({ type: 'invalid', problems });
  }
}
