/** Every kind of node with its protocol. */
import type { PlanNode } from '../../program/plan';
import type { NodeTraffic, OperationProtocol } from '../operation';
import { contract, open } from './contract';
import { gate, keep, phase } from './gate';
import { lift, lifted, multiply, squares } from './lift';
import { disclose, linear } from './linear';
import { add, centre, input, offset, reshape, select, sum, truncate } from './local';
import { readout } from './readout';

const PROTOCOLS = {
  input,
  truncate,
  add,
  offset,
  sum,
  centre,
  select,
  reshape,
  disclose,
  linear,
  open,
  contract,
  lift,
  lifted,
  squares,
  multiply,
  phase,
  keep,
  gate,
  readout,
};

export function protocolOf<N extends PlanNode>(node: N): OperationProtocol<N> {
  return PROTOCOLS[node.kind] as unknown as OperationProtocol<N>;
}

export function trafficOf(node: PlanNode): Required<NodeTraffic> {
  return { toModelOwner: [], toDataOwner: [], dealt: [], ...protocolOf(node).traffic?.(node) };
}
