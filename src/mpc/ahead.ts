/**
 * What of a pass the data owner can say before it has its input: its halves of openings of products with private matrices, which are made of seeds and
 * masked matrices alone. While passes are prepared ahead it says them, a flight a round and strand, and the model owner keeps them; in the pass itself they are
 * not said again, nor computed.
 *
 * The model owner, who has both halves of such an opening, then says what is opened where it would say its own half: as many bytes, from which the
 * data owner, who could compute the other half, learns the same.
 */
import type { Bytes } from '../ring/units';
import { type Part, partBytes } from './operation';
import { inputsOf, isKnownAhead, talks, trafficOf } from './operations';
import type { Plan, PlanNode } from './plan';
import { releasesOf } from './releases';
import type { Traffic } from './report';
import { type FlightPlace, nodesOf } from './strands';

/** Whether the data owner says its part of a node when a pass is prepared. */
export const isSaidAhead = (node: PlanNode): boolean =>
  talks(node) && isKnownAhead(node) && trafficOf(node).toModelOwner.length > 0;

/** What of a node goes over which wire in a pass, whose known halves were said before it if `isAhead`. */
export function runTraffic(node: PlanNode, isAhead: boolean): Record<keyof Traffic, Part[]> {
  const traffic = trafficOf(node);
  return isAhead && isSaidAhead(node) ? { ...traffic, toModelOwner: [] } : traffic;
}

/** Whether anything of it goes between the parties. */
export const isSaid = ({
  toModelOwner,
  toDataOwner,
}: Pick<Record<keyof Traffic, Part[]>, 'toModelOwner' | 'toDataOwner'>): boolean =>
  toModelOwner.length + toDataOwner.length > 0;

/** Messages that wait for one another: two of a round in which something is said that one side has to hear something for. */
export function turnsOf({ nodes, rounds }: Pick<Plan, 'nodes' | 'rounds'>, isAhead = false): number {
  const waits = nodes.filter((node) => node.stage === 'ahead' && isSaid(runTraffic(node, isAhead)));
  return rounds + new Set(waits.map(({ round }) => round)).size;
}

/** What is said ahead of one round, of a strand. */
export const halfBytes = (plan: Plan, place: FlightPlace): Bytes =>
  partBytes(
    nodesOf(plan, place)
      .filter(isSaidAhead)
      .flatMap((node) => trafficOf(node).toModelOwner),
  );

/** What the data owner computes to say that. Of what else is opened or disclosed it draws the masks that products are of. */
export function aheadPart(plan: Plan): Plan {
  const needed = new Set<PlanNode>();
  const need = (node: PlanNode) => {
    if (needed.has(node)) return;
    needed.add(node);
    if (!talks(node) || isSaidAhead(node)) inputsOf(node).forEach(need);
  };
  plan.nodes.filter(isSaidAhead).forEach(need);
  return partOf(plan, needed);
}

/** What it computes in the pass: all that talks, and what that is made of unless it was said ahead. */
export function otherPart(plan: Plan): Plan {
  const needed = new Set<PlanNode>(plan.nodes.filter(talks));
  for (const node of plan.nodes.toReversed())
    if (needed.has(node) && !isSaidAhead(node)) for (const input of inputsOf(node)) needed.add(input);
  return partOf(plan, needed);
}

function partOf(plan: Plan, needed: ReadonlySet<PlanNode>): Plan {
  const nodes = plan.nodes.filter((node) => needed.has(node));
  return { ...plan, nodes, releases: releasesOf(nodes) };
}
