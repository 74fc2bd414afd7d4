/**
 * What a way of attending has to say for itself: one file each. The encoder around it (encoder.ts) knows neither how weights come about
 * nor in how many groups of heads.
 */
import type { Graph, Tensor } from '../../graph/graph';
import type { PassShape, Recipe, TensorShapes } from '../architecture';
import type { ModelConfig } from '../config';

/** What a checkpoint calls a layer's parts of attention. Linear maps have a `.weight` and a `.bias` each; `frequencies` is a tensor. */
export type AttentionNames = Record<'query' | 'key' | 'value' | 'attentionOutput' | 'frequencies', string>;

/** A layer of a checkpoint. */
export interface StoredLayer {
  config: ModelConfig;
  index: number;
  names: AttentionNames;
  /** The norm that wrote the layer's input; none before the first. */
  before: string | undefined;
}

/** A layer of a graph. */
export interface LayerInput {
  index: number;
  /** Hidden states [sequences, tokens, hidden] that are attended to. */
  h: Tensor;
  /** Those that attend, [sequences, tokens, hidden] or, with one a sequence, [sequences, hidden]. */
  x: Tensor;
}

/** The attention of one graph. */
export interface Attending {
  /** What comes out of the output's matrix, shaped like x. */
  attend(layer: LayerInput): Tensor;
  /**
   * Masks [sequences, tokens] of the kinds of tokens that the norm behind a layer treats one by one. Padding is of none: it leaves the
   * norm as zeros. Undefined where padding is taken care of elsewhere.
   */
  kinds?(): readonly Tensor[];
}

export interface Attention {
  /** What a layer needs beyond the linear maps. */
  tensors(config: ModelConfig, index: number, names: AttentionNames): TensorShapes;
  /** Recipes by the graph's names, without the mean of what a token gets (the norm behind would take it off). */
  matrices(layer: StoredLayer): Iterable<readonly [name: string, recipe: Recipe]>;
  begin(graph: Graph, config: ModelConfig, shape: PassShape): Attending;
}
