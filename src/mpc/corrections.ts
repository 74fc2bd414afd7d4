/** What the dealer sends a party for a pass: a flight of corrections a round and strand. */
import type { PartyRole } from '../net/code';
import type { Bytes } from '../ring/units';
import { type Part, partBytes } from './operation';
import { trafficOf } from './operations';
import type { Plan, PlanNode } from './plan';
import { type FlightPlace, nodesOf } from './strands';

/** Of a node, in their order. */
export const correctionsOf = (node: PlanNode, to: PartyRole): Part[] =>
  trafficOf(node).dealt.filter((_, i) => node.dealtTo[i] === to);

/** Of one strand in one round. */
export const correctionBytes = (plan: Plan, place: FlightPlace, to: PartyRole): Bytes =>
  partBytes(nodesOf(plan, place).flatMap((node) => correctionsOf(node, to)));
