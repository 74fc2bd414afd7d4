/** Which heads and channels of a layer share a gate. */
import type { LayerGroups, ModelConfig } from './config';
import type { TensorSource } from './tensors';

/** A layer's groups; before calibration all heads are one, and all channels. */
export const groupsOf = ({ groups, num_attention_heads, intermediate_size }: ModelConfig, layer: number): LayerGroups =>
  groups?.[layer] ?? {
    heads: [{ count: num_attention_heads, halvings: 0, mean: false }],
    channels: [intermediate_size],
  };

/**
 * Which of a layer's things are in a group. `order`: the tensor that has all of them, group after group; undefined before calibration,
 * when they are in their own order.
 */
export async function placesInGroup(
  source: TensorSource,
  order: string | undefined,
  counts: readonly number[],
  group: number,
): Promise<number[]> {
  const sum = (some: readonly number[]) => some.reduce((a, b) => a + b, 0);
  const all = order === undefined ? Array.from({ length: sum(counts) }, (_, i) => i) : await source.read(order);
  const from = sum(counts.slice(0, group));
  return Array.from(all.slice(from, from + (counts[group] ?? 0)));
}

/** What a group's tensors are called: as if there were no groups where there is one. */
export const inGroup = (name: string, group: number, groups: readonly unknown[]) =>
  groups.length === 1 ? name : `${name}.${group}`;
