/** A model's files, and the model itself fast enough for hundreds of thousands of forward passes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { architectureOf } from '../../src/models/architectures';
import { type ModelConfig, parseConfig } from '../../src/models/config';
import { answerPosition, type EncodedText } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { readSafetensors } from '../../src/models/safetensors';
import { memorySource, type NamedTensors } from '../../src/models/tensors';
import { loadTokenizer, type TextTokenizer } from '../../src/models/tokenizer';
import { compile, type FastGraph, load, type Values } from './fast-reference';

export interface Model {
  config: ModelConfig;
  tokenizer: TextTokenizer;
  tensors: NamedTensors;
}

export function readModel(folder: string): Model {
  const file = (name: string) => readFileSync(join(folder, name));
  const config = parseConfig(file('config.json').toString());
  return {
    config,
    tokenizer: loadTokenizer(file('tokenizer.json').toString(), config),
    tensors: readSafetensors(file('model.safetensors')),
  };
}

/** Sequences of a pass. */
const BATCH = 32;
/** Lengths are rounded up to a multiple of this: every length is traced once. */
const LENGTH_STEP = 8;

export class FastModel {
  private constructor(
    readonly plain: PlaintextModel,
    private readonly words: readonly number[],
    /** Compiled, by shape. */
    readonly graphs: Map<string, FastGraph>,
    private readonly weights: Values,
  ) {}

  /** `graphs` may be shared by models of one architecture. Needs `startJax`. */
  static async load(
    config: ModelConfig,
    tensors: NamedTensors,
    words: readonly number[],
    graphs = new Map<string, FastGraph>(),
  ): Promise<FastModel> {
    const plain = await PlaintextModel.load(config, memorySource(tensors));
    return new FastModel(plain, words, graphs, load(plain.weights, plain.embedding.columns(words), words.length));
  }

  dispose(): void {
    for (const value of Object.values(this.weights)) value.dispose();
  }

  /** Label-word logits at the answer position, one row a sequence. */
  logits(texts: readonly EncodedText[], prompts: readonly Float32Array[], promptTokens: number): Float64Array[] {
    const out = new Array<Float64Array>(texts.length);
    // Padding changes nothing, so texts of like length go together and are cut behind the longest.
    const order = [...texts.keys()].sort((a, b) => texts[a]!.length - texts[b]!.length);
    for (let at = 0; at < order.length; at += BATCH) {
      const part = order.slice(at, at + BATCH);
      const full = [...part, ...new Array<number>(BATCH - part.length).fill(part.at(-1)!)];
      const longest = Math.ceil(texts[part.at(-1)!]!.length / LENGTH_STEP) * LENGTH_STEP;
      const tokens = Math.min(longest, texts[0]!.ids.length);
      const cut = full.map((i) => ({ ...texts[i]!, ids: texts[i]!.ids.subarray(0, tokens) }));
      const given = full.map((i) => prompts[i]!);
      const { inputs } = this.plain.inputs(cut, given, []);
      const deep = Object.keys(inputs).some((name) => name.endsWith('.prompt'));
      const values = this.graph(tokens, promptTokens, deep)(this.weights, inputs);
      const { bias } = this.plain.embedding;
      for (const [row, i] of part.entries()) {
        out[i] = Float64Array.from(this.words, (word, j) => values[row * this.words.length + j]! + bias[word]!);
      }
    }
    return out;
  }

  private graph(tokens: number, promptTokens: number, deep: boolean): FastGraph {
    const key = [tokens, promptTokens, deep, this.words.length].join();
    let graph = this.graphs.get(key);
    if (!graph) {
      const shape = {
        sequences: BATCH,
        tokens,
        answer: answerPosition(promptTokens),
        columns: this.words.length,
        deep,
      };
      const { config } = this.plain;
      graph = compile(architectureOf(config).graph(config, shape));
      this.graphs.set(key, graph);
    }
    return graph;
  }
}
