/**
 * What a page and its party's worker say to each other.
 *
 * How to think of it. The page owns what a person sees and the sockets (PeerJS lives on the page); the worker owns everything
 * secret and slow: shares, kernels, optimiser. They exchange plain data through `postMessage`: commands go in, events come out.
 * Every event is enough by itself to update the page; nothing is polled.
 */
import type { BackendPreference } from '../compute/create';
import type { ModelCard } from '../models/own-model';
import type { Traffic } from '../mpc/report';
import type { Examples } from './examples';
import type { Problem } from './problem';
import type { TuningSettings } from './settings';

export type { ModelCard } from '../models/own-model';
export type { Traffic } from '../mpc/report';
export type { Examples } from './examples';
export type { Problem } from './problem';
export type { TuningSettings } from './settings';

export type Role = 'data-owner' | 'model-owner' | 'dealer';

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
  loss: number;
  examples: number;
  /** confusion[actual][predicted], in the order of `labels`. */
  confusion: number[][];
  labels: string[];
}

export interface Estimate {
  /** One generation. */
  generation: Traffic & { rounds: number; operations: number; sequences: number };
  /** The whole run with its evaluations and the session's set-up. */
  total: Traffic & { rounds: number; sequences: number };
  /** Seconds of network time on the stated network; computation comes on top and is measured as it runs. */
  networkSeconds: number;
  assumption: string;
}

export interface Result {
  baseline: Measurement;
  final: Measurement;
  /** Which examples these two are of: some that chose nothing; those that also chose the prompt; or, with too little data, those trained on. */
  measuredOn: 'evaluation' | 'validation' | 'training';
  /** Generation that the prompt is of (0: the untuned one was never beaten). */
  bestGeneration: number;
  /** Why training ended. */
  ended: 'finished' | 'stopped';
  /** prompt.safetensors */
  prompt: Uint8Array;
  history: GenerationRecord[];
}

export interface Classification {
  text: string;
  label: string;
  /** Softmax over the label words, by label. */
  probabilities: Record<string, number>;
}

/** How a party's worker is opened: with the two links' ports. */
export interface OpenParty {
  type: 'open';
  role: 'data-owner' | 'model-owner';
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

/** What a model owner's worker takes, by name. */
export interface ModelOwnerCommands extends Leave {
  /** The model's three files and how many sequences it will compute at most. The weights stay where they are until they are read. */
  offer: { config: string; tokenizer: string; weights: readonly Blob[]; budget: number };
  /** Changes the budget while running (total sequences of the session). */
  budget: { sequences: number };
}

/** What a data owner's worker takes, by name. */
export interface DataOwnerCommands extends Leave {
  /** The data from now on. Says nothing by itself; whatever was prepared is void. */
  data: { examples: Examples; evaluation?: Examples };
  /** Checks data and settings against the model, without sharing anything; answered by `prepared` or `invalid`. */
  prepare: { settings: TuningSettings };
  /** Trains with what was prepared last. */
  start: object;
  pause: object;
  resume: object;
  /** Ends training after the running pass and evaluates the best prompt so far. */
  stop: object;
  /** After training: labels new texts with the prompt tuned last. */
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
  | { type: 'compute'; backend: string; notice?: string }
  /** Handshake done: versions, manifest and plan agree on all three sides. */
  | { type: 'ready'; model: ModelCard }
  /** Data owner: what start would do. `previews`: the first rows as the model will read them. */
  | {
      type: 'prepared';
      estimate: Estimate;
      training: number;
      heldOut: number;
      evaluation: number;
      warnings: string[];
      previews: { row: number; pieces: string[]; truncated: boolean }[];
    }
  /** Data owner: everything that is wrong with data or settings, or why a command can't be followed now. Nothing is lost. */
  | { type: 'invalid'; problems: readonly Problem[] }
  /** Model owner: the model can't be offered. */
  | { type: 'unusable'; message: string }
  /** Long work that is under way. total 0: unknown. */
  | { type: 'progress'; label: string; done: number; total: number; secondsLeft?: number }
  | { type: 'baseline'; evaluation: Measurement }
  | { type: 'generation'; record: GenerationRecord; secondsLeft: number }
  | { type: 'paused' }
  | { type: 'resumed' }
  | { type: 'finished'; result: Result }
  | { type: 'classified'; classifications: Classification[] }
  /** Everything counted so far in this session. */
  | {
      type: 'totals';
      rounds: number;
      bytes: Traffic;
      sequences: number;
      passes: number;
      byOperation: Record<string, OperationCost>;
    }
  /** Model owner: a pass was computed. */
  | {
      type: 'pass';
      sequences: number;
      tokens: number;
      budgetUsed: number;
      budget: number;
      seconds: number;
      rounds: number;
      bytes: Traffic;
    }
  /** The session is over: what happened, and in words what is saved of it; for the data owner best prompt and history so far, if any. */
  | { type: 'ended'; reason: string; expected: boolean; saved: string; result?: Result };
