/** Every kind of node and every kind of the graph with its row. */
import type { OperationKind, TensorOf } from '../../graph/graph';
import type { Lower, Lowering, NodeOperation, NodeRow, NodeTraffic } from '../operation';
import type { NodeKind, NodeOf, PlanNode, ShareNode, TalkingKind, WeightPlan } from '../plan';
import { contract, lowerContract, open } from './contract';
import { exponential } from './exponential';
import { gate, lowerGate, lowerMask, mask, phase } from './gate';
import { lift, lifted, lowerLift, lowerMultiply, lowerSquare, lowerSquares, multiply, square, squares } from './lift';
import { disclose, linear, lowerLinear, lowerScale, products, scale } from './linear';
import {
  add,
  causal,
  centre,
  input,
  lowerAdd,
  lowerCentre,
  lowerDoubled,
  lowerInput,
  lowerNear,
  lowerOffset,
  lowerReshape,
  lowerReversed,
  lowerSum,
  near,
  offset,
  reshape,
  reversed,
  sum,
  truncate,
} from './local';
import { lowerPair, openPair, pair } from './pair';
import { lowerReadout, readout } from './readout';
import { lowerReveal, reveal } from './reveal';
import { join, lowerJoin, lowerSelect, lowerSlice, slice } from './rows';

const NODES: { readonly [K in NodeKind]: NodeOperation<K> } = {
  input,
  truncate,
  near,
  add,
  offset,
  sum,
  centre,
  slice,
  join,
  causal,
  reshape,
  pair,
  reversed,
  disclose,
  linear,
  scale,
  products,
  open,
  openPair,
  contract,
  lift,
  lifted,
  square,
  squares,
  multiply,
  phase,
  mask,
  gate,
  exponential,
  readout,
  reveal,
};

const LOWERINGS: { readonly [K in OperationKind]: Lower<K> } = {
  input: lowerInput,
  mask: lowerMask,
  linear: lowerLinear,
  scale: lowerScale,
  gate: lowerGate,
  contract: lowerContract,
  multiply: lowerMultiply,
  square: lowerSquare,
  squares: lowerSquares,
  sum: lowerSum,
  centre: lowerCentre,
  near: lowerNear,
  add: lowerAdd,
  offset: lowerOffset,
  doubled: lowerDoubled,
  lift: lowerLift,
  select: lowerSelect,
  slice: lowerSlice,
  join: lowerJoin,
  reshape: lowerReshape,
  pair: lowerPair,
  reversed: lowerReversed,
  readout: lowerReadout,
  reveal: lowerReveal,
};

/** The same rows with the readings that a kind does not have left out. */
const ROWS: { readonly [K in NodeKind]: NodeRow<K> } = NODES;

export function rowOf<K extends NodeKind>(node: NodeOf<K>): NodeRow<K> {
  return ROWS[node.kind];
}

export function lowerTensor<K extends OperationKind>(tensor: TensorOf<K>, lowering: Lowering): PlanNode {
  const lower: Lower<K> = LOWERINGS[tensor.operation.kind as K];
  return lower(tensor, lowering);
}

export const inputsOf = (node: PlanNode): PlanNode[] => rowOf(node).inputs(node);
export const needOperandBits = (node: PlanNode, need: (operand: PlanNode, bits: number) => void): void =>
  rowOf(node).operandBits(node, need);
export const weightOf = (node: PlanNode): WeightPlan | undefined => rowOf(node).weight?.(node);
export const talks = (node: PlanNode): node is NodeOf<TalkingKind> => rowOf(node).talks;
export const isShare = (node: PlanNode): node is ShareNode => !rowOf(node).talks;
/** Whether the data owner's share of a node, or what it says of one, is made of seeds and masked matrices alone. */
export function isKnownAhead(node: PlanNode): boolean {
  const row = rowOf(node);
  if (row.fromSeeds) return true;
  if (row.readsInput?.(node)) return false;
  const inputs = inputsOf(node);
  return inputs.length > 0 && inputs.every((input) => isShare(input) && isKnownAhead(input));
}
/** Whether either party's share of what is dealt for it may come from a seed. */
export function isDealtToEither(node: PlanNode): boolean {
  const { fromSeeds, saysDealt } = rowOf(node);
  return !fromSeeds && !saysDealt;
}
export const operationsOf = (node: PlanNode): number => rowOf(node).operations?.(node) ?? 0;
export const trafficOf = (node: PlanNode): Required<NodeTraffic> => ({
  toModelOwner: [],
  toDataOwner: [],
  dealt: [],
  ...rowOf(node).traffic?.(node),
});
