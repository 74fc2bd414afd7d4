/**
 * What an architecture has to say for itself: one file in architectures/ says it, one line of architectures/index.ts registers it.
 *
 * Nothing else knows its tensors' names. The graph it writes has inputs that every architecture shares: `embedded` [sequences, tokens,
 * hidden] (or, of prompts that are given apart, `embedded.texts` and `embedded.prompts`), masks [sequences, tokens] of tokens and what is made of them (pass-input.ts), and, for deep prompts, `layer.i.prompt` for
 * i ≥ 1, shaped like `embedded`; its last tensor is the readout of the label words at the answer position, or `state` [sequences, hidden], what
 * those would be read out of. A sentence encoder's last tensor is the embedding [sequences, hidden], not normalised, and where that is a
 * mean there is the input `pooling`, each token's weight [sequences, tokens].
 */
import type { Graph } from '../graph/graph';
import type { Matrix } from '../graph/matrix';
import type { Shape } from '../graph/shape';
import type { ModelConfig } from './config';
import type { Embedding } from './embedding';
import type { TensorSource } from './tensors';

/** What of a pass decides the graph. */
export interface PassShape {
  sequences: number;
  /**
   * Tokens of a prompt that is given apart from the texts, whose rows are what is left of `tokens`, in the first layer's input and in masks with the prompt's
   * behind them. None by default: whatever prompt there is stands in the texts.
   */
  slots?: number;
  /** Whose prompts stand before every text: sequences are every candidate's with every text, candidate by candidate. By default one. */
  candidates?: number;
  tokens: number;
  /** Index of the token whose label-word logits are read. */
  answer: number;
  /** How many label words are read; 0: none, but all that they would be read out of, as always of a sentence encoder. */
  columns: number;
  /** Whether the data owner adds a prompt to every layer's input: on its own share, at no cost. */
  deep?: boolean;
  /** How random feature attention associates; by default whichever opens less in between. */
  order?: 'pairs' | 'features';
  /** In how many blocks of queries, at most, a causal model attends: pairs that are not seen are left out block by block. By default several (attention/softmax.ts). */
  blocks?: number;
}

/** Shapes by tensor name. */
export type TensorShapes = Readonly<Record<string, Shape>>;

/** How one private matrix (or vector: a matrix of one row) is made of stored tensors. */
export type Recipe = (source: TensorSource) => Promise<Matrix>;

export interface Architecture {
  /** config.json's model_type. */
  readonly modelType: string;
  /**
   * config.json's fields under the names of ModelConfig, with the library's values for those that are missing; the values are checked
   * afterwards. `header`: of the weights, under the names below, where there are any. Throws, naming the field, for what can't be run.
   */
  normalise(json: Readonly<Record<string, unknown>>, header?: TensorSource['header']): Record<string, unknown>;
  /** What a checkpoint may call a tensor differently (with no prefix, say), in the names below; itself where it knows no better. */
  canonicalName(stored: string): string;
  /** What its models can be run for; the first of them is what they are for where nothing says otherwise. */
  readonly tasks: readonly ModelConfig['task'][];
  readonly attentions: readonly ModelConfig['attention'][];
  /** A tensor that only a checkpoint with a language model's head has. Undefined where all have it. */
  readonly headTensor?: string;
  /** The output layer's matrix, which some checkpoints store though it is the word embeddings once more, and those. */
  readonly tied: readonly [output: string, words: string];
  /** Tokens of the longest sequence, padding included. */
  longestSequence(config: ModelConfig): number;
  /** What the data owner needs to embed its texts itself, in the order in which it is sent. */
  publicTensors(config: ModelConfig): TensorShapes;
  /** What stays with the model owner. */
  privateTensors(config: ModelConfig): TensorShapes;
  /** The data owner's first step. Throws, naming the tensor, when one is missing, misshapen or not finite. */
  embedding(config: ModelConfig, source: TensorSource): Promise<Embedding>;
  /** The forward pass from `embedded` to the label words' logits (without their bias), or to the state or vector. */
  graph(config: ModelConfig, shape: PassShape): Graph;
  /**
   * How large hidden states in front of a layer after the first are, at the least, as a root mean square: what a prompt for it is measured by. Throws
   * PlanError where that is for calibration to say, and it did not.
   */
  hiddenSpread(config: ModelConfig, layer: number): number;
  /** Recipes by the graph's weight names. */
  matrices(config: ModelConfig): ReadonlyMap<string, Recipe>;
}
