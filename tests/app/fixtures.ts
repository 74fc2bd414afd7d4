/** Made-up events that look like a worker's. Only tests and design look at them; no number here was measured. */
import type {
  Estimate,
  GenerationRecord,
  Measurement,
  ModelCard,
  OperationCost,
  Result,
  Traffic,
} from '../../src/session/messages';

export const CODE = '7KQ2-M9XD';

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

export const BASELINE: Measurement = {
  accuracy: 0.578,
  loss: 0.741,
  examples: 64,
  confusion: [
    [27, 5],
    [22, 10],
  ],
  labels: ['positive', 'negative'],
};

export const FINAL: Measurement = {
  accuracy: 0.828,
  loss: 0.433,
  examples: 64,
  confusion: [
    [28, 4],
    [7, 25],
  ],
  labels: ['positive', 'negative'],
};

export const RESULT: Result = {
  baseline: BASELINE,
  final: FINAL,
  measuredOn: 'evaluation',
  bestGeneration: 30,
  ended: 'finished',
  prompt: new Uint8Array([1, 2, 3]),
  history: history(30),
};

export const ESTIMATE: Estimate = {
  generation: { ...BYTES, rounds: 44, operations: 2.1e9, sequences: 128 },
  total: {
    toModelOwner: 34 * BYTES.toModelOwner,
    toDataOwner: 34 * BYTES.toDataOwner,
    dealt: 34 * BYTES.dealt,
    rounds: 1296,
    sequences: 4416,
  },
  networkSeconds: 214,
  assumption: '100 Mbit/s each way, 20 ms round trip',
};

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
