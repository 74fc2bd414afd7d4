/** Made-up events that look like a worker's. Only tests and design look at them; no number here was measured. */

import { dealtBefore } from '../../src/mpc/timeline';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import type {
  AloneMeasurement,
  Estimate,
  GenerationRecord,
  HeadResult,
  Limits,
  Measurement,
  ModelCard,
  OperationCost,
  PlannedRound,
  PromptResult,
  SessionEvent,
  StockSummary,
  Traffic,
  WholeRun,
  WrongExample,
} from '../../src/session/messages';
import type { PassEstimate } from '../../src/session/offer-estimate';
import { scoresOf } from '../../src/tuning/class-scores';

export const CODE = '7KQ2-M9XD-4TRW';
export const KEY = '5b1fe3a90c7d4286b0e94f13d7a2685c';

export const MODEL: ModelCard = {
  name: 'tiny-rfa',
  architecture: 'roberta',
  task: 'masked-lm',
  layers: 2,
  hidden: 64,
  heads: 4,
  intermediate: 128,
  frequencies: 32,
  attention: 'rfa',
  vocabulary: 8192,
  maxTokens: 128,
  privateParameters: 83_200,
  publicParameters: 532_480,
};

const SHARES: Record<string, [online: number, dealt: number, rounds: number]> = {
  mask: [0.001, 0, 1],
  disclose: [0.23, 0, 10],
  linear: [0, 0.14, 0],
  phase: [0.19, 0, 12],
  gate: [0, 0.57, 0],
  open: [0.4, 0, 6],
  contract: [0, 0.03, 0],
  multiply: [0, 0.15, 0],
  squares: [0, 0.02, 0],
  lift: [0.17, 0.09, 14],
  readout: [0.009, 0.001, 1],
};

const ONLINE = 41_500_000;
const DEALT = 163_000_000;

export function byOperation(scale = 1): Record<string, OperationCost> {
  return Object.fromEntries(
    Object.entries(SHARES).map(([name, [online, dealt, rounds]]) => [
      name,
      {
        toModelOwner: Math.round(0.62 * ONLINE * online * scale),
        toDataOwner: Math.round(0.38 * ONLINE * online * scale),
        dealt: Math.round(DEALT * dealt * scale),
        rounds,
      },
    ]),
  );
}

const bytesOf = (costs: OperationCost[]): Traffic => ({
  toModelOwner: costs.reduce((sum, cost) => sum + cost.toModelOwner, 0),
  toDataOwner: costs.reduce((sum, cost) => sum + cost.toDataOwner, 0),
  dealt: costs.reduce((sum, cost) => sum + cost.dealt, 0),
});

export const BYTES = bytesOf(Object.values(byOperation()));

export const PASS = {
  sequences: 8,
  numbers: 16,
  tokens: 24,
  budgetUsed: 16,
  budget: 100,
  seconds: 1,
  rounds: 36,
  bytes: BYTES,
};

export function record(generation: number): GenerationRecord {
  const wobble = Math.sin(7 * generation) * 0.03;
  const loss = 0.42 + 0.34 * Math.exp(-generation / 9) + wobble;
  const evaluated = generation % 5 === 0;
  return {
    generation,
    loss,
    bestLoss: loss - 0.06 - 0.02 * Math.cos(3 * generation),
    ...(evaluated && { accuracy: 0.83 - 0.25 * Math.exp(-generation / 8), heldOutLoss: loss - 0.02 }),
    seconds: 9.4 + wobble * 20,
    secondsBy: {
      tuning: 0.2,
      compute: 4.9 + wobble * 10,
      'waiting for peer': 2.7,
      'waiting for dealer': 1.6 + wobble * 8,
    },
    rounds: 44,
    bytes: BYTES,
    byOperation: byOperation(),
  };
}

export const history = (generations: number): GenerationRecord[] =>
  Array.from({ length: generations }, (_, i) => record(i + 1));

const counts = (confusion: number[][]) => ({ confusion, scores: scoresOf(confusion) });

export const BASELINE: Measurement = {
  accuracy: 0.578,
  interval: [0.456, 0.691],
  loss: 0.741,
  examples: 64,
  ...counts([
    [27, 5],
    [22, 10],
  ]),
  labels: ['positive', 'negative'],
};

export const FINAL: Measurement = {
  accuracy: 0.828,
  interval: [0.718, 0.901],
  loss: 0.433,
  examples: 64,
  ...counts([
    [28, 4],
    [7, 25],
  ]),
  labels: ['positive', 'negative'],
};

const alone = (name: AloneMeasurement['name'], accuracy: number): AloneMeasurement => ({
  ...BASELINE,
  name,
  accuracy,
  interval: [accuracy - 0.12, accuracy + 0.11],
});

export const ALONE = [alone('majority', 0.5), alone('words', 0.641), alone('public embeddings', 0.703)];

const WRONG: WrongExample[] = Array.from({ length: 11 }, (_, i) => ({
  file: i < 9 ? 'training' : 'evaluation',
  row: 17 + 3 * i,
  text: `Nobody "told" me, but the ${i + 1}. nurse did.`,
  label: i < 4 ? 'positive' : 'negative',
  predicted: i < 4 ? 'negative' : 'positive',
}));

export const RESULT: PromptResult = {
  method: 'prompt',
  baseline: BASELINE,
  final: FINAL,
  wrong: WRONG,
  measuredOn: 'evaluation',
  alone: ALONE,
  verdict: {
    adds: 'unclear',
    best: 'public embeddings',
    text: 'The model may add something: 82.8\u00a0% with the model, 70.3\u00a0% by the mean of the public word embeddings, which needs nobody. On 64 examples that may be chance: measure on more of them.',
  },
  bestGeneration: 30,
  ended: 'finished',
  hasRunDry: false,
  file: { name: 'prompt.safetensors', bytes: new Uint8Array([1, 2, 3]) },
  answers: new Uint8Array([4, 5]),
  history: history(30),
};

export const HEAD_RESULT: HeadResult = {
  method: 'head',
  final: {
    ...FINAL,
    accuracy: 0.688,
    interval: [0.566, 0.788],
    ...counts([
      [22, 10],
      [10, 22],
    ]),
  },
  wrong: [],
  measuredOn: 'evaluation',
  alone: ALONE,
  verdict: {
    adds: 'nothing',
    best: 'public embeddings',
    text: 'The model adds nothing here: 68.8\u00a0% with the model, 70.3\u00a0% by the mean of the public word embeddings, which needs nobody. Try more examples of each label, another model or a longer padded length.',
  },
  crossValidated: { ...FINAL, accuracy: 0.861, examples: 436 },
  trained: 436,
  fit: 'logistic regression',
  c: 31.6,
  ended: 'finished',
  file: { name: 'head.safetensors', bytes: new Uint8Array([1, 2, 3]) },
  answers: new Uint8Array([4, 5]),
};

export const ROUNDS: PlannedRound[] = [
  { toModelOwner: 0, toDataOwner: 0, dealt: 0, dealtToDataOwner: 0, answered: 0, strands: 1, byKind: {} },
  {
    toModelOwner: 2_100_000,
    toDataOwner: 0,
    dealt: 900_000,
    dealtToDataOwner: 450_000,
    answered: 0,
    strands: 1,
    byKind: { mask: 100_000, disclose: 2_000_000 },
  },
  {
    toModelOwner: 3_400_000,
    toDataOwner: 3_400_000,
    dealt: 12_000_000,
    dealtToDataOwner: 6_000_000,
    answered: 0,
    strands: 1,
    byKind: { open: 5_800_000, lift: 1_000_000 },
  },
  {
    toModelOwner: 1_200_000,
    toDataOwner: 1_200_000,
    dealt: 31_000_000,
    dealtToDataOwner: 15_500_000,
    answered: 0,
    strands: 1,
    byKind: { phase: 2_400_000 },
  },
  {
    toModelOwner: 0,
    toDataOwner: 4_096,
    dealt: 2_048,
    dealtToDataOwner: 1_024,
    answered: 0,
    strands: 1,
    byKind: { readout: 4_096 },
  },
];

/** The same with as many bytes in all as a pass has. */
function carrying(bytes: Traffic): PlannedRound[] {
  const sum = (key: keyof Traffic) => ROUNDS.reduce((total, round) => total + round[key], 0);
  const [toModelOwner, toDataOwner, dealt] = (['toModelOwner', 'toDataOwner', 'dealt'] as const).map(
    (key) => bytes[key] / sum(key),
  ) as [number, number, number];
  return ROUNDS.map((round) => ({
    ...round,
    toModelOwner: round.toModelOwner * toModelOwner,
    toDataOwner: round.toDataOwner * toDataOwner,
    dealt: round.dealt * dealt,
    dealtToDataOwner: round.dealtToDataOwner * dealt,
  }));
}

export const PASS_ESTIMATE: PassEstimate = {
  sequences: 16,
  tokens: 32,
  rounds: 132,
  toModelOwner: 63e6,
  toDataOwner: 33e6,
  dealt: 940e6,
  memory: 210e6,
  setup: 62e6,
  timeline: carrying({ toModelOwner: 63e6, toDataOwner: 33e6, dealt: 940e6 }),
};

export const ESTIMATE: Estimate = {
  unit: { name: 'generation', ...BYTES, rounds: 44, operations: 2.1e9, sequences: 128 },
  total: {
    toModelOwner: 34 * BYTES.toModelOwner,
    toDataOwner: 34 * BYTES.toDataOwner,
    dealt: 34 * BYTES.dealt,
    rounds: 1296,
    sequences: 4416,
  },
  awaited: 34 * BYTES.dealt,
  numbers: { sequence: 2, total: 8832 },
  passes: [{ rounds: carrying(BYTES), sequences: 128, count: 34 }],
};

/** The same with all of it prepared ahead. */
const runAhead = ({ total, numbers, passes }: Estimate): WholeRun => ({
  ...{ total, numbers, awaited: 0 },
  passes: passes.map((pass) => ({ ...pass, rounds: dealtBefore(pass.rounds) })),
});

export const PREPARED: SessionEvent & { type: 'prepared' } = {
  type: 'prepared',
  estimate: ESTIMATE,
  ahead: {
    kind: 'this run',
    sequences: 128,
    passes: 34,
    bytes: BYTES.dealt + BYTES.toModelOwner / 2,
    dealt: BYTES.dealt,
    run: runAhead(ESTIMATE),
  },
  method: 'prompt',
  reading: 'words',
  training: 436,
  heldOut: 64,
  evaluation: 64,
  classes: [
    { label: 'negative', training: 230, evaluation: 34 },
    { label: 'positive', training: 206, evaluation: 30 },
  ],
  settings: { ...DEFAULT_SETTINGS, seed: 5, measured: 64, labelWords: { negative: 'terrible', positive: 'great' } },
  lengths: [
    { tokens: 16, whole: 0.61 },
    { tokens: 24, whole: 0.97 },
    { tokens: 40, whole: 1 },
  ],
  warnings: [],
  previews: [],
};

export const ENCODER: ModelCard = {
  ...MODEL,
  name: 'all-MiniLM-L6-v2',
  architecture: 'bert',
  task: 'embedding',
  pooling: 'mean',
  layers: 6,
  hidden: 384,
  heads: 12,
  intermediate: 1536,
  frequencies: 0,
  attention: 'softmax',
  vocabulary: 30_522,
  maxTokens: 512,
  privateParameters: 10_646_784,
  publicParameters: 11_917_824,
};

const ENCODER_ESTIMATE: Estimate = {
  ...ESTIMATE,
  unit: { ...ESTIMATE.unit, name: 'batch', sequences: 8, rounds: 96 },
  total: { ...ESTIMATE.total, sequences: 500, rounds: 6048 },
  numbers: { sequence: 384, total: 192_000 },
};

export const ENCODER_PREPARED: typeof PREPARED = {
  ...PREPARED,
  method: 'head',
  reading: 'state',
  heldOut: 0,
  estimate: ENCODER_ESTIMATE,
  ahead: { kind: 'this run', sequences: 4, passes: 125, bytes: 216e6, dealt: 210e6, run: runAhead(ENCODER_ESTIMATE) },
};

/** What is prepared ahead of such a run, on the model owner's side. */
export const STOCK: StockSummary = { kind: 'this run', sequences: 4, tokens: 32, passes: 40, bytes: 40 * 216e6 };

/** Of the model's state. */
export const STATE_PREPARED: typeof PREPARED = {
  ...ENCODER_PREPARED,
  estimate: { ...ENCODER_PREPARED.estimate, numbers: { sequence: 64, total: 32_064 } },
};

/** Of a head that is learned together with a prompt. */
export const BOTH_RESULT: PromptResult = {
  ...RESULT,
  method: 'prompt and head',
  baseline: FINAL,
  bestGeneration: 0,
  hasRunDry: true,
  history: history(20),
  file: { name: 'head.safetensors', bytes: new Uint8Array([1, 2, 3]) },
};

export const limitsOf = ({ hidden, privateParameters }: ModelCard): Limits => ({
  sequence: hidden,
  session: privateParameters / 2,
});

export const CSV = `note,sentiment,ward
"The nurses were kind, and explained every step.",positive,4B
"I waited three hours and nobody told me why.",negative,A&E
The food was cold again.,negative,2A
My operation went smoothly and I felt safe.,positive,4B
"Nobody answered the bell, ""not once"".",negative,2A
Clean room and a friendly doctor.,positive,A&E
The parking machine swallowed my card.,negative,Entrance
Thank you for the quiet nights.,positive,4B
They lost my papers twice.,negative,A&E
`;
