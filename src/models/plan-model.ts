/** Plans of a model's forward pass, and the digest by which three sides make sure that they execute the same one. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { largestOwned, type NodeKinds, type Plan } from '../mpc/plan';
import { type PlanOptions, planStrands } from '../mpc/planner';
import { COARSE, EXACT, EXACT_NARROWER, FINE, type Precision } from '../mpc/precision';
import type { PassShape } from './architecture';
import { architectureOf } from './architectures';
import { calibrationOf } from './calibration';
import type { ModelConfig } from './config';

/** Sums over so many channels, and all that is opened of them, take too many bits otherwise. */
const WIDE = 768;

/** Tried in this order. */
const PRECISIONS: { readonly [K in ModelConfig['attention']]: (config: ModelConfig) => Precision[] } = {
  rfa: ({ hidden_size }) => (hidden_size < WIDE ? [FINE, COARSE] : [COARSE]),
  softmax: () => [EXACT, EXACT_NARROWER],
};

/** `calibration`: by default what the config says. Throws PlanError, naming the tensor, for what cannot be planned. */
export const planModel = (
  config: ModelConfig,
  shape: PassShape,
  calibration = calibrationOf(config),
  dealtTo?: PlanOptions['dealtTo'],
): Plan => planInStrands(config, [shape], calibration, dealtTo);

/** The same of a batch in several strands, of one shape but for their numbers of sequences. */
export function planInStrands(
  config: ModelConfig,
  shapes: readonly PassShape[],
  calibration = calibrationOf(config),
  dealtTo?: PlanOptions['dealtTo'],
): Plan {
  const { graph } = architectureOf(config);
  return planStrands(
    shapes.map((shape) => graph(config, shape)),
    calibration,
    { precisions: PRECISIONS[config.attention](config), dealtTo },
  );
}

/** Ranges and gates do not depend on the shape, so any will tell whether a model can be planned with, and what its runs carry. */
const SMALLEST: PassShape = { sequences: 1, tokens: 8, answer: 1, columns: 2, deep: false };

/**
 * The largest value that public tensors may have, so that whatever the data owner embeds or reads out by them fits its runs: a row of
 * the embedding is the sum of three values, or a LayerNorm's, at most √hidden·γ + β. Throws PlanError as `planModel` does.
 */
export function largestPublic(config: ModelConfig): number {
  return largestOwned(planModel(config, SMALLEST), 'embedded') / (2 + Math.sqrt(config.hidden_size));
}

/** SHA-256 of everything that decides what a plan's walkers do, in hexadecimal. */
export const planDigest = (plan: Plan): string => digestOf(plan, []);

/** Of a plan's nodes, what is fitted to weights and does not matter to what is dealt: gates' coefficients, and constants. */
const FITTED: readonly string[] = ['functions', 'shift', 'value', 'eighths'] satisfies (
  | keyof NodeKinds['gate']['gate']
  | keyof NodeKinds['near']
  | keyof NodeKinds['offset']
)[];

/** The same of what decides what is dealt. The dealer sees it, and could try guesses at anything else that was in it. */
export const dealingDigest = (plan: Plan): string => digestOf(plan, FITTED);

function digestOf({ nodes }: Plan, without: readonly string[]): string {
  const text = JSON.stringify(nodes, (key, value: unknown) => {
    if (without.includes(key)) return undefined;
    if (typeof value === 'bigint') return value.toString();
    // Operands are nodes themselves: their ids say it all.
    const nested = key !== '' && typeof value === 'object' && value !== null && 'round' in value && 'id' in value;
    return nested && !/^\d+$/.test(key) ? (value as { id: number }).id : value;
  });
  return bytesToHex(sha256(utf8ToBytes(text)));
}
