/** When a role that walks nodes in an order can forget them. */
import { inputsOf } from './operations';
import type { PlanNode } from './plan';

/** After which node which others are needed no more: by ids. What nobody reads is needed no more itself, unless it is opened. */
export function releasesOf(order: readonly PlanNode[]): Map<number, number[]> {
  const last = new Map<number, number>();
  for (const node of order) if (node.kind !== 'readout' && node.kind !== 'reveal') last.set(node.id, node.id);
  for (const node of order) for (const input of inputsOf(node)) last.set(input.id, node.id);
  const result = new Map<number, number[]>();
  for (const [input, node] of last) result.set(node, [...(result.get(node) ?? []), input]);
  return result;
}
