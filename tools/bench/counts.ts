/** What passes cost, counted from shapes alone: the same on every machine. */
import type { PlanCost } from '../../src/mpc/cost';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import { builtInNames, configOf, generationCost } from '../built-ins';
import { type CostReport, costReports } from '../cost-report';
import type { CountedPass, Counts, Growth } from './figures';

interface Shape {
  layers: number;
  hidden: number;
  heads: number;
}

const SHAPES: readonly (Shape & { model: string })[] = [
  { model: 'BERT-tiny', layers: 2, hidden: 128, heads: 2 },
  { model: 'MiniLM', layers: 6, hidden: 384, heads: 12 },
  { model: 'bge-small', layers: 12, hidden: 384, heads: 12 },
  { model: 'BERT-base', layers: 12, hidden: 768, heads: 12 },
  { model: 'RoBERTa-large', layers: 24, hidden: 1024, heads: 16 },
];
const LENGTHS = [32, 128, 512];
const BUILT_IN_LENGTHS = [16, 24, 32, 48];

const BASE = { layers: 12, hidden: 768, tokens: 128, sequences: 1 };
const AXES = {
  tokens: [32, 64, 128, 256, 512],
  sequences: [1, 2, 4, 8, 16],
  layers: [3, 6, 12, 24],
  hidden: [192, 384, 768, 1536],
} as const;
/** Of a head, in BERT-base and in what grows from it. */
const HEAD = 64;

/** With both kinds of attention; of random features as many as a head has channels. Two label words are opened. */
export async function shapePasses(
  { layers, hidden, heads }: Shape,
  tokens: number,
  sequences = 1,
): Promise<CountedPass[]> {
  const shape = `layers=${layers},hidden=${hidden},heads=${heads},ff=${4 * hidden},frequencies=${hidden / heads}`;
  const args = ['--shape', shape, '--tokens', String(tokens), '--sequences', String(sequences)];
  return (await costReports(args)).map(passOf);
}

function passOf({
  attention,
  sequences,
  tokens,
  rounds,
  operations,
  bytes,
  setup,
  byOperation,
}: CostReport): CountedPass {
  return {
    ...{ attention, sequences, tokens, rounds, ...bytes, operations, setup: setup.toDataOwner },
    byOperation: Object.fromEntries(
      Object.entries(byOperation).map(([name, { rounds, bytes, operations }]) => [
        name,
        { rounds, ...bytes, operations },
      ]),
    ),
  };
}

export async function countShapes(): Promise<Counts> {
  const shapes: Counts['shapes'] = [];
  for (const shape of SHAPES) {
    const passes: CountedPass[] = [];
    for (const tokens of LENGTHS) passes.push(...(await shapePasses(shape, tokens)));
    const { model, layers, hidden } = shape;
    shapes.push({ model, layers, hidden, passes });
  }
  const { tokens, population, batch } = DEFAULT_SETTINGS;
  const builtIn = builtInNames.map((model) => {
    const config = configOf(model);
    const pass = (tokens: number): CountedPass => {
      const sequences = population * batch;
      const { setup, ...cost }: PlanCost = generationCost(config, tokens);
      return { ...cost, attention: config.attention, sequences, tokens, setup: setup.toDataOwner };
    };
    return { model, population, batch, tokens, passes: BUILT_IN_LENGTHS.map(pass) };
  });
  return { shapes, builtIn };
}

/** BERT-base, with one thing changed at a time. */
export async function countGrowth(): Promise<Growth> {
  const series: Growth['series'] = [];
  for (const axis of ['tokens', 'sequences', 'layers', 'hidden'] as const) {
    const counted: { at: number; passes: CountedPass[] }[] = [];
    for (const at of AXES[axis]) {
      const { layers, hidden, tokens, sequences }: typeof BASE = { ...BASE, ...{ [axis]: at } };
      counted.push({ at, passes: await shapePasses({ layers, hidden, heads: hidden / HEAD }, tokens, sequences) });
    }
    for (const attention of ['softmax', 'rfa'] as const) {
      const points = counted.map(({ at, passes }) => {
        const pass = passes.find((each) => each.attention === attention)!;
        const { rounds, toModelOwner, toDataOwner, dealt, operations } = pass;
        return { at, rounds, online: toModelOwner + toDataOwner, dealt, operations };
      });
      series.push({ axis, attention, points });
    }
  }
  return { base: BASE, series };
}
