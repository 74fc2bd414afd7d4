/** Which heads and channels of a layer share a gate. */
import type { LayerGroups, ModelConfig } from './config';

/** A layer's groups; before calibration all heads are one, and all channels. */
export const groupsOf = ({ groups, num_attention_heads, intermediate_size }: ModelConfig, layer: number): LayerGroups =>
  groups?.[layer] ?? { heads: [{ count: num_attention_heads, halvings: 0 }], channels: [intermediate_size] };

/** What a group's tensors are called: as if there were no groups where there is one. */
export const inGroup = (name: string, group: number, groups: readonly unknown[]) =>
  groups.length === 1 ? name : `${name}.${group}`;
