/**
 * What a way of attending has to say for itself: one file each. The encoder around it (encoder.ts) knows neither how weights come about
 * nor in how many groups of heads.
 */
import type { Graph, Tensor } from '../../graph/graph';
import { axisLength } from '../../graph/shape';
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
  /** What h is paired of, where prompts are given apart. */
  apart?: Apart;
}

/** Rows [texts, tokens − slots, hidden] and [candidates, slots, hidden], which a layer reads before they have met. */
export type Apart = Readonly<Record<Part, Tensor>>;
export type Part = 'texts' | 'prompts';

/** What is made of rows one by one: of texts' and prompts' apart where they are, and then paired. */
export interface FromRows {
  whole: Tensor;
  apart?: Apart;
}

/** Of `rows`, which are h's or some of its. `make` gives a tensor called `name` in the graph that it is given. */
export function fromRows(
  graph: Graph,
  name: string,
  { h, apart }: Pick<LayerInput, 'h' | 'apart'>,
  rows: Tensor,
  make: (graph: Graph, rows: Tensor, part?: Part) => Tensor,
): FromRows {
  if (!apart || rows !== h) return { whole: make(graph, rows) };
  const of = (part: Part) => make(graph.part(part), apart[part], part);
  const made = { texts: of('texts'), prompts: of('prompts') };
  return { whole: graph.pair(name, made.texts, made.prompts, 'rows'), apart: made };
}

/** How many sequences, and rows of each: one where there is no axis of them. */
export const rowsOf = ({ shape }: Tensor): [sequences: number, rows: number] =>
  shape.length === 3 ? [axisLength(shape, 0), axisLength(shape, 1)] : [axisLength(shape, 0), 1];

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
