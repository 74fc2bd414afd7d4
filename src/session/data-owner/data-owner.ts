/**
 * The data owner's session: checks data and settings against the offered model, tunes, and labels new texts. A command is a transition
 * of the state machine in state.ts.
 *
 * Texts, labels, label words, prompts, heads, what was opened and losses stay in this object. What leaves is a run's shape (padded length,
 * answer position, number of label words), the number of sequences of a pass, and shares.
 */
import type { Connection } from '../connection';
import { sendControl } from '../control';
import type { Device } from '../device';
import type { DataOwnerCommands, Result, SessionEvent } from '../messages';
import { type Problem, ProblemsError } from '../problem';
import type { AskedSettings } from '../settings';
import { Totals } from '../totals';
import { classify, textsProblem } from './classifier';
import { Data } from './data';
import { estimate } from './estimate';
import { type OfferedModel, receiveModel } from './handshake';
import { loadTuned } from './methods';
import type { Prepared, Training } from './methods/method';
import { Passes } from './passes';
import { find, NotNow, type State, withPrepared } from './state';
import { notesOn, overBudget, prepare } from './task';

export class DataOwner {
  private state: State = { is: 'idle' };
  private offered: { model: OfferedModel; passes: Passes } | undefined;
  private data: Data | undefined;
  /** The run begun last, for what can be saved of it. */
  private latest: Training | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly device: Device,
    private readonly emit: (event: SessionEvent) => void,
  ) {}

  /** The handshake: until the model's public part is here and checked. Every other command comes after it. */
  async connect(): Promise<void> {
    const { connection, device, emit } = this;
    const model = await receiveModel(connection, emit);
    const passes = new Passes({ connection, device, model, totals: new Totals(), emit });
    this.offered = { model, passes };
  }

  /** What can be saved of the run begun last, if anything. */
  get saved(): Result | undefined {
    return this.latest?.saved;
  }

  /** Takes the data for all that is prepared from now on; what was prepared with other data is void. */
  setData(data: DataOwnerCommands['data']): void {
    this.data = new Data(data);
    const { state } = this;
    if (state.is === 'prepared') this.state = { is: 'idle' };
    else if (state.is === 'tuned' || state.is === 'labelling') this.state = { ...state, prepared: undefined };
  }

  prepare(settings: AskedSettings): void {
    const found = this.find('prepare');
    if (!found) return;
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
      const prepared = prepare(model, data, settings, (done, total) =>
        emit({ type: 'progress', label: 'Reading the texts', done, total }),
      );
      const cost = estimate(prepared, device.backend.mostVectorBytes);
      const notes = notesOn(prepared, model);
      const warnings = [...overBudget(cost, passes.left), ...notes.warnings];
      emit({ type: 'prepared', estimate: cost, ...notes, warnings });
      return prepared;
    } catch (error) {
      if (error instanceof ProblemsError) this.refuse(...error.problems);
      else this.refuse({ message: (error as Error).message });
      return undefined;
    }
  }

  /** Trains with what was prepared last. Rejects with RefusedError, or when the session ends underneath. */
  async train(): Promise<void> {
    const found = this.find('start');
    if (!found) return;
    const { prepared, tuned: before } = found;
    const { connection, emit } = this;
    const training = prepared.begin({
      passes: this.connected.passes,
      emit,
      say: (state) => sendControl(connection.peer, 'activity', { state }),
      ended: connection.ended,
    });
    this.latest = training;
    this.state = { is: 'training', prepared, training, before };
    try {
      await training.run();
    } finally {
      const current = prepared.data === this.data ? prepared : undefined;
      this.state = withPrepared(current, training.tuned ?? before);
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
