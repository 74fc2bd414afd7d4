/**
 * What a way of attending has to say for itself: one file each. The encoder around it (encoder.ts) knows neither how weights come about
 * nor in how many groups of heads.
 */
import type { Graph, Tensor } from '../../graph/graph';
import type { PassShape, Recipe, TensorShapes } from '../architecture';
import type { ModelConfig } from '../config';

/** A layer of a checkpoint. */
export interface StoredLayer {
  config: ModelConfig;
  index: number;
  /** [hidden, hidden] each, reading what the graph has in front of them: the γ and β of a norm there are folded in. */
  maps: Record<'query' | 'key' | 'value' | 'output', Recipe>;
  /** Of random features: the name of their tensor. */
  frequencies?: string;
}

/** A layer of a graph. */
export interface LayerInput {
  index: number;
  /** Hidden states [sequences, tokens, hidden] that are attended to. */
  h: Tensor;
  /** Those that attend, [sequences, tokens, hidden] or, with one a sequence, [sequences, hidden]. */
  x: Tensor;
}

export interface AttentionOptions {
  /** Whether a token attends to none that comes after it. */
  causal?: boolean;
}

/** The attention of one graph. */
export interface Attending {
  /** What comes out of the output's matrix, shaped like x. */
  attend(layer: LayerInput): Tensor;
  /**
   * Masks [sequences, tokens] of the kinds of tokens that the norm in front of a layer treats one by one. Padding is of none: it leaves
   * the norm as zeros. Undefined where padding is taken care of elsewhere.
   */
  kinds?(): readonly Tensor[];
}

export interface Attention {
  /** What a layer needs beyond the linear maps. */
  tensors(config: ModelConfig, index: number, frequencies?: string): TensorShapes;
  /** Recipes by the graph's names, without the mean of what a token gets (the norm behind would take it off). */
  matrices(layer: StoredLayer): Iterable<readonly [name: string, recipe: Recipe]>;
  /** Throws for what cannot be causal. */
  begin(graph: Graph, config: ModelConfig, shape: PassShape, options?: AttentionOptions): Attending;
}
