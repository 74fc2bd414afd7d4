/** Plans of a model's forward pass, and the digest by which three sides make sure that they execute the same one. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Plan } from '../mpc/plan';
import { planGraph } from '../mpc/planner';
import { COARSE, EXACT, EXACT_NARROWER, FINE, type Precision } from '../mpc/precision';
import type { PassShape } from './architecture';
import { architectureOf } from './architectures';
import { calibrationOf } from './calibration';
import type { ModelConfig } from './config';

/** Tried in this order. */
const PRECISIONS: { readonly [K in ModelConfig['attention']]: Precision[] } = {
  rfa: [FINE, COARSE],
  softmax: [EXACT, EXACT_NARROWER],
};

/** `calibration`: by default what the config says. Throws PlanError, naming the tensor, for what cannot be planned. */
export function planModel(config: ModelConfig, shape: PassShape, calibration = calibrationOf(config)): Plan {
  return planGraph(architectureOf(config).graph(config, shape), calibration, PRECISIONS[config.attention]);
}

/** SHA-256 of everything that decides what a plan's walkers do, in hexadecimal. */
export function planDigest(plan: Plan): string {
  const text = JSON.stringify(plan.nodes, (key, value: unknown) => {
    if (typeof value === 'bigint') return value.toString();
    // Operands are nodes themselves: their ids say it all.
    const nested = key !== '' && typeof value === 'object' && value !== null && 'round' in value && 'id' in value;
    return nested && !/^\d+$/.test(key) ? (value as { id: number }).id : value;
  });
  return bytesToHex(sha256(utf8ToBytes(text)));
}
