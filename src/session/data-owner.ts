/**
 * The data owner's session: checks data and settings against the offered model, tunes, and labels new texts.
 *
 * Texts, labels, label words, prompts, logits and losses stay in this object. What leaves is a run's shape (padded length, answer
 * position, number of label words), the number of sequences of a pass, and shares.
 */
import type { Backend } from '../compute/backend';
import { answerPosition, createEncoder, type EncodedText, longestSequence } from '../data/encode';
import type { ModelConfig } from '../models/config';
import { Embedding } from '../models/embedding';
import { encoderInput } from '../models/pass-input';
import { readSafetensors } from '../models/safetensors';
import { loadTokenizer, type TextTokenizer } from '../models/tokenizer';
import { ProtocolError } from '../net/channel';
import { costOf, networkSeconds } from '../program/cost';
import type { Party, PassReport } from '../protocol/party';
import { type Evaluation as Measured, predict } from '../tuning/objective';
import { DEEP_STD, exportPrompt, PromptSpace, promptFromWords, spread } from '../tuning/prompt';
import { type Logits, purpose, splitTask, type Task, tune } from '../tuning/run';
import { resolveVerbalizer, VerbalizerError } from '../tuning/verbalizer';
import type { Connection } from './connection';
import { greet, receiveControl, sendControl } from './control';
import type {
  Classification,
  Command,
  Evaluation,
  Event,
  GenerationRecord,
  LabelledText,
  Result,
  TuningSettings,
} from './messages';
import { cardOf } from './model-files';
import { beginRun, RunPlans } from './run';
import { Totals } from './totals';

/** Sequences of an evaluation pass; larger sets go in several. */
const EVALUATION_BATCH = 128;
/** What the estimate of network time assumes. */
const ASSUMED = { bandwidth: 100e6, latency: 0.01, text: '100 Mbit/s and 10 ms one way' };
const PREVIEWS = 5;

interface Prepared {
  settings: TuningSettings;
  labels: string[];
  words: { label: string; word: string; token: number }[];
  encoded: EncodedText[];
  task: Task;
  plans: RunPlans;
  space: PromptSpace;
  encode: (text: string) => EncodedText;
}

/** A setting or the data is not usable; `field` names the setting. */
class InvalidError extends Error {
  constructor(
    message: string,
    readonly field?: string,
    readonly suggestions?: string[],
  ) {
    super(message);
  }
}

export class DataOwner {
  private model!: { config: ModelConfig; tokenizer: TextTokenizer; embedding: Embedding };
  private prepared: Prepared | undefined;
  private running: { party: Party; prepared: Prepared } | undefined;
  private tuned: { prompt: Float32Array; prepared: Prepared } | undefined;
  private readonly totals = new Totals();
  private busy = false;
  private pausing: { resume: () => void; until: Promise<void> } | undefined;
  private stopping = false;
  /** What there is to save should the session end now. */
  private partial: Partial<Result> & { history: GenerationRecord[] } = { history: [] };

  constructor(
    private readonly connection: Connection,
    private readonly backend: Backend,
    private readonly emit: (event: Event) => void,
  ) {}

  /** The handshake: until the model's public part is here and checked. */
  async connect(): Promise<void> {
    const { peer, dealer } = this.connection;
    await Promise.all([greet(peer, 'data-owner', 'model-owner'), greet(dealer, 'data-owner', 'dealer')]);
    const { config, tokenizer, publicBytes } = await receiveControl(peer, 'the model owner', 'manifest');
    const message = await peer.receive();
    if (message.kind !== 'tensor' || message.body.length !== publicBytes) {
      throw new ProtocolError(
        `the model owner sent ${message.body.length} bytes of ${message.kind} where ${publicBytes} of public tensors were due`,
      );
    }
    const embedding = new Embedding(config, readSafetensors(message.body));
    this.model = { config, tokenizer: loadTokenizer(tokenizer, config), embedding };
    this.emit({ type: 'ready', model: cardOf(config) });
  }

  /** What can be saved of an unfinished run, if anything. */
  get kept(): Result | undefined {
    const { baseline, final, prompt, keptGeneration, history } = this.partial;
    if (!baseline || !final || !prompt) return undefined;
    const { measuredOn } = this.partial;
    return {
      baseline,
      final,
      measuredOn: measuredOn!,
      prompt,
      keptGeneration: keptGeneration ?? 0,
      ended: 'stopped',
      history,
    };
  }

  prepare(command: Command & { type: 'prepare' }): void {
    if (this.busy) {
      this.emit({
        type: 'invalid',
        message: 'The model is at work; wait or stop it before changing data or settings.',
      });
      return;
    }
    try {
      this.prepared = this.check(command);
    } catch (error) {
      this.prepared = undefined;
      const problem = error instanceof VerbalizerError ? error.problems[0] : undefined;
      const { message, field, suggestions } = error as InvalidError;
      this.emit(
        problem
          ? {
              type: 'invalid',
              message: problem.message,
              field: `words.${problem.label}`,
              suggestions: problem.suggestions,
            }
          : { type: 'invalid', message, field, suggestions },
      );
    }
  }

  private check({ examples, evaluation = [], settings }: Command & { type: 'prepare' }): Prepared {
    const { config, tokenizer, embedding } = this.model;
    const { tokens, promptTokens, population, batch, heldOut, shots, seed, dimension } = settings;
    const labels = [...new Set(examples.map(({ label }) => label))].sort();
    if (labels.length < 2) throw new InvalidError('The data needs at least two labels to tell apart.');
    const stranger = evaluation.find(({ label }) => !labels.includes(label));
    if (stranger)
      throw new InvalidError(
        `Row ${stranger.row} of the evaluation file has the label “${stranger.label}”, which the training data lacks.`,
      );
    const words = resolveVerbalizer(labels, settings.words, tokenizer);
    for (const [field, value, least, most] of [
      ['promptTokens', promptTokens, 1, 100],
      ['tokens', tokens, promptTokens + 5, longestSequence(config)],
      ['dimension', dimension, 1, 10_000],
      ['population', population, 2, 1000],
      ['batch', batch, 1, 4096],
      ['generations', settings.generations, 1, 100_000],
      ['heldOut', heldOut, 0, 1_000_000],
      ['evaluateEvery', settings.evaluateEvery, 1, 100_000],
    ] as const) {
      if (!Number.isInteger(value) || value < least || value > most) {
        throw new InvalidError(`${field} must be a whole number from ${least} to ${most}, not ${value}.`, field);
      }
    }
    if (!(settings.sigma > 0)) throw new InvalidError('sigma must be a positive number.', 'sigma');
    if (population * batch > 4096) {
      throw new InvalidError(
        `population × batch is ${population * batch} sequences a pass; 4096 is the most.`,
        'batch',
      );
    }
    const encode = createEncoder({ tokenizer, config, tokens, promptTokens });
    const all: LabelledText[] = [...examples, ...evaluation];
    const encoded = all.map(({ text }) => encode(text));
    const targets = all.map(({ label }) => labels.indexOf(label));
    const task = splitTask(targets, labels.length, {
      heldOut,
      shots,
      seed,
      evaluationFrom: evaluation.length ? examples.length : undefined,
    });
    const ids = tokenizer.encode(` ${settings.promptText}`);
    const space = new PromptSpace({
      tokens: promptTokens,
      hidden: config.hidden_size,
      dimension,
      base: promptFromWords(ids, promptTokens, embedding.table, config.hidden_size),
      std: spread(embedding.table),
      random: purpose(seed, 'projection'),
      deep: settings.deepPrompts ? { layers: config.num_hidden_layers - 1, std: DEEP_STD } : undefined,
    });
    const plans = new RunPlans(config, {
      tokens,
      answer: answerPosition(promptTokens),
      words: labels.length,
      deep: settings.deepPrompts,
    });
    const prepared: Prepared = { settings, labels, words, encoded, task, plans, space, encode };

    const truncated = encoded.flatMap(({ truncated }, i) => (truncated ? [all[i]!.row] : []));
    const warnings: string[] = [];
    if (truncated.length > 0) {
      const rows = truncated.slice(0, 5).join(', ') + (truncated.length > 5 ? ', …' : '');
      warnings.push(
        `${truncated.length} of ${all.length} texts are longer than ${tokens} tokens leave room for; their ends are cut off (rows ${rows}).`,
      );
    }
    if (task.validation.length === 0)
      warnings.push('There is too little data to hold any of it out: the prompt is chosen by its training loss.');
    if (batch > task.training.length)
      warnings.push(`A batch of ${batch} repeats some of the ${task.training.length} training examples.`);
    this.emit({
      type: 'prepared',
      estimate: this.estimate(prepared),
      training: task.training.length,
      heldOut: task.validation.length,
      evaluation: task.evaluation.length,
      warnings,
      previews: all.slice(0, PREVIEWS).map(({ row, text }, i) => ({
        row,
        pieces: tokenizer.pieces(text),
        truncated: encoded[i]!.truncated,
      })),
    });
    return prepared;
  }

  private estimate({ settings, task, plans }: Prepared) {
    const { population, batch, generations, evaluateEvery } = settings;
    const sequences = population * batch;
    const between = task.validation.length || task.training.length;
    const looks = [
      ...new Array(1 + Math.ceil(generations / evaluateEvery)).fill(between),
      // What is reported: before and after, or, without examples of its own, only after.
      ...(task.evaluation.length ? new Array(2).fill(task.evaluation.length) : [between]),
    ].flatMap((examples: number) => chunks(examples));
    const generation = costOf(plans.of(sequences));
    const total = {
      rounds: 1,
      toModelOwner: generation.setup.toModelOwner,
      toDataOwner: generation.setup.toDataOwner,
      dealt: 0,
    };
    let seconds = networkSeconds({ ...total, operations: 0 }, ASSUMED);
    let all = 0;
    const passes = new Map<number, number>([[sequences, generations]]);
    for (const size of looks) passes.set(size, (passes.get(size) ?? 0) + 1);
    for (const [size, count] of passes) {
      const cost = costOf(plans.of(size));
      for (const key of ['rounds', 'toModelOwner', 'toDataOwner', 'dealt'] as const) total[key] += count * cost[key];
      seconds += count * networkSeconds(cost, ASSUMED);
      all += count * size;
    }
    const { rounds, toModelOwner, toDataOwner, dealt, operations } = generation;
    return {
      generation: { rounds, toModelOwner, toDataOwner, dealt, operations, sequences },
      total: { ...total, sequences: all },
      networkSeconds: seconds,
      assumption: ASSUMED.text,
    };
  }

  /** Trains with what was prepared last; emits everything. Rejects when the session ends underneath. */
  async train(): Promise<void> {
    const { prepared, emit } = this;
    if (this.busy) return;
    if (!prepared) return emit({ type: 'invalid', message: 'There is nothing prepared to train on yet.' });
    this.busy = true;
    this.stopping = false;
    // A pause that was asked for during the last run's end is not this one's.
    this.pausing = undefined;
    this.partial = { history: [] };
    try {
      await this.trainPrepared(prepared);
    } finally {
      this.busy = false;
    }
  }

  private async trainPrepared(prepared: Prepared): Promise<void> {
    const { emit, partial } = this;
    const { settings, task, space, labels } = prepared;
    await this.begin(prepared);
    await this.say('training');

    let training: PassReport | undefined;
    /** Of the running generation. */
    const spent = { compute: 0, peer: 0, dealer: 0, evaluation: 0 };
    let began = performance.now();
    const logits: Logits = async (prompts, examples) => {
      const rows: Float64Array[] = [];
      // Evaluations have one prompt for all; their size may happen to be a generation's.
      const isGeneration = prompts[0] !== prompts.at(-1);
      for (let at = 0; at < examples.length; ) {
        const count = isGeneration ? examples.length : Math.min(EVALUATION_BATCH, examples.length - at);
        if (!isGeneration) {
          emit({ type: 'progress', label: 'Evaluating on examples kept aside', done: at, total: examples.length });
        }
        const batch = examples.slice(at, at + count).map((i) => prepared.encoded[i]!);
        const { output, report } = await this.pass(prepared, batch, prompts.slice(at, at + count));
        rows.push(...output);
        const { total, peer, dealer } = report.seconds;
        if (isGeneration) {
          training = report;
          Object.assign(spent, { peer, dealer, compute: total - peer - dealer });
        } else {
          spent.evaluation += total;
        }
        at += count;
      }
      return rows;
    };

    const measured = (evaluation: Measured): Evaluation => ({
      accuracy: evaluation.accuracy,
      loss: evaluation.loss,
      examples: evaluation.predictions.length,
      confusion: evaluation.confusion,
      labels,
    });
    const result = await tune(task, space, logits, settings, {
      proceed: async () => {
        const going = await this.proceed();
        began = performance.now();
        Object.assign(spent, { compute: 0, peer: 0, dealer: 0, evaluation: 0 });
        return going;
      },
      onBaseline: (evaluation) => {
        partial.baseline = measured(evaluation);
        partial.measuredOn = task.validation.length > 0 ? 'validation' : 'training';
        emit({ type: 'baseline', evaluation: partial.baseline });
      },
      onKept: (prompt, generation, evaluation) => {
        partial.prompt = this.exported(prepared, prompt, generation, evaluation);
        partial.final = measured(evaluation);
        partial.keptGeneration = generation;
        this.tuned = { prompt, prepared };
      },
      onGeneration: ({ generation, loss, bestLoss, validation }) => {
        const now = performance.now();
        const seconds = (now - began) / 1000;
        const { peer, dealer, compute, evaluation } = spent;
        const { rounds, toModelOwner, toDataOwner, dealt, byOperation } = training!;
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
        partial.history.push(record);
        // From the generations themselves: neither set-up nor pauses come again.
        const sum = partial.history.reduce((total, past) => total + past.seconds, 0);
        const secondsLeft = (sum / generation) * (settings.generations - generation);
        emit({ type: 'generation', record, secondsLeft });
      },
    });
    const final: Result = {
      baseline: measured(result.baseline),
      final: measured(result.final),
      keptGeneration: result.keptGeneration,
      measuredOn: task.evaluation.length > 0 ? 'evaluation' : partial.measuredOn!,
      ended: result.stopped ? 'stopped' : 'finished',
      prompt: this.exported(prepared, result.prompt, result.keptGeneration, result.final),
      history: partial.history,
    };
    Object.assign(partial, final);
    await this.say('finished');
    emit({ type: 'finished', result: final });
  }

  private exported(
    { settings, space }: Prepared,
    prompt: Float32Array,
    generation: number,
    { loss, accuracy }: Measured,
  ): Uint8Array {
    return exportPrompt({
      prompt,
      tokens: prompt.length / space.hidden,
      hidden: space.hidden,
      model: this.model.config.name,
      words: settings.words,
      notes: {
        generation: String(generation),
        accuracy: accuracy.toFixed(4),
        loss: loss.toFixed(4),
        padded_tokens: String(settings.tokens),
        prompt_text: settings.promptText,
      },
    });
  }

  /** Proposes the run's shape and takes fresh seeds and the masked matrices. */
  private async begin(prepared: Prepared): Promise<void> {
    const { connection, emit } = this;
    emit({ type: 'progress', label: 'Exchanging masked matrices', done: 0, total: 0 });
    this.running?.party.release();
    const { plans, words } = prepared;
    const { digest } = plans;
    await sendControl(connection.peer, 'plan', { shape: plans.shape, digest });
    const planned = await receiveControl(connection.peer, 'the model owner', 'planned');
    if (planned.digest !== digest) throw new ProtocolError('the two sides plan differently: reload both pages');
    const readout = { values: this.model.embedding.columns(words.map(({ token }) => token)) };
    const party = await beginRun('data-owner', connection, this.backend, plans, new Map([['readout', readout]]));
    this.running = { party, prepared };
    this.totals.addSetup(plans.setup);
    emit(this.totals.event);
  }

  /** One pass of the network for these texts, each under its prompt: the label words' logits, one row a text. */
  private async pass(prepared: Prepared, texts: EncodedText[], prompts: Float32Array[]) {
    const { peer, dealer } = this.connection;
    const { embedding, config } = this.model;
    const { party } = this.running!;
    const sequences = texts.length;
    const pass = party.nextPass;
    await sendControl(peer, 'pass', { pass, sequences });
    const answer = await receiveControl(peer, 'the model owner', 'accepted', 'refused');
    if (answer.type === 'refused') throw new RefusedError(answer.reason);
    if (answer.pass !== pass) {
      throw new ProtocolError(`the model owner accepted pass ${answer.pass} where pass ${pass} was due`);
    }
    await sendControl(dealer, 'pass', { pass, sequences });

    const input = encoderInput(config, embedding, texts, prompts);
    const { output, report } = await party.run(prepared.plans.of(sequences), input);
    this.totals.addPass(report, sequences);
    this.emit(this.totals.event);
    const { words } = prepared;
    const rows = texts.map((_, i) =>
      words.map(({ token }, j) => output![i * words.length + j]! + embedding.bias[token]!),
    );
    return { output: rows.map((row) => Float64Array.from(row)), report };
  }

  private say(state: 'training' | 'paused' | 'finished'): Promise<void> {
    return sendControl(this.connection.peer, 'activity', { state });
  }

  private async proceed(): Promise<boolean> {
    if (this.pausing && !this.stopping) {
      this.emit({ type: 'paused' });
      await this.say('paused');
      await Promise.race([this.pausing.until, this.connection.ended]);
      if (!this.stopping) {
        await this.say('training');
        this.emit({ type: 'resumed' });
      }
    }
    return !this.stopping;
  }

  pause(): void {
    if (!this.busy || this.pausing) return;
    let resume = () => {};
    const until = new Promise<void>((resolve) => {
      resume = resolve;
    });
    this.pausing = { resume, until };
  }

  resume(): void {
    this.pausing?.resume();
    this.pausing = undefined;
  }

  stop(): void {
    this.stopping = true;
    this.resume();
  }

  /** Labels texts with the prompt tuned last. */
  async classify(texts: string[]): Promise<void> {
    const { tuned, emit } = this;
    if (this.busy)
      return emit({ type: 'invalid', message: 'Training is under way; texts can be labelled when it is done.' });
    if (!tuned) return emit({ type: 'invalid', message: 'Train a prompt first; texts are labelled with it.' });
    const { prepared, prompt } = tuned;
    const empty = texts.findIndex((text) => text.trim() === '');
    if (texts.length === 0 || empty >= 0) return emit({ type: 'invalid', message: `Text ${empty + 1} is empty.` });
    this.busy = true;
    try {
      if (this.running?.prepared !== prepared) await this.begin(prepared);
      const classifications: Classification[] = [];
      for (let at = 0; at < texts.length; at += EVALUATION_BATCH) {
        emit({ type: 'progress', label: 'Labelling texts', done: at, total: texts.length });
        const part = texts.slice(at, at + EVALUATION_BATCH);
        const { output } = await this.pass(prepared, part.map(prepared.encode), new Array(part.length).fill(prompt));
        for (const [i, text] of part.entries()) {
          const row = output[i]!;
          const top = Math.max(...row);
          const weights = Array.from(row, (logit) => Math.exp(logit - top));
          const sum = weights.reduce((a, b) => a + b, 0);
          classifications.push({
            text,
            label: prepared.labels[predict(row)]!,
            probabilities: Object.fromEntries(prepared.labels.map((label, j) => [label, weights[j]! / sum])),
          });
        }
      }
      emit({ type: 'classified', classifications });
    } finally {
      this.busy = false;
    }
  }
}

/** The model owner declines a pass. */
export class RefusedError extends Error {}

function chunks(examples: number): number[] {
  const sizes: number[] = [];
  for (let at = 0; at < examples; at += EVALUATION_BATCH) sizes.push(Math.min(EVALUATION_BATCH, examples - at));
  return sizes;
}
