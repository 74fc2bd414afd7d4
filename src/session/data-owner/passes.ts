/** Forward passes as the data owner has them: it proposes a run's shape, asks for passes, and reads the label words' logits. */
import type { EncodedText } from '../../models/encode';
import { encoderInput } from '../../models/pass-input';
import { type PassReport, sumReports } from '../../mpc/report';
import { ProtocolError } from '../../net/channel';
import type { Connection } from '../connection';
import { receiveControl, sendControl } from '../control';
import type { Device } from '../device';
import { Aborted, isBreakOff, recover } from '../interruption';
import type { SessionEvent } from '../messages';
import { beginRun, type Run } from '../run';
import type { Totals } from '../totals';
import type { OfferedModel } from './handshake';
import type { Prepared } from './task';

/** Sequences that are evaluated at a time; larger sets go in several batches, between which progress is told. */
const EVALUATION_BATCH = 128;

/** The sizes of the batches in which so many examples are evaluated. */
export function batches(examples: number): number[] {
  const sizes: number[] = [];
  for (let at = 0; at < examples; at += EVALUATION_BATCH) sizes.push(Math.min(EVALUATION_BATCH, examples - at));
  return sizes;
}

/** The model owner declines a pass: its right, which ends nothing but the run. */
export class RefusedError extends Error {}

export interface PassesOptions {
  connection: Connection;
  device: Device;
  model: OfferedModel;
  totals: Totals;
  emit: (event: SessionEvent) => void;
}

export interface Answers {
  /** The label words' logits, one row a text. */
  rows: Float64Array[];
  report: PassReport;
}

export class Passes {
  private current: { run: Run; prepared: Prepared } | undefined;
  /** What the run under way is for, should it have to begin anew. */
  private wanted: Prepared | undefined;
  /** The run before was broken off. */
  private afterAbort = false;

  constructor(private readonly options: PassesOptions) {}

  /** Whether the run under way has these shapes and label words. */
  isFor(prepared: Prepared): boolean {
    return this.current?.prepared === prepared;
  }

  /** Proposes a run's shape, and takes fresh seeds and the masked matrices. */
  begin(prepared: Prepared): Promise<void> {
    this.wanted = prepared;
    return this.persistently(() => this.propose(prepared));
  }

  /** Work within a run, begun anew for as long as a device is lost and another takes over. */
  private async persistently<T>(work: () => Promise<T>): Promise<T> {
    const { connection, device } = this.options;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isBreakOff(error)) throw error;
        const broken = this.current?.run;
        this.current = undefined;
        this.afterAbort = true;
        const { peer } = connection;
        await recover(error, { peer, from: 'the model owner', device, release: () => broken?.release() });
      }
    }
  }

  private async propose(prepared: Prepared): Promise<void> {
    const { connection, device, model, totals, emit } = this.options;
    const { backend } = device;
    const progress = (done: number, total: number) =>
      emit({ type: 'progress', label: 'Exchanging masked matrices', done, total });
    progress(0, 0);
    this.current?.run.release();
    this.current = undefined;
    const { plans, labelWords } = prepared;
    const { digest, shape } = plans;
    await sendControl(connection.peer, 'plan', { shape, digest });
    const planned = await receiveControl(connection.peer, 'the model owner', 'planned', 'abort');
    if (planned.type === 'abort') throw new Aborted(planned.reason);
    if (planned.digest !== digest) throw new ProtocolError('the two sides plan differently: reload both pages');
    const values = model.embedding.columns(labelWords.map(({ token }) => token));
    const outputs = labelWords.length;
    const readout = {
      name: 'readout',
      inputs: values.length / outputs,
      outputs,
      values,
      bias: new Float64Array(outputs),
    };
    const run = await beginRun({
      role: 'data-owner',
      connection,
      backend,
      plans,
      own: [readout],
      peerMost: planned.most,
      afterAbort: this.afterAbort,
      onProgress: progress,
    });
    this.current = { run, prepared };
    this.afterAbort = false;
    totals.addSetup(plans.setup);
    emit(totals.event);
  }

  /**
   * Logits for these texts, each under its prompt, in as many passes as the sides need. Rejects with RefusedError when the model owner
   * declines one.
   */
  async logits(texts: readonly EncodedText[], prompts: readonly Float32Array[]): Promise<Answers> {
    const rows: Float64Array[] = [];
    const reports: PassReport[] = [];
    while (rows.length < texts.length) {
      const at = rows.length;
      // Only the pass that was broken off comes again, in as many parts as whatever took over takes.
      const answers = await this.persistently(async () => {
        const { run, prepared } = await this.run();
        const [size = 0] = run.parts(texts.length - at);
        return this.pass(run, prepared, texts.slice(at, at + size), prompts.slice(at, at + size));
      });
      rows.push(...answers.rows);
      reports.push(answers.report);
    }
    return { rows, report: sumReports(reports) };
  }

  /** The run under way, begun anew if the last one was broken off. */
  private async run(): Promise<{ run: Run; prepared: Prepared }> {
    const { wanted } = this;
    if (!wanted) throw new Error('a pass before a run');
    if (!this.current) await this.propose(wanted);
    if (!this.current) throw new Error('a run that did not begin');
    return this.current;
  }

  private async pass(
    run: Run,
    { labelWords }: Prepared,
    texts: readonly EncodedText[],
    prompts: readonly Float32Array[],
  ): Promise<Answers> {
    const { connection, model, totals, emit } = this.options;
    const { embedding, config } = model;
    const sequences = texts.length;
    const pass = run.nextPass;
    await sendControl(connection.peer, 'pass', { pass, sequences });
    const answer = await receiveControl(connection.peer, 'the model owner', 'accepted', 'refused', 'abort');
    if (answer.type === 'abort') throw new Aborted(answer.reason);
    if (answer.type === 'refused') throw new RefusedError(answer.reason);
    if (answer.pass !== pass) {
      throw new ProtocolError(`the model owner accepted pass ${answer.pass} where pass ${pass} was due`);
    }
    const { output, report } = await run.pass(sequences, encoderInput(config, embedding, texts, prompts));
    if (!output) throw new Error('a pass without its readout');
    totals.addPass(report, sequences);
    emit(totals.event);
    const bias = labelWords.map(({ token }) => embedding.bias[token] ?? 0);
    const rows = texts.map((_, i) => Float64Array.from(bias, (b, j) => b + (output[i * bias.length + j] ?? 0)));
    return { rows, report };
  }
}
