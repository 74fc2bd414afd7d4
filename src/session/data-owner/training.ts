/** One training run: from the untuned prompt to the best one found, as events. */
import type { PassReport } from '../../mpc/report';
import type { Evaluation } from '../../tuning/objective';
import { type GenerationResult, type Logits, type TuningResult, tune } from '../../tuning/run';
import type { GenerationRecord, Measurement, Result, SessionEvent } from '../messages';
import { batches, type Passes } from './passes';
import { type Found, promptFile } from './prompt-file';
import type { Tuned } from './state';
import { Steering } from './steering';
import type { Prepared } from './task';

export interface TrainingOptions {
  /** The model's, for the saved prompt. */
  modelName: string;
  passes: Passes;
  emit: (event: SessionEvent) => void;
  /** Tells the model owner what is going on here. */
  say: (activity: 'training' | 'paused' | 'finished') => Promise<void>;
  /** Settles when the session is over, so that nobody waits for a pause's end. */
  ended: Promise<unknown>;
}

/** Seconds of the running generation by what they went into. */
const nothingSpent = () => ({ compute: 0, peer: 0, dealer: 0, evaluation: 0 });

export class Training {
  readonly steering: Steering;
  private readonly history: GenerationRecord[] = [];
  private baseline: Measurement | undefined;
  private best: Found | undefined;
  private result: Result | undefined;
  private report: PassReport | undefined;
  private spent = nothingSpent();
  private began = 0;

  constructor(
    private readonly prepared: Prepared,
    private readonly options: TrainingOptions,
  ) {
    this.steering = new Steering(options);
  }

  /** Rejects with RefusedError, or when the session ends underneath; what was found until then is in `saved` and `tuned`. */
  async run(): Promise<void> {
    const { passes, say, emit } = this.options;
    const { task, space, settings } = this.prepared;
    await passes.begin(this.prepared);
    await say('training');
    const result = await tune(task, space, this.logits, settings, {
      proceed: async () => {
        const going = await this.steering.proceed();
        this.began = performance.now();
        this.spent = nothingSpent();
        return going;
      },
      onBaseline: (evaluation) => {
        this.baseline = this.measurement(evaluation);
        emit({ type: 'baseline', evaluation: this.baseline });
      },
      onBest: (prompt, generation, evaluation) => {
        this.best = { prompt, generation, evaluation };
      },
      onGeneration: (generation) => this.record(generation),
    });
    this.result = this.finished(result);
    await say('finished');
    emit({ type: 'finished', result: this.result });
  }

  /** The best prompt so far; undefined before the untuned one was measured. */
  get tuned(): Tuned | undefined {
    return this.best && { prompt: this.best.prompt, prepared: this.prepared };
  }

  /** What can be saved, should the session end now. */
  get saved(): Result | undefined {
    const { result, baseline, best, history } = this;
    if (result) return result;
    if (!baseline || !best) return undefined;
    return {
      baseline,
      final: this.measurement(best.evaluation),
      measuredOn: this.validatesOn,
      prompt: promptFile(this.options.modelName, this.prepared, best),
      bestGeneration: best.generation,
      ended: 'stopped',
      history,
    };
  }

  private readonly logits: Logits = async (prompts, examples, why) => {
    const { passes, emit } = this.options;
    const texts = examples.map((i) => this.prepared.text(i));
    if (why === 'generation') {
      const { rows, report } = await passes.logits(texts, prompts);
      const { total, peer, dealer } = report.seconds;
      this.report = report;
      Object.assign(this.spent, { peer, dealer, compute: total - peer - dealer });
      return rows;
    }
    const rows: Float64Array[] = [];
    for (const size of batches(texts.length)) {
      const [at, to] = [rows.length, rows.length + size];
      emit({ type: 'progress', label: 'Evaluating on examples kept aside', done: at, total: texts.length });
      const answers = await passes.logits(texts.slice(at, to), prompts.slice(at, to));
      rows.push(...answers.rows);
      this.spent.evaluation += answers.report.seconds.total;
    }
    return rows;
  };

  private record({ generation, loss, bestLoss, validation }: GenerationResult): void {
    const { report, history, spent } = this;
    if (!report) throw new Error('a generation without a pass');
    const seconds = (performance.now() - this.began) / 1000;
    const { peer, dealer, compute, evaluation } = spent;
    const { rounds, toModelOwner, toDataOwner, dealt, byOperation } = report;
    const record: GenerationRecord = {
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
    history.push(record);
    // From the generations themselves: neither set-up nor pauses come again.
    const sum = history.reduce((total, past) => total + past.seconds, 0);
    const secondsLeft = (sum / generation) * (this.prepared.settings.generations - generation);
    this.options.emit({ type: 'generation', record, secondsLeft });
  }

  private finished({ baseline, final, prompt, bestGeneration, stopped }: TuningResult): Result {
    return {
      baseline: this.measurement(baseline),
      final: this.measurement(final),
      bestGeneration,
      measuredOn: this.prepared.task.evaluation.length > 0 ? 'evaluation' : this.validatesOn,
      ended: stopped ? 'stopped' : 'finished',
      prompt: promptFile(this.options.modelName, this.prepared, {
        prompt,
        generation: bestGeneration,
        evaluation: final,
      }),
      history: this.history,
    };
  }

  private get validatesOn(): 'validation' | 'training' {
    return this.prepared.task.validation.length > 0 ? 'validation' : 'training';
  }

  private measurement({ accuracy, loss, predictions, confusion }: Evaluation): Measurement {
    return { accuracy, loss, examples: predictions.length, confusion, labels: this.prepared.labels };
  }
}
