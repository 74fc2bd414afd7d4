/** Forward passes as the data owner has them: it proposes a run's shape, asks for passes, and takes what they open. */

import type { NamedMatrix } from '../../graph/matrix';
import { isAstray } from '../../models/bounds';
import type { EncodedText } from '../../models/encode';
import { pairedInput } from '../../models/paired-input';
import { type EncoderInput, encoderInput } from '../../models/pass-input';
import { CorrelationsLost } from '../../mpc/break-off';
import { costOf } from '../../mpc/cost';
import type { Plan } from '../../mpc/plan';
import { type PassReport, sumReports } from '../../mpc/report';
import { ProtocolError } from '../../net/channel';
import type { Connection } from '../connection';
import { type RunShape, receiveControl, sendControl } from '../control';
import type { Device } from '../device';
import { Aborted, isBreakOff, recover } from '../interruption';
import type { SessionEvent } from '../messages';
import { ONE, type PassPart, type PassSize, rowIn, sequencesIn, strandsOf } from '../pass-size';
import { watchPass } from '../pass-watch';
import { beginRun, type Run, type RunPlans } from '../run';
import { matricesDigest } from '../stock/matrices';
import { agreed, type Stock } from '../stock/stock';
import { passEvent, type Totals } from '../totals';
import type { OfferedModel } from './handshake';

/** Sequences in a batch at most; larger sets go in several, between which progress is told. */
const MOST_BATCH = 128;

/** What a batch may bring over the network, about: large models take fewer sequences at a time. */
const BATCH_BYTES = 2 ** 28;

/** How many sequences of a run go in one batch, where that is free to choose. */
export function batchOf(plans: RunPlans): number {
  const { toModelOwner, toDataOwner, dealt } = plans.costOf(ONE);
  const fitting = Math.floor(BATCH_BYTES / (toModelOwner + toDataOwner + dealt));
  return Math.min(MOST_BATCH, Math.max(1, fitting));
}

/** The sizes of the batches in which so many examples are computed. */
export function batches(examples: number, batch = MOST_BATCH): number[] {
  const sizes: number[] = [];
  for (let at = 0; at < examples; at += batch) sizes.push(Math.min(batch, examples - at));
  return sizes;
}

/** What runs are for: their shapes, and what of the last layer the data owner opens. */
export interface Reading {
  plans: RunPlans;
  /** The data owner's own matrix; without one, all that it would multiply is opened. */
  readout?: NamedMatrix;
  /** Added to what is opened of every text, in the clear since it is public: the label words' biases. */
  offset?: Float64Array;
}

/** The model owner declines a run or a pass: its right, which ends nothing but the run. */
export class RefusedError extends Error {}

/** Of the data owner's own matrix, if it has one, in hexadecimal. */
export const ownMatrices = ({ readout }: Reading): string => matricesDigest(readout ? [readout] : []);

export interface PassesOptions {
  connection: Connection;
  /** What is prepared ahead. */
  stock: Stock;
  device: Device;
  model: OfferedModel;
  totals: Totals;
  emit: (event: SessionEvent) => void;
}

export interface Answers {
  /** What was opened, one row a text and prompt: label words' logits, or all that they would be read out of. */
  rows: Float64Array[];
  report: PassReport;
}

export class Passes {
  private current: { run: Run; reading: Reading } | undefined;
  /** What the run under way is for, should it have to begin anew. */
  private wanted: Reading | undefined;
  /** The run before was broken off. */
  private afterAbort = false;
  /** Numbers that may still be opened, as the model owner last said. */
  left: number;
  /** Whom the dealer sends corrections to, from the next run on: by default to both. */
  dealtTo: RunShape['dealtTo'];

  constructor(private readonly options: PassesOptions) {
    this.left = options.model.limits.session;
  }

  /** Whether the run under way has these shapes and label words. */
  isFor(reading: Reading): boolean {
    return this.current?.reading === reading;
  }

  /** Numbers opened in this session. */
  get opened(): number {
    return this.options.totals.numbers;
  }

  /** Sequences that all sides take in one pass of the run under way; unknown, hence any number, while there is none. */
  get most(): number {
    return this.current?.run.most ?? Number.POSITIVE_INFINITY;
  }

  /** Ends the run under way, so that the dealer can be asked for something else; whether what it sent of a broken one may still come. */
  leaveRun(): boolean {
    this.current?.run.release();
    this.current = undefined;
    return this.afterAbort;
  }

  /** The dealer has answered since the last run was broken off. */
  hasFreshSeed(): void {
    this.afterAbort = false;
  }

  /** Throws away what is prepared ahead, on both sides. */
  async unstock(problem?: string): Promise<void> {
    await this.options.stock.discard(problem);
    await sendControl(this.options.connection.peer, 'unstock', {});
  }

  /** Proposes a run's shape, and takes fresh seeds and the masked matrices. */
  begin(reading: Reading): Promise<void> {
    this.wanted = reading;
    return this.persistently(() => this.propose(reading));
  }

  /** Work within a run, begun anew for as long as a device is lost and another takes over. */
  async persistently<T>(work: () => Promise<T>): Promise<T> {
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
        if (error instanceof CorrelationsLost) await this.unstock(`${error.message}.`);
      }
    }
  }

  private async propose(reading: Reading): Promise<void> {
    const { connection, device, stock, emit } = this.options;
    const { backend } = device;
    const progress = (done: number, total: number) =>
      emit({ type: 'progress', label: 'Exchanging weights under masks', done, total });
    progress(0, 0);
    this.leaveRun();
    const { readout } = reading;
    const half = await stock.fitting(reading.plans.ahead, ownMatrices(reading));
    const plans = half ? reading.plans.ahead : reading.plans.dealtTo(this.dealtTo);
    const { digest, shape } = plans;
    await sendControl(connection.peer, 'plan', { shape, digest, stock: half && { id: half.head.id, ...half.range } });
    const planned = await receiveControl(connection.peer, 'the model owner', 'planned', 'refused', 'abort');
    if (planned.type === 'abort') throw new Aborted(planned.reason);
    if (planned.type === 'refused') throw new RefusedError(planned.reason);
    if (planned.digest !== digest) throw new ProtocolError('the two sides plan differently: reload both pages');
    if (planned.stock && !half)
      throw new ProtocolError('the model owner names passes of a stock that it was not offered');
    const kept = half && planned.stock && agreed(half, planned.stock);
    if (half && !kept) await stock.discard();
    const run = await beginRun({
      role: 'data-owner',
      connection,
      backend,
      plans,
      own: readout ? [readout] : [],
      peerMost: planned.most,
      afterAbort: this.afterAbort,
      kept,
      onProgress: progress,
    });
    this.current = { run, reading };
    // What the dealer sent of a broken run is still to come where it was not asked.
    if (!kept) this.hasFreshSeed();
    if (!kept) this.countSetUp(plans);
  }

  /** Masked matrices were exchanged. */
  countSetUp(plans: RunPlans): void {
    const { totals, emit } = this.options;
    totals.addSetup(plans.setup);
    emit(totals.event);
  }

  /** What can be said of a pass before it has an input was said. */
  countAhead(plan: Plan): void {
    const { totals, emit } = this.options;
    totals.addAhead(costOf(plan));
    emit(totals.event);
  }

  /**
   * What is opened of these texts under each of these prompts, candidate by candidate, or under none if there are none, in as many passes as
   * the sides need. Rejects with RefusedError when the model owner declines one.
   */
  async answers(texts: readonly EncodedText[], prompts: readonly Float32Array[] = []): Promise<Answers> {
    const { wanted } = this;
    if (!wanted) throw new Error('a pass before a run');
    const batch = { candidates: Math.max(1, prompts.length), texts: texts.length };
    const { offset } = wanted;
    const rows = new Array<Float64Array>(sequencesIn(batch));
    const reports: PassReport[] = [];
    const due: PassPart[] = texts.length > 0 ? [{ candidate: 0, text: 0, ...batch }] : [];
    for (let [whole] = due; whole; [whole] = due) {
      const next = whole;
      // Only the pass that was broken off comes again, in as many parts as whatever took over takes.
      const { part, later, opened, report } = await this.persistently(async () => {
        const run = await this.run();
        const [part = next, ...later] = run.parts(next);
        return { part, later, ...(await this.pass(run, texts, prompts, part)) };
      });
      due.splice(0, 1, ...later);
      for (const [i, row] of opened.entries()) {
        rows[rowIn(batch, part, i)] = offset ? row.map((x, j) => x + offset[j]!) : row;
      }
      reports.push(report);
    }
    return { rows, report: sumReports(reports) };
  }

  /** The run under way, begun anew if the last one was broken off. */
  private async run(): Promise<Run> {
    const { wanted } = this;
    if (!wanted) throw new Error('a pass before a run');
    if (!this.current || this.current.run.isUsedUp) await this.propose(wanted);
    if (!this.current) throw new Error('a run that did not begin');
    return this.current.run;
  }

  private async pass(
    run: Run,
    texts: readonly EncodedText[],
    prompts: readonly Float32Array[],
    part: PassPart,
  ): Promise<{ opened: Float64Array[]; report: PassReport }> {
    const { connection, model, stock, totals, emit } = this.options;
    const { config } = model;
    const size = run.sizeOf(part);
    const sequences = sequencesIn(size);
    const pass = run.nextPass;
    await sendControl(connection.peer, 'pass', { pass, ...size });
    const answer = await receiveControl(connection.peer, 'the model owner', 'accepted', 'refused', 'abort');
    if (answer.type === 'abort') throw new Aborted(answer.reason);
    if (answer.type === 'refused') throw new RefusedError(answer.reason);
    if (answer.pass !== pass) {
      throw new ProtocolError(`the model owner accepted pass ${answer.pass} where pass ${pass} was due`);
    }
    this.left = answer.budget - answer.used;
    const inputs = this.inputs(run, size, partOf({ texts, prompts }, part));
    const { output, report } = await run.pass(size, inputs, watchPass(run, size, emit));
    if (!output) throw new Error('a pass that opened nothing');
    const numbers = run.plans.numbersOf(sequences);
    const opened = inOrder(output, size, numbers / sequences).slice(0, sequencesIn(part));
    const astray = opened.filter((row) => isAstray(config, run.plans.opened, row)).length;
    totals.addPass(report, { sequences, numbers, astray, isKept: run.isKept });
    if (run.isKept) stock.tell();
    const { tokens } = run.plans.shape;
    emit(passEvent(report, { sequences, numbers, tokens, budgetUsed: answer.used, budget: answer.budget }));
    emit(totals.event);
    return { opened, report };
  }

  /**
   * Of every strand: every prompt before every text, candidate by candidate. Passes that were dealt ahead have a size of their own: what is too few comes with
   * copies of the last.
   */
  private inputs({ plans }: Run, size: PassSize, batch: Batch): EncoderInput[] {
    const { embedding, config } = this.options.model;
    if (plans.shape.slots > 0)
      return strandsOf(size).map((part) => {
        const { texts, prompts } = partOf(batch, part);
        return pairedInput(config, embedding, texts, prompts);
      });
    const { texts, prompts } = batch;
    const candidates = prompts.length > 0 ? prompts : [undefined];
    const pairs = candidates.flatMap((prompt) => texts.map((text) => ({ text, prompt })));
    return strandsOf(size).map((part) => {
      const some = Array.from({ length: part.texts }, (_, i) => pairs[Math.min(part.text + i, pairs.length - 1)]!);
      return encoderInput(
        config,
        embedding,
        some.map(({ text }) => text),
        some.map(({ prompt }) => prompt),
      );
    });
  }
}

interface Batch {
  texts: readonly EncodedText[];
  prompts: readonly Float32Array[];
}

const partOf = ({ texts, prompts }: Batch, { text, texts: some, candidate, candidates }: PassPart): Batch => ({
  texts: texts.slice(text, text + some),
  prompts: prompts.slice(candidate, candidate + candidates),
});

/** A row a sequence, candidate by candidate, of what strands opened one behind the other. */
function inOrder(output: Float64Array, size: PassSize, width: number): Float64Array[] {
  const rows = new Array<Float64Array>(sequencesIn(size));
  let at = 0;
  for (const part of strandsOf(size))
    for (let i = 0; i < sequencesIn(part); i++, at += width) rows[rowIn(size, part, i)] = output.slice(at, at + width);
  return rows;
}
