/** A run that learns a head: every example's vector once, in batches; then logistic regression on what there is. */

import type { EncodedText } from '../../../models/encode';
import { type ChosenHead, chooseHead } from '../../../tuning/choose-head';
import { headLogits } from '../../../tuning/head';
import { type Evaluation, evaluate } from '../../../tuning/objective';
import { purpose } from '../../../tuning/run';
import type { PreparedTexts } from '../../../tuning/task';
import type { LabelWord } from '../../../tuning/verbalizer';
import type { HeadResult, ReadingName, Result } from '../../messages';
import { exportAnswers } from '../answers-file';
import { compared, measurementOf } from '../comparison';
import { type OfferedModel, savedFor } from '../handshake';
import { batchOf } from '../passes';
import { Steering } from '../steering';
import { calibratedBy, type FeatureSpace } from './features';
import type { Prepared, Training, TrainingOptions, Tuned } from './method';
import { type Progress, progressOf } from './progress';
import { headFile, tunedHead } from './tuned-head';

export interface HeadPlan extends PreparedTexts, Pick<Prepared, 'settings' | 'data'> {
  model: OfferedModel;
  name: ReadingName;
  space: FeatureSpace;
  /** Stands before every text of a language model, [slots · hidden]. */
  prompt?: Float32Array;
  labelWords?: readonly LabelWord[];
  /** What is computed, by padded length; the longest, of `space` and `encode`, last. */
  lengths: readonly PaddedExamples[];
}

/** Examples of one padded length, and what is opened of them. */
export interface PaddedExamples {
  tokens: number;
  encode: (text: string) => EncodedText;
  space: FeatureSpace;
  examples: readonly number[];
}

/** Stands for the empty text among the examples, by which label words are calibrated. */
export const EMPTY = -1;

/** What was learned of the examples so far. */
interface Learned extends ChosenHead {
  /** Texts that were computed. */
  texts: number;
  training: number[];
  /** Examples measured on; undefined: those trained on, by cross-validation. */
  measured: number[] | undefined;
  final: Evaluation;
  /** Those that `final` is of, in the order of its predictions. */
  predicted: number[];
}

export class HeadTraining implements Training {
  readonly steering: Steering;
  /** What was opened of an example. */
  private readonly answers = new Map<number, Float64Array>();
  private known: Learned | undefined;
  private result: Result | undefined;

  constructor(
    private readonly prepared: HeadPlan,
    private readonly options: TrainingOptions,
    from?: Progress,
  ) {
    this.steering = new Steering(options);
    for (const [example, values] of progressOf('head', from)?.answers ?? [])
      this.answers.set(example, Float64Array.from(values));
  }

  async run(): Promise<void> {
    const { say, emit } = this.options;
    const stopped = !(await this.compute());
    emit({ type: 'progress', label: 'Learning from what was opened', done: 0, total: 0 });
    this.result = this.resultOf(this.learned(), stopped);
    await say('finished');
    emit({ type: 'finished', result: this.result });
  }

  /** Every text that was not computed yet, once, the shortest first; false where it was stopped. */
  private async compute(): Promise<boolean> {
    const { passes, say, keep, emit } = this.options;
    const { data, lengths, prompt } = this.prepared;
    const order = this.order();
    const total = order.length;
    const before = this.answers.size;
    let seconds = 0;
    let told = false;
    for (const { encode, space, examples: ofLength } of lengths) {
      const { reading } = space;
      const own = new Set(ofLength);
      const left = order.filter((example) => own.has(example) && !this.answers.has(example));
      if (left.length === 0) continue;
      await passes.begin(reading);
      if (!told) await say('training');
      told = true;
      while (left.length > 0) {
        const done = this.answers.size;
        const secondsLeft = done > before ? (seconds / (done - before)) * (total - done) : undefined;
        emit({ type: 'progress', label: 'Computing the texts', done, total, secondsLeft });
        // A head needs an example of each label, and a measurement one more; after that it may end at any time.
        if (!(await this.steering.proceed()) && this.isEnough()) return false;
        const began = performance.now();
        // A pass at a time: what was opened is kept, should the next one be refused.
        const examples = left.splice(0, Math.min(batchOf(reading.plans), passes.most));
        const texts = examples.map((example) => encode(example === EMPTY ? '' : data.texts[example]!));
        const { rows } = await passes.answers(texts, prompt && [prompt]);
        for (const [i, example] of examples.entries()) this.answers.set(example, rows[i]!);
        await keep(this.progress());
        seconds += (performance.now() - began) / 1000;
      }
    }
    return true;
  }

  private progress(): Progress {
    return { of: 'head', answers: Array.from(this.answers, ([example, values]) => [example, [...values]]) };
  }

  get tuned(): Tuned | undefined {
    return this.isEnough() ? tunedHead(this.prepared, this.learned().head) : undefined;
  }

  get saved(): Result | undefined {
    return this.result ?? (this.isEnough() ? this.resultOf(this.learned(), true) : undefined);
  }

  /** Nothing before the end: fitting takes a while as well. */
  get bestSoFar(): Result | undefined {
    return this.result;
  }

  /**
   * The empty text, training examples of all labels in turn, then those to measure by in any order: so a run that is stopped has some of
   * all.
   */
  private order(): number[] {
    const { task, labels, settings, space } = this.prepared;
    const random = purpose(settings.seed, 'order');
    const classes = labels.map((_, c) => random.shuffle(task.training.filter((i) => task.targets[i] === c)));
    const longest = Math.max(...classes.map((members) => members.length));
    const turns = Array.from({ length: longest }, (_, k) => classes.flatMap((members) => members.slice(k, k + 1)));
    return [...(space.words ? [EMPTY] : []), ...turns.flat(), ...random.shuffle(task.evaluation)];
  }

  /** Whether a head can be fitted to what there is, and measured. */
  private isEnough(): boolean {
    const { task, labels } = this.prepared;
    const { training, evaluation } = this.computed();
    const seen = new Set(training.map((i) => task.targets[i]));
    return seen.size === labels.length && (evaluation.length > 0 || training.length > labels.length);
  }

  private computed() {
    const { training, evaluation } = this.prepared.task;
    const there = (i: number) => this.answers.has(i);
    return { training: training.filter(there), evaluation: evaluation.filter(there) };
  }

  private learned(): Learned {
    if (this.known?.texts === this.answers.size) return this.known;
    const { task, settings, space } = this.prepared;
    const { targets, classes } = task;
    const { training, evaluation } = this.computed();
    const features = (examples: readonly number[]) => examples.map((i) => space.of(this.answers.get(i)!));
    const targetsOf = (examples: readonly number[]) => examples.map((i) => targets[i]!);
    const chosen = chooseHead(
      { features: features(training), targets: targetsOf(training), classes, width: space.width },
      purpose(settings.seed, 'folds'),
      this.answers.has(EMPTY) && space.words ? calibratedBy(space.words, features([EMPTY])) : undefined,
    );
    const measured = evaluation.length > 0 ? evaluation : undefined;
    const final = measured
      ? evaluate(
          features(measured).map((row) => headLogits(chosen.head, row)),
          targetsOf(measured),
          classes,
        )
      : chosen.crossValidated;
    const predicted = measured ?? chosen.crossValidated?.tested.map((i) => training[i]!);
    if (!final || !predicted) throw new Error('a head that cannot be measured');
    this.known = { ...chosen, texts: this.answers.size, training, measured, final, predicted };
    return this.known;
  }

  private resultOf(learned: Learned, stopped: boolean): HeadResult {
    const { head, fit, c, crossValidated, training, measured, final, predicted } = learned;
    const { model, labels, settings, data, name, prompt, labelWords } = this.prepared;
    const { accuracy, loss } = final;
    const notes = { accuracy: accuracy.toFixed(4), loss: loss.toFixed(4), fit, c: String(c) };
    const answers = new Map(this.answers);
    answers.delete(EMPTY);
    return {
      method: 'head',
      ...compared(model, this.prepared, {
        final,
        predicted,
        training,
        measured,
        remedies: ['another model', 'a longer padded length'],
      }),
      measuredOn: measured ? 'evaluation' : 'cross-validation',
      crossValidated: crossValidated && measurementOf(crossValidated, labels),
      trained: training.length,
      fit,
      c,
      ended: stopped ? 'stopped' : 'finished',
      file: headFile(model, head, {
        ...{ labels, tokens: settings.tokens, reading: name, notes },
        prompt: prompt && { values: prompt, tokens: settings.promptTokens },
        labelWords: name === 'words' ? labelWords : undefined,
      }),
      answers: exportAnswers(savedFor(model), data, answers),
    };
  }
}
