/** What the dealer sends for a pass: a flight of corrections a round and strand, to the model owner. */
import type { Bytes } from '../ring/units';
import { partBytes } from './operation';
import { trafficOf } from './operations';
import type { Plan } from './plan';
import { type FlightPlace, nodesOf } from './strands';

/** Of one strand in one round. */
export const correctionBytes = (plan: Plan, place: FlightPlace): Bytes =>
  partBytes(nodesOf(plan, place).flatMap((node) => trafficOf(node).dealt));
