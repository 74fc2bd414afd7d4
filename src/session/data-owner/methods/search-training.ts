/** A run that searches for a prompt, from the untuned one to the best one found, whatever is learned under each. */
import type { PassReport } from '../../../mpc/report';
import type { Evaluation } from '../../../tuning/objective';
import type { PromptSpace } from '../../../tuning/prompt';
import {
  type GenerationResult,
  type Learned,
  type Objective,
  type Opened,
  type TuningHooks,
  type TuningResult,
  tuneFor,
} from '../../../tuning/run';
import type { PreparedTexts } from '../../../tuning/task';
import type { GenerationRecord, Measurement, PromptResult, Result } from '../../messages';
import { exportAnswers } from '../answers-file';
import { aloneOn, compared, measurementOf } from '../comparison';
import { type OfferedModel, savedFor } from '../handshake';
import { batches } from '../passes';
import { Steering } from '../steering';
import type { Prepared, Training, TrainingOptions, Tuned } from './method';
import { type Progress, progressOf } from './progress';

/** A prompt, and what was learned under it. */
export interface Found<L> {
  /** [tokens · hidden]; for deep prompts [layers · tokens · hidden]. */
  prompt: Float32Array;
  learned: L;
}

/** What a method makes of a search. */
export interface Search<L extends Learned> extends PreparedTexts, Pick<Prepared, 'settings' | 'data' | 'reading'> {
  method: PromptResult['method'];
  model: OfferedModel;
  space: PromptSpace;
  objective: Objective<L>;
  /** What the objective takes, from what was opened of a text. */
  rowOf(answer: Float64Array): Float64Array;
  tunedOf(found: Found<L>): Tuned;
  fileOf(found: Found<L>, notes: Record<string, string>): Result['file'];
  /** What else may be tried with this method. */
  remedies: readonly string[];
}

interface Best<L> extends Found<L> {
  /** 0: the untuned one. */
  generation: number;
  evaluation: Evaluation;
}

/** Seconds of the running generation by what they went into. */
const nothingSpent = () => ({ compute: 0, peer: 0, dealer: 0, evaluation: 0 });

export class SearchTraining<L extends Learned> implements Training {
  readonly steering: Steering;
  private readonly from: Extract<Progress, { of: 'search' }> | undefined;
  private readonly history: GenerationRecord[] = [];
  private baseline: Measurement | undefined;
  private best: Best<L> | undefined;
  private result: Result | undefined;
  /** What was opened of the examples that were looked at last. */
  private answers = new Map<number, Float64Array>();
  private report: PassReport | undefined;
  private spent = nothingSpent();
  private began = 0;

  constructor(
    private readonly prepared: Search<L>,
    private readonly options: TrainingOptions,
    from?: Progress,
  ) {
    this.steering = new Steering(options);
    this.from = progressOf('search', from);
  }

  async run(): Promise<void> {
    const { passes, say, keep, emit } = this.options;
    const { objective, task, space, settings } = this.prepared;
    await passes.begin(this.prepared.reading);
    await say('training');
    const hooks: TuningHooks<L> = {
      proceed: async () => {
        const going = await this.steering.proceed();
        this.began = performance.now();
        this.spent = nothingSpent();
        return going;
      },
      onBaseline: (evaluation) => {
        this.baseline = this.measurement(evaluation);
        const { validation } = this.prepared.task;
        const alone = validation.length > 0 ? aloneOn(this.prepared.model, this.prepared, validation) : [];
        emit({ type: 'baseline', evaluation: this.baseline, alone });
        for (const record of this.from?.history ?? []) this.add(record);
        this.tellBest();
      },
      onBest: (prompt, generation, evaluation, learned) => {
        this.best = { prompt, generation, evaluation, learned };
        this.tellBest();
      },
      onGeneration: async (generation, state) => {
        this.add(this.record(generation));
        await keep({ of: 'search', state: state(), history: this.history });
      },
    };
    const result = await tuneFor(objective, task, space, this.opened, settings, hooks, this.from?.state);
    this.result = this.finished(result);
    await say('finished');
    emit({ type: 'finished', result: this.result });
  }

  /** The best prompt so far; undefined before the untuned one was measured. */
  get tuned(): Tuned | undefined {
    return this.best && this.prepared.tunedOf(this.best);
  }

  get saved(): Result | undefined {
    const { result, best, bestSoFar } = this;
    if (result) return result;
    return best && bestSoFar && { ...bestSoFar, ...this.compared(best.evaluation, this.validatesOn) };
  }

  get bestSoFar(): PromptResult | undefined {
    const { baseline, best, history } = this;
    if (!baseline || !best) return undefined;
    return {
      method: this.prepared.method,
      baseline,
      final: this.measurement(best.evaluation),
      wrong: [],
      alone: [],
      measuredOn: this.validatesOn,
      file: this.file(best),
      bestGeneration: best.generation,
      ended: 'stopped',
      hasRunDry: false,
      history,
    };
  }

  /** So that it outlives this worker. */
  private tellBest(): void {
    const result = this.bestSoFar;
    if (result) this.options.emit({ type: 'best', result });
  }

  private readonly opened: Opened = async (prompts, examples, why) => {
    const { passes, emit } = this.options;
    const { rowOf, text } = this.prepared;
    const texts = examples.map(text);
    if (why === 'generation') {
      const { rows, report } = await passes.answers(texts, prompts);
      const { total, peer, dealer } = report.seconds;
      this.report = report;
      Object.assign(this.spent, { peer, dealer, compute: total - peer - dealer });
      return rows.map(rowOf);
    }
    const opened: Float64Array[] = [];
    for (const size of batches(texts.length)) {
      const [at, to] = [opened.length, opened.length + size];
      emit({ type: 'progress', label: 'Evaluating on examples kept aside', done: at, total: texts.length });
      const answers = await passes.answers(texts.slice(at, to), prompts);
      opened.push(...answers.rows);
      this.spent.evaluation += answers.report.seconds.total;
    }
    this.answers = new Map(examples.map((example, i) => [example, opened[i]!]));
    return opened.map(rowOf);
  };

  private record({ generation, loss, bestLoss, validation }: GenerationResult): GenerationRecord {
    const { report, spent } = this;
    if (!report) throw new Error('a generation without a pass');
    const seconds = (performance.now() - this.began) / 1000;
    const { peer, dealer, compute, evaluation } = spent;
    const { rounds, toModelOwner, toDataOwner, dealt, byOperation } = report;
    return {
      generation,
      loss,
      bestLoss,
      accuracy: validation?.accuracy,
      heldOutLoss: validation?.loss,
      seconds,
      secondsBy: {
        tuning: Math.max(0, seconds - peer - dealer - compute - evaluation),
        compute,
        'waiting for peer': peer,
        'waiting for dealer': dealer,
        evaluation,
      },
      rounds,
      bytes: { toModelOwner, toDataOwner, dealt },
      byOperation,
    };
  }

  private add(record: GenerationRecord): void {
    const { history } = this;
    history.push(record);
    // From the generations themselves: neither set-up nor pauses come again.
    const sum = history.reduce((total, past) => total + past.seconds, 0);
    const secondsLeft = (sum / history.length) * (this.prepared.settings.generations - history.length);
    this.options.emit({ type: 'generation', record, secondsLeft });
  }

  private finished(result: TuningResult<L>): PromptResult {
    const { baseline, final, prompt, learned, bestGeneration, stopped, hasRunDry } = result;
    const { method, model, data, task } = this.prepared;
    const measuredOn = task.evaluation.length > 0 ? 'evaluation' : this.validatesOn;
    return {
      method,
      baseline: this.measurement(baseline),
      ...this.compared(final, measuredOn),
      bestGeneration,
      measuredOn,
      ended: stopped ? 'stopped' : 'finished',
      hasRunDry,
      file: this.file({ prompt, learned, generation: bestGeneration, evaluation: final }),
      // Of the prompt that is kept: the last look is at it.
      answers: exportAnswers(savedFor(model), data, this.answers),
      history: this.history,
    };
  }

  private compared(final: Evaluation, measuredOn: 'evaluation' | 'validation' | 'training') {
    const { model, task, remedies } = this.prepared;
    const measured = measuredOn === 'training' ? undefined : task[measuredOn];
    return compared(model, this.prepared, { final, predicted: measured, training: task.training, measured, remedies });
  }

  private file({ generation, evaluation: { accuracy, loss }, ...found }: Best<L>): Result['file'] {
    const notes = { generation: String(generation), accuracy: accuracy.toFixed(4), loss: loss.toFixed(4) };
    return this.prepared.fileOf(found, notes);
  }

  private get validatesOn(): 'validation' | 'training' {
    return this.prepared.task.validation.length > 0 ? 'validation' : 'training';
  }

  private measurement(evaluation: Evaluation): Measurement {
    return measurementOf(evaluation, this.prepared.labels);
  }
}
