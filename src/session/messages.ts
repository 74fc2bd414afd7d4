/**
 * What a page and its party's worker say to each other.
 *
 * How to think of it. The page owns what a person sees and the sockets (PeerJS lives on the page); the worker owns everything
 * secret and slow: shares, kernels, optimiser. They exchange plain data through `postMessage`: commands go in, events come out.
 * Every event is enough by itself to update the page; nothing is polled.
 */
import type { BackendPreference } from '../compute/create';
import type { ModelCard } from '../models/own-model';
import type { TimedRound } from '../mpc/foretell';
import type { Traffic } from '../mpc/report';
import type { PlannedRound } from '../mpc/timeline';
import type { AloneName } from '../tuning/alone';
import type { FitName } from '../tuning/choose-head';
import type { Scores } from '../tuning/class-scores';
import type { Interval } from '../tuning/interval';
import type { Verdict } from '../tuning/verdict';
import type { MethodName, ReadingName } from './choices';
import type { PeerActivity } from './control';
import type { Examples } from './examples';
import type { Problem } from './problem';
import type { AskedSettings, TuningSettings } from './settings';

export type { ModelCard } from '../models/own-model';
export type { Traffic } from '../mpc/report';
export type { PlannedRound } from '../mpc/timeline';
export type { Choice, MethodName, ReadingName } from './choices';
export type { PeerActivity } from './control';
export type { Examples } from './examples';
export type { Problem } from './problem';
export type { AskedSettings, TuningSettings } from './settings';

export type Role = 'data-owner' | 'model-owner' | 'dealer';

/** Numbers that a model owner lets be opened. */
export interface Limits {
  sequence: number;
  session: number;
}

/** Exact counts of one kind of operation: 'linear', 'gate', 'open', 'readout', … */
export interface OperationCost extends Traffic {
  rounds: number;
}

export interface GenerationRecord {
  /** 1, 2, … */
  generation: number;
  /** Mean loss of the population on this generation's batch. */
  loss: number;
  /** Best candidate's loss on this generation's batch. */
  bestLoss: number;
  /** On held-out examples with the distribution's mean, when evaluated. */
  accuracy?: number;
  heldOutLoss?: number;
  seconds: number;
  /** Seconds by phase: 'tuning', 'compute', 'waiting for peer', 'waiting for dealer', and 'evaluation' as a whole where there was one. */
  secondsBy: Record<string, number>;
  /** Of this generation's training pass, as are the bytes; an evaluation's own are in the totals. */
  rounds: number;
  bytes: Traffic;
  byOperation: Record<string, OperationCost>;
}

export interface Measurement {
  accuracy: number;
  /** 95 % interval of the accuracy, as fractions. */
  interval: Interval;
  loss: number;
  examples: number;
  /** confusion[actual][predicted], in the order of `labels`. */
  confusion: number[][];
  /** Precision, recall and F1 of each label, in their order, and their mean F1. */
  scores: Scores;
  labels: string[];
}

/** So many passes alike; the set-up is one of no sequence. */
export interface PlannedPasses {
  /** `dealt`: what is waited for. */
  rounds: readonly TimedRound[];
  sequences: number;
  /** Of a run that is prepared ahead in part, also a fraction. */
  count: number;
}

export interface WholeRun {
  /** With its evaluations and set-up. */
  total: Traffic & { rounds: number; sequences: number };
  /** Of what is dealt, the bytes that still have to come. */
  awaited: number;
  /** Numbers opened: of a sequence, and in the whole run. */
  numbers: { sequence: number; total: number };
  /** What it is made of, by which its time is foretold. */
  passes: readonly PlannedPasses[];
}

export interface Estimate extends WholeRun {
  /** What a run is made of: a generation of a prompt's search, or a batch of texts for a head. */
  unit: Traffic & { name: 'generation' | 'batch'; rounds: number; operations: number; sequences: number };
}

/** How well the data owner does without the model, with the same examples and measured on the same ones. */
export interface AloneMeasurement extends Measurement {
  name: AloneName;
}

/** An example that was measured on and labelled wrong: the data owner's own text, for its eyes. */
export interface WrongExample {
  /** Which of its two files it stands in, and the row as a spreadsheet counts. */
  file: 'training' | 'evaluation';
  row: number;
  text: string;
  label: string;
  predicted: string;
}

interface ResultOf {
  final: Measurement;
  /** Of those that `final` is of; none where that is by cross-validation or on those trained on. */
  wrong: WrongExample[];
  /**
   * Which examples it is of: some that chose nothing; those that also chose the prompt; those trained on; or those trained on, each under
   * a head that was fitted without it.
   */
  measuredOn: 'evaluation' | 'validation' | 'training' | 'cross-validation';
  alone: AloneMeasurement[];
  /** What the model adds to it; undefined where there is nothing to compare with. */
  verdict?: Verdict;
  /** Why the run ended. */
  ended: 'finished' | 'stopped';
  /** What was tuned, to be used again. */
  file: { name: string; bytes: Uint8Array };
  /** answers.safetensors: what was opened of the examples, once it is complete. */
  answers?: Uint8Array;
}

export interface PromptResult extends ResultOf {
  method: 'prompt' | 'prompt and head';
  /** The untuned prompt, on the same examples as `final`; with a head where one is learned under every prompt. */
  baseline: Measurement;
  /** Generation that the prompt is of (0: the untuned one was never beaten). */
  bestGeneration: number;
  history: GenerationRecord[];
  /** It ended for want of a gain on held-out examples. */
  hasRunDry: boolean;
}

export interface HeadResult extends ResultOf {
  method: 'head';
  /** On the training examples, each under a head that was fitted without it; undefined with one example of each label. */
  crossValidated?: Measurement;
  /** Examples that the head was fitted to. */
  trained: number;
  /** How it was fitted, and the weight of the examples against its penalty, as cross-validation chose them. */
  fit: FitName;
  c: number;
}

export type Result = PromptResult | HeadResult;

export interface Classification {
  text: string;
  label: string;
  /** Of the label words or by the head, by label. */
  probabilities: Record<string, number>;
}

/** A run that broke off and is kept in this browser. */
export interface CheckpointSummary {
  method: MethodName;
  /** As the run took them; it goes on with them. */
  settings: TuningSettings;
  unit: 'generation' | 'text';
  done: number;
  total: number;
  /** Opened for it so far. */
  numbers: number;
}

/** Passes whose correlations are kept. */
export interface StockSummary {
  passes: number;
  /** Of every pass, and their padded length. */
  sequences: number;
  tokens: number;
  /** On this side's disk. */
  bytes: number;
  /** Runs that have the same as `Ahead.kind` can use them. */
  kind: string;
}

/** What could be prepared ahead for a run. */
export interface Ahead {
  kind: string;
  /** Of every pass, and how many the whole run takes. */
  sequences: number;
  passes: number;
  /** Of one, on the model owner's disk; and what the dealer sends of it, where the rest comes from the data owner. */
  bytes: number;
  dealt: number;
  /**
   * What the run takes once all of them are there. What was dealt ahead counts when it is used, and is not waited for; what the data owner said
   * ahead counted then.
   */
  run: WholeRun;
}

/** How a party's worker is opened: with the two links' ports. */
export interface OpenParty {
  type: 'open';
  role: 'data-owner' | 'model-owner';
  /** The invitation's: 16 bytes. What a data owner keeps is sealed under it. */
  key: Uint8Array;
  peer: MessagePort;
  dealer: MessagePort;
  backend: BackendPreference;
}

/** How a dealer tab's worker is. */
export interface OpenDealer {
  type: 'open';
  role: 'dealer';
  dataOwner: MessagePort;
  modelOwner: MessagePort;
  backend: BackendPreference;
}

/** Leaves the session and tells the others. */
type Leave = { leave: object };

/** The files of a calibration that was kept (models/calibration-file.ts). */
export interface KeptCalibration {
  /** calibration.json */
  json: string;
  /** calibration.safetensors; private. */
  tensors?: Blob;
}

/** What a model owner's worker takes, by name. */
export interface ModelOwnerCommands extends Leave {
  /**
   * The model's files and how many numbers may be opened at most, in all and of a sequence; `used`: how many of them were, in sessions before
   * this one. The weights stay where they are until they are read.
   */
  offer: {
    config: string;
    tokenizer: string;
    weights: readonly Blob[];
    calibration?: KeptCalibration;
    budget: number;
    used: number;
    mostOfSequence: number;
  };
  /** Changes the budget while running (numbers opened in the session). */
  budget: { numbers: number };
  stopStock: object;
  unstock: object;
}

/** What a data owner's worker takes, by name. */
export interface DataOwnerCommands extends Leave {
  /** The data from now on. Says nothing by itself; whatever was prepared is void. */
  data: { examples: Examples; evaluation?: Examples };
  /** Checks data and settings against the model, without sharing anything; answered by `prepared` or `invalid`. `dealtTo`: who alone the dealer is to send corrections to, where sending half of them to either would take longer. */
  prepare: { settings: AskedSettings; dealtTo?: 'model-owner' };
  /** Trains with what was prepared last. */
  start: object;
  /** Goes on with the run that is kept, with the settings that it has; first answered by `prepared`. `orStart`: without one, as `start`. `paused`: it waits for `resume`. */
  takeUp: { orStart: boolean; paused: boolean };
  /** Throws away what is kept. Answered by `checkpoint`. */
  forget: object;
  /** Has so many passes of what was prepared last dealt ahead, in place of those that there are; `stopStock` ends that, `unstock` throws them away. Answered by `stock`. */
  stock: { passes: number };
  stopStock: object;
  unstock: object;
  pause: object;
  resume: object;
  /** Ends training after the running pass, with the best that there is by then. */
  stop: object;
  /** Takes a file of an earlier run for what texts are labelled with. Answered by `loaded` or `unloadable`. */
  load: { file: Uint8Array };
  /** Labels new texts with what was tuned or loaded last. */
  classify: { texts: string[] };
}

export type DealerCommands = Leave;

/** A table of commands as messages. */
type Message<Commands> = { [Name in keyof Commands]: { type: Name } & Commands[Name] }[keyof Commands];

/** To a worker that is open. */
export type Command = Message<ModelOwnerCommands> | Message<DataOwnerCommands>;

/** The first message to a worker. */
export type Open = OpenParty | OpenDealer;

export type SessionEvent =
  /** Every second, unless it computes something long in one piece. */
  | { type: 'alive' }
  | { type: 'compute'; backend: string; notice?: string }
  /** Handshake done: versions, manifest and plan agree on all three sides. `limits`: as they are when the model is offered. */
  | { type: 'ready'; model: ModelCard; limits: Limits }
  /** Data owner: what start would do. `previews`: the first rows, and some that it cannot spell, as the model will read them. */
  | {
      type: 'prepared';
      estimate: Estimate;
      ahead: Ahead;
      method: MethodName;
      reading: ReadingName;
      /** Examples: to train on, to choose by, to measure by. */
      training: number;
      heldOut: number;
      evaluation: number;
      /** Of each label. */
      classes: { label: string; training: number; evaluation: number }[];
      /** As the run takes them, with what was left to the data. */
      settings: TuningSettings;
      /** Padded lengths to choose from, and how many of the texts, from 0 to 1, are whole in each. */
      lengths: readonly { tokens: number; whole: number }[];
      /** Why there are fewer examples than would be taken without the model owner's limit, where there are. */
      fewer?: string;
      warnings: string[];
      previews: { row: number; pieces: string[]; truncated: boolean }[];
    }
  /** Data owner: everything that is wrong with data or settings, or why a command can't be followed now. Nothing is lost. */
  | { type: 'invalid'; problems: readonly Problem[] }
  /** Model owner: the model can't be offered. */
  | { type: 'unusable'; message: string }
  /** Long work that is under way. total 0: unknown. */
  | { type: 'progress'; label: string; done: number; total: number; secondsLeft?: number }
  /** Data owner: the untuned prompt on the examples that are chosen by, and on the same ones what can be done without the model. */
  | { type: 'baseline'; evaluation: Measurement; alone: AloneMeasurement[] }
  | { type: 'generation'; record: GenerationRecord; secondsLeft: number }
  /**
   * Data owner: a run that broke off is kept here, or none any more. `problem`: why it can't be gone on with now; without a run, why the one
   * under way is not kept.
   */
  | { type: 'checkpoint'; found?: CheckpointSummary; problem?: string }
  /** Model owner: what the data owner says that it is doing. */
  | { type: 'activity'; state: PeerActivity }
  /** Data owner: the best that could be saved from now on, should the worker have no other chance. Compared with nothing; its history is what it is by then. */
  | { type: 'best'; result: PromptResult }
  | { type: 'paused' }
  | { type: 'resumed' }
  | { type: 'finished'; result: Result }
  /** Data owner: texts can be labelled with what a file holds; or what is wrong with the file. */
  | { type: 'loaded'; what: 'prompt' | 'head'; labels: readonly string[] }
  | { type: 'unloadable'; message: string }
  /** Of the texts that are being labelled, the next ones; `classified` has them all. */
  | { type: 'labelled'; classifications: Classification[] }
  /** In the order of the texts. `refusal`: why those behind them were not labelled, where the model owner declined to go on. */
  | { type: 'classified'; classifications: Classification[]; refusal?: string }
  /** Everything counted so far in this session. */
  | {
      type: 'totals';
      rounds: number;
      bytes: Traffic;
      sequences: number;
      /** Opened to the data owner. */
      numbers: number;
      /** Data owner: sequences whose numbers are out of what calibration saw, so that they may well be wrong. */
      astray: number;
      /** Data owner: numbers of its input that were too large for the run, and went into it as the largest that are not. */
      clamped: number;
      passes: number;
      /** Of the passes, those whose correlations were dealt ahead. */
      ahead: number;
      byOperation: Record<string, OperationCost>;
    }
  /**
   * Either owner: passes that are prepared ahead under this invitation. `making`: more of them are on their way. `problem`: why there are none,
   * or no more.
   */
  | {
      type: 'stock';
      kept?: StockSummary;
      making?: { done: number; total: number; secondsLeft?: number };
      problem?: string;
    }
  /** Either owner: a pass begins, and this is what its rounds carry; then, now and then, the one that it is in (0: nothing was sent yet). */
  | { type: 'rounds'; sequences: number; rounds: readonly PlannedRound[] }
  | { type: 'round'; round: number }
  /** Model owner: a pass was accepted. Its numbers count from now on, whatever becomes of it. `used`: of the budget, with them. */
  | { type: 'granted'; used: number }
  /** Either owner: a pass was computed. The budget is of numbers opened. */
  | {
      type: 'pass';
      sequences: number;
      numbers: number;
      tokens: number;
      budgetUsed: number;
      budget: number;
      seconds: number;
      rounds: number;
      bytes: Traffic;
    }
  /**
   * The session is over: what happened, and in words what is saved of it; for the data owner best prompt and history so far, if any.
   * `expected`: this side left. `final`: nobody should come back by itself (Connection).
   */
  | { type: 'ended'; reason: string; expected: boolean; final: boolean; saved: string; result?: Result };
