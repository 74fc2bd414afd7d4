/** What docs/benchmarks.json holds: one entry a section, with the day and the machine that it is of. */
import type { Traffic } from '../../src/mpc/report';
import type { Line } from '../../src/net/line';

export const sectionNames = [
  'counts',
  'growth',
  'checkpoints',
  'jiff',
  'kernels',
  'network',
  'tabs',
  'privacy',
] as const;
export type SectionName = (typeof sectionNames)[number];

/** Of several measurements in one run. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  /** How many. */
  of: number;
}

/** Bytes, rounds and work. */
export interface Counted extends Traffic {
  rounds: number;
  /** Multiplications in the ring, for one party. */
  operations: number;
}

/** One forward pass. */
export interface CountedPass extends Counted {
  attention: 'softmax' | 'rfa';
  sequences: number;
  tokens: number;
  /** Bytes of masked matrices to the data owner, once a run. */
  setup: number;
  byOperation: Record<string, Counted>;
}

export interface Counts {
  shapes: { model: string; layers: number; hidden: number; passes: CountedPass[] }[];
  /** Generations of the built-in models with the default settings, by padded length. */
  builtIn: { model: string; population: number; batch: number; tokens: number; passes: CountedPass[] }[];
}

export interface Growth {
  /** What every series leaves from. */
  base: { layers: number; hidden: number; tokens: number; sequences: number };
  series: {
    axis: 'tokens' | 'sequences' | 'layers' | 'hidden';
    attention: 'softmax' | 'rfa';
    points: { at: number; rounds: number; online: number; dealt: number; operations: number }[];
  }[];
}

export interface Checkpoints {
  models: {
    model: string;
    layers: number;
    hidden: number;
    passes: (Traffic & {
      tokens: number;
      texts: number;
      rounds: number;
      /** What the cost model says beforehand. */
      counted: Traffic & { rounds: number };
      /** With the same model in the clear. */
      cosine: { least: number; mean: number };
      /** A text, three roles on one thread. */
      seconds: number;
      /** The same text in the clear. */
      clearSeconds: number;
    })[];
  }[];
}

/** One way to compute a step, an element of its result. */
export interface Way {
  elements: number;
  seconds: Spread;
  bytes: number;
  rounds: number;
  /** Between a result and the exact one. */
  largestError: number;
}

export interface Jiff {
  version: string;
  steps: { step: string; here: Way; jiff: Way /** Of seconds an element. */; ratio: Spread }[];
}

export interface Kernels {
  /** What WebGPU computes on; undefined where there is none. */
  gpu?: string;
  threads: number;
  lines: {
    line: string;
    unit: string;
    /** Units a call. */
    amount: number;
    /** By backend. */
    seconds: Record<string, Spread>;
    /** How many times as long as the float32 product of that shape (WebAssembly, one thread) it takes; of dense products alone. */
    toFloat32: Record<string, Spread>;
    /** How many times as long JavaScript takes. */
    toJavaScript: Record<string, Spread>;
  }[];
}

/** A pass on one network. */
export interface NetworkPass {
  /** One way, in seconds. */
  latency: number;
  /** Bits a second. */
  bandwidth: number;
  /** Foretold of the network alone. */
  network: number;
  /** Foretold with computing. */
  foretold: number;
  seconds: Spread;
  /** Measured over foretold. */
  ratio: Spread;
}

export interface Network {
  model: string;
  sequences: number;
  tokens: number;
  /** Without a network; that of the same moment is what a ratio is of. */
  compute: Spread;
  /** `toWhole`: over the same pass in one strand, both on the line between the parties alone; `toDealt`: prepared ahead, over dealt as it goes. */
  conditions: (NetworkPass & { toWhole: Spread; toDealt: Spread })[];
}

export interface Tabs {
  model: string;
  sequences: number;
  tokens: number;
  /** Bits a second that come through the shaped line where nothing limits it. */
  carried: number;
  /** Bandwidths that are more. */
  leftOut: number[];
  /** A pass on a line that nothing limits, which is taken for computing. */
  computing: Spread;
  /** `found`: as the data owner's page finds the line, and what is foretold on that. */
  conditions: (NetworkPass & { found: Pick<NetworkPass, 'foretold' | 'ratio'> & { line: Line } })[];
}

export interface Privacy {
  model: string;
  task: string;
  shots: number;
  generations: number;
  runs: {
    method: string;
    sequences: number;
    /** From the start to the result, in two tabs of a browser, the dealer on the server. */
    seconds: number;
    clearSeconds: number;
    accuracy: number;
    clearAccuracy: number;
    untuned?: number;
    bytes: Traffic;
    rounds: number;
  }[];
  /** Whole searches for a prompt, as docs/accuracy.json has them. */
  searches: { task: string; shots: number; generations: number; accuracy: number; clearAccuracy: number }[];
}

export interface Sections {
  counts: Counts;
  growth: Growth;
  checkpoints: Checkpoints;
  jiff: Jiff;
  kernels: Kernels;
  network: Network;
  tabs: Tabs;
  privacy: Privacy;
}

/** When, and on what, a section was made. */
export interface Made {
  date: string;
  machine: string;
}

export type Benchmarks = { sections: { [K in SectionName]?: Made & { figures: Sections[K] } } };

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, least: sorted[0]!, most: sorted.at(-1)!, of: sorted.length };
}
