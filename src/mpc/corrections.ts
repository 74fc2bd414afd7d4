/** What the dealer sends for a pass: a flight of corrections a round, to the model owner. */
import type { Bytes } from '../ring/units';
import { partBytes } from './operation';
import { trafficOf } from './operations';
import type { Plan } from './plan';

/** Of one round. */
export const correctionBytes = (plan: Plan, round: number): Bytes =>
  partBytes(plan.nodes.filter((node) => node.round === round).flatMap((node) => trafficOf(node).dealt));
