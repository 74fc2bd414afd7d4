/**
 * What a page and its party's worker say to each other.
 *
 * How to think of it. The page owns what a person sees and the sockets (PeerJS lives on the page); the worker owns everything
 * secret and slow: shares, kernels, optimiser. They exchange plain data through `postMessage`: commands go in, events come out.
 * Every event is enough by itself to update the page; nothing is polled.
 */
import type { OptimizerName } from '../tuning/optimizer';

export type Role = 'data-owner' | 'model-owner' | 'dealer';

/** A text with its label; `row` is the row a person sees in a spreadsheet (the header is row 1). */
export interface LabelledText {
  text: string;
  label: string;
  row: number;
}

/** What the data owner chooses before training. All of it stays on its side, save batch, population, tokens (they are shapes). */
export interface TuningSettings {
  /** label → label word; each word one token of the model's tokenizer. */
  words: Record<string, string>;
  /** Tokens that start the prompt, as text; repeated or cut to `promptTokens`. */
  promptText: string;
  promptTokens: number;
  /** A prompt for every layer, not just the first. */
  deepPrompts: boolean;
  /** Padded length of every sequence, in tokens: the only length the model owner sees. */
  tokens: number;
  /** Dimension of z in p = p0 + A z. */
  dimension: number;
  optimizer: OptimizerName;
  population: number;
  /** Examples per candidate and generation. */
  batch: number;
  generations: number;
  sigma: number;
  /** Training examples per class drawn from the data; undefined: all that is not held out. */
  shots?: number;
  /** Held-out examples (most), drawn stratified; also bounded by a third of the data. */
  heldOut: number;
  /** Held-out accuracy every so many generations. */
  evaluateEvery: number;
  /** Fixes everything random in tuning (never in the protocol). undefined: fresh. */
  seed?: number;
}

export interface Bytes {
  toModelOwner: number;
  toDataOwner: number;
  dealt: number;
}

/** Exact counts of one kind of operation: 'linear', 'gate', 'product', 'open', 'readout', … */
export interface OperationCost extends Bytes {
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
  bytes: Bytes;
  byOperation: Record<string, OperationCost>;
}

export interface Evaluation {
  accuracy: number;
  loss: number;
  examples: number;
  /** confusion[actual][predicted], in the order of `labels`. */
  confusion: number[][];
  labels: string[];
}

export interface Estimate {
  /** One generation. */
  generation: Bytes & { rounds: number; operations: number; sequences: number };
  /** The whole run with its evaluations and the session's set-up. */
  total: Bytes & { rounds: number; sequences: number };
  /** Seconds of network time on the stated network; computation comes on top and is measured as it runs. */
  networkSeconds: number;
  assumption: string;
}

/** What the other side will be told of a model; shown to both. */
export interface ModelCard {
  name: string;
  layers: number;
  hidden: number;
  heads: number;
  intermediate: number;
  frequencies: number;
  attention: string;
  vocabulary: number;
  maxTokens: number;
  privateParameters: number;
  publicParameters: number;
}

export interface Result {
  baseline: Evaluation;
  final: Evaluation;
  /** Which examples these two are of: some that chose nothing; those that also chose the prompt; or, with too little data, those trained on. */
  measuredOn: 'evaluation' | 'validation' | 'training';
  /** Generation whose prompt was kept (0: the untuned one was never beaten). */
  keptGeneration: number;
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

export type Command =
  /** First message, with the two links' ports. For the data owner and the model owner. */
  | {
      type: 'open';
      role: 'data-owner' | 'model-owner';
      peer: MessagePort;
      dealer: MessagePort;
      backend: 'auto' | 'webgpu' | 'cpu';
    }
  /** For a dealer tab. */
  | {
      type: 'open';
      role: 'dealer';
      dataOwner: MessagePort;
      modelOwner: MessagePort;
      backend: 'auto' | 'webgpu' | 'cpu';
    }
  /** Model owner: the model's three files and how many sequences it will compute at most. */
  | { type: 'offer'; config: string; tokenizer: string; weights: Uint8Array; budget: number }
  /** Model owner: changes the budget while running (total sequences of the session). */
  | { type: 'budget'; sequences: number }
  /** Data owner: checks settings and data against the model, without sharing anything; answered by `prepared` or `invalid`. */
  | { type: 'prepare'; examples: LabelledText[]; evaluation?: LabelledText[]; settings: TuningSettings }
  /** Data owner: trains with what was prepared last. */
  | { type: 'start' }
  | { type: 'pause' }
  | { type: 'resume' }
  /** Ends training after the running pass and evaluates the best prompt so far. */
  | { type: 'stop' }
  /** Data owner, after training: labels new texts with the tuned prompt. */
  | { type: 'classify'; texts: string[] }
  /** Leaves the session and tells the peer. */
  | { type: 'leave' };

export type Event =
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
  /** Data owner: what is wrong with data or settings and what to do; `field` names the setting. Nothing is lost. */
  | { type: 'invalid'; message: string; field?: string; suggestions?: string[] }
  /** Long work that is under way. total 0: unknown. */
  | { type: 'progress'; label: string; done: number; total: number; secondsLeft?: number }
  | { type: 'baseline'; evaluation: Evaluation }
  | { type: 'generation'; record: GenerationRecord; secondsLeft: number }
  | { type: 'paused' }
  | { type: 'resumed' }
  | { type: 'finished'; result: Result }
  | { type: 'classified'; classifications: Classification[] }
  /** Everything counted so far in this session. */
  | {
      type: 'totals';
      rounds: number;
      bytes: Bytes;
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
      bytes: Bytes;
    }
  /** The session is over: what happened, and what is kept (for the data owner: best prompt and history so far, if any). */
  | { type: 'ended'; reason: string; expected: boolean; kept: string; result?: Result };
