/** A whole model in the clear: the plaintext twin with its embedding, for experiments, calibration and tests. */
import type { EncodedText } from '../data/encode';
import { univariate } from '../program/functions';
import { runTwin, type TwinInputs } from '../program/twin';
import type { ModelConfig } from './config';
import { Embedding } from './embedding';
import { type EncoderShape, encoder } from './encoder';
import { foldWeights, type Matrix, type NamedTensors } from './fold';
import { encoderInput, promptLayers } from './pass-input';

export class PlaintextModel {
  readonly embedding: Embedding;
  readonly weights: Map<string, Matrix>;

  /** Throws, naming the tensor, when one is missing or misshapen. */
  constructor(
    readonly config: ModelConfig,
    tensors: NamedTensors,
  ) {
    this.embedding = new Embedding(config, tensors);
    this.weights = foldWeights(config, tensors);
  }

  /**
   * What the twin of `encoder(config, shape)` takes for these sequences. `prompts` has one [slots · hidden] a sequence; for a deep
   * encoder one [layers · slots · hidden].
   */
  inputs(texts: readonly EncodedText[], prompts: readonly (Float32Array | undefined)[], words: number[]): TwinInputs {
    const { inputs, masks } = encoderInput(this.config, this.embedding, texts, prompts);
    return {
      inputs: { ...inputs, ...masks },
      weights: this.weights,
      readout: this.embedding.columns(words),
      functions: (gate) => gate.functions.map((f) => univariate(f, gate.constants, this.config)),
    };
  }

  /** Label-word logits at the answer position, one row a sequence. */
  logits(
    texts: readonly EncodedText[],
    prompts: readonly (Float32Array | undefined)[],
    words: number[],
    answer: number,
  ): Float64Array[] {
    const shape: EncoderShape = {
      sequences: texts.length,
      tokens: texts[0]!.ids.length,
      answer,
      words: words.length,
      deep: promptLayers(texts[0]!, prompts[0], this.config.hidden_size) > 1,
    };
    const values = runTwin(encoder(this.config, shape), this.inputs(texts, prompts, words));
    return texts.map((_, i) =>
      Float64Array.from(words, (word, j) => values[i * words.length + j]! + this.embedding.bias[word]!),
    );
  }
}
