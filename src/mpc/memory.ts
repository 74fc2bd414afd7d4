/**
 * What a pass takes of a device's memory, from shapes alone: the matrices, masked once a session, and the most that is alive at once
 * while a plan is walked. Of a party, and of the dealer.
 *
 * It follows the walk (strand-walk.ts): what talking nodes of a round say and hear is alive together, a node's result until the plan says that
 * nobody needs it. Temporaries of one node, a formula's terms, are counted as seven vectors of its own. A test holds it against what backends count.
 */
import { size } from '../graph/shape';
import { wordsFor } from '../ring/ring';
import { type Bytes, bytes } from '../ring/units';
import { type Part, partBytes } from './operation';
import { talks, trafficOf } from './operations';
import { type NodeKind, type Plan, type PlanNode, setupBytes } from './plan';
import { nodesOf } from './strands';

/** Vectors of its size that a node keeps for those that read it, besides a share. */
const KEPT: { readonly [K in NodeKind]?: number } = {
  disclose: 1,
  // Mask, and what was opened.
  open: 2,
  // The same of pairs; of texts and prompts the mask, see below.
  openPair: 2,
  phase: 1,
  mask: 1,
  // The same, and the opened value's, the top bit's and their product's lifted forms.
  lift: 6,
  // Its operand's, once more.
  lifted: 0,
  reshape: 0,
};

const TEMPORARIES = 7;
/** Of a node that is computed ahead, with its result. */
const AHEAD = 4;

export interface Memory {
  /** Once a session; as much for every number of sequences. */
  matrices: Bytes;
  /** The most that is held of anything else, at one time. */
  pass: Bytes;
}

/** Of the dealer, which keeps masks of matrices as elements, and of a pass what both parties draw. */
export function dealerMemoryOf(plan: Plan): Memory {
  const masks = plan.weights.map(({ inputs, outputs, bits }) => 4 * inputs * outputs * wordsFor(bits));
  const flights = plan.nodes.map((node) => partBytes(trafficOf(node).dealt));
  return {
    matrices: bytes(masks.reduce((sum, mask) => sum + mask, 0)),
    // A node's corrections lie packed beside their elements until they are sent.
    pass: bytes(2 * memoryOf(plan).pass + Math.max(0, ...flights)),
  };
}

/** Of either party. While one strand computes, others wait, a round before it or behind it at most. */
export function memoryOf(plan: Plan): Memory {
  const strands = Array.from({ length: plan.strands }, (_, strand) => heldByRound(plan, strand));
  const resting = (rounds: readonly Held[], round: number) =>
    Math.max(...rounds.slice(Math.max(0, round - 1), round + 2).map(({ waiting }) => waiting));
  const most = strands.flatMap((own, strand) =>
    own.map(({ computing }, round) =>
      strands.reduce((sum, others, i) => (i === strand ? sum : sum + resting(others, round)), computing),
    ),
  );
  return {
    matrices: bytes(plan.weights.reduce((sum, weight) => sum + setupBytes(weight), 0)),
    pass: bytes(Math.max(...most)),
  };
}

/** Bytes of a strand in a round, at most: while a node is computed, and while the strand waits. */
interface Held {
  computing: number;
  waiting: number;
}

function heldByRound(plan: Plan, strand: number): Held[] {
  const { nodes, weights, releases, rounds } = plan;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const widest = Math.max(0, ...weights.map(({ inputs, outputs, bits }) => 4 * inputs * outputs * wordsFor(bits)));
  const kept = new Set<number>();
  let alive = 0;
  return Array.from({ length: rounds + 1 }, (_, round) => {
    const due = nodesOf(plan, { round, strand });
    // In a flight: what a side says and hears.
    const flight = due.filter(talks).reduce((sum, node) => {
      const { toModelOwner, toDataOwner } = trafficOf(node);
      return sum + vectorBytes(toModelOwner) + vectorBytes(toDataOwner);
    }, 0);
    // What the data owner computes ahead is given back when the flights are over.
    const ahead = due.filter((node) => node.stage === 'ahead' && !talks(node));
    let waiting = alive + flight + ahead.reduce((sum, node) => sum + AHEAD * nodeBytes(node), 0);
    let computing = waiting;
    for (const node of due) {
      alive += keptBytes(node);
      kept.add(node.id);
      waiting = Math.max(waiting, alive + flight);
      const temporary = vectorBytes(trafficOf(node).dealt) + TEMPORARIES * nodeBytes(node) + widest;
      computing = Math.max(computing, alive + flight + temporary);
      for (const id of releases.get(node.id) ?? []) {
        const released = byId.get(id);
        if (released && kept.delete(id)) alive -= keptBytes(released);
      }
    }
    return { computing, waiting };
  });
}

const nodeBytes = (node: PlanNode): number => 4 * size(node.shape) * wordsFor(node.bits);

function keptBytes(node: PlanNode): number {
  const words = node.kind === 'lift' ? wordsFor(node.extended) : wordsFor(node.bits);
  const apart = node.kind === 'openPair' ? size(node.texts.shape) + size(node.prompts.shape) : 0;
  return ((KEPT[node.kind] ?? 1) * size(node.shape) + apart) * 4 * words;
}

const vectorBytes = (parts: readonly Part[]): number =>
  parts.reduce((sum, { n, bits }) => sum + 4 * n * wordsFor(bits), 0);
