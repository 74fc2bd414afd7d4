/** A whole model in the clear: the reference with its embedding, for experiments, calibration and tests. */
import type { Matrix } from '../graph/matrix';
import { loopProduct, type Product } from '../graph/product';
import { type ReferenceInputs, runReference } from '../graph/reference';
import type { PassShape } from './architecture';
import { architectureOf } from './architectures';
import type { ModelConfig } from './config';
import type { Embedding } from './embedding';
import { answerOf, type EncodedText } from './encode';
import { encoderInput, promptLayers } from './pass-input';
import { checkTensors, type TensorSource } from './tensors';

export class PlaintextModel {
  private constructor(
    readonly config: ModelConfig,
    readonly embedding: Embedding,
    /** By the graph's names. */
    readonly weights: ReadonlyMap<string, Matrix>,
    private readonly product: Product,
  ) {}

  /**
   * `product`: what multiplies matrices; whoever evaluates in bulk gives a faster one than the loop (compute/wasm/float-product). Throws,
   * naming the tensor, when one is missing, misshapen or not finite.
   */
  static async load(
    config: ModelConfig,
    source: TensorSource,
    product: Product = loopProduct,
  ): Promise<PlaintextModel> {
    const architecture = architectureOf(config);
    await checkTensors(source, architecture.privateTensors(config));
    const weights = new Map<string, Matrix>();
    for (const [name, recipe] of architecture.matrices(config)) weights.set(name, await recipe(source));
    return new PlaintextModel(config, await architecture.embedding(config, source), weights, product);
  }

  /**
   * What the reference of the graph takes for these sequences. `prompts` has one [slots · hidden] a sequence; for a deep graph one
   * [layers · slots · hidden].
   */
  inputs(
    texts: readonly EncodedText[],
    prompts: readonly (Float32Array | undefined)[],
    words: readonly number[],
  ): ReferenceInputs {
    const { inputs, masks } = encoderInput(this.config, this.embedding, texts, prompts);
    const { weights, product } = this;
    return { inputs: { ...inputs, ...masks }, weights, readout: this.embedding.columns(words), product };
  }

  /** A sentence encoder's vectors of sequences of one length, not normalised, one row [hidden] a sequence. */
  embeddings(texts: readonly EncodedText[]): Float64Array[] {
    return this.rows(texts, [], [], answerOf(this.config, 0, texts[0]?.ids.length ?? 0));
  }

  /** What a language model's logits at the answer position are read out of, one row [hidden] a sequence. */
  states(
    texts: readonly EncodedText[],
    prompts: readonly (Float32Array | undefined)[],
    answer: number,
  ): Float64Array[] {
    return this.rows(texts, prompts, [], answer);
  }

  /** Label-word logits at the answer position, one row a sequence. */
  logits(
    texts: readonly EncodedText[],
    prompts: readonly (Float32Array | undefined)[],
    words: readonly number[],
    answer: number,
  ): Float64Array[] {
    const rows = this.rows(texts, prompts, words, answer);
    return rows.map((row) => row.map((logit, j) => logit + this.embedding.bias[words[j]!]!));
  }

  /** What the graph ends with, one row a sequence. */
  private rows(
    texts: readonly EncodedText[],
    prompts: readonly (Float32Array | undefined)[],
    words: readonly number[],
    answer: number,
  ): Float64Array[] {
    const [text] = texts;
    if (!text) return [];
    const shape: PassShape = {
      sequences: texts.length,
      tokens: text.ids.length,
      answer,
      columns: words.length,
      deep: promptLayers(text, prompts[0], this.config.hidden_size) > 1,
    };
    const graph = architectureOf(this.config).graph(this.config, shape);
    const values = runReference(graph, this.inputs(texts, prompts, words));
    const width = values.length / texts.length;
    return texts.map((_, i) => values.slice(i * width, (i + 1) * width));
  }
}
