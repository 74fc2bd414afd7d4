/** A model's files, and the model itself fast enough for hundreds of thousands of forward passes. */
import { architectureOf } from '../../src/models/architectures';
import type { ModelConfig } from '../../src/models/config';
import { answerPosition, type EncodedText } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource, type NamedTensors } from '../../src/models/tensors';
import { loadTokenizer, type TextTokenizer } from '../../src/models/tokenizer';
import { openModelFolder } from '../model-folder';
import { compile, type FastGraph, load, type Values } from './fast-reference';

export interface Model {
  config: ModelConfig;
  tokenizer: TextTokenizer;
  /** Under the architecture's names. */
  tensors: NamedTensors;
}

/** All of it in memory. Throws as `openModelFolder` does. */
export async function readModel(folder: string): Promise<Model> {
  const { config, tokenizer, source, close } = await openModelFolder(folder);
  try {
    const architecture = architectureOf(config);
    const tensors: NamedTensors = new Map();
    for (const [name, shape] of Object.entries({
      ...architecture.publicTensors(config),
      ...architecture.privateTensors(config),
    }))
      tensors.set(name, { shape, data: (await source.read(name)).slice() });
    return { config, tokenizer: loadTokenizer(tokenizer, config), tensors };
  } finally {
    await close();
  }
}

/** Sequences of a pass. */
const BATCH = 32;
/** Lengths are rounded up to a multiple of this: every length is traced once. */
const LENGTH_STEP = 8;

export class FastModel {
  private constructor(
    readonly plain: PlaintextModel,
    /** Added to what is read, one number a column. */
    private readonly bias: readonly number[],
    /** Compiled, by shape. */
    readonly graphs: Map<string, FastGraph>,
    private readonly weights: Values,
  ) {}

  /**
   * What is read at the answer position: the logits of label words, or all of the hidden state that they are products of. `graphs` may be
   * shared by models of one architecture. Needs `startJax`.
   */
  static async load(
    config: ModelConfig,
    tensors: NamedTensors,
    words: readonly number[] | 'state',
    graphs = new Map<string, FastGraph>(),
  ): Promise<FastModel> {
    const plain = await PlaintextModel.load(config, memorySource(tensors));
    const { embedding } = plain;
    const [readout, bias] =
      words === 'state'
        ? [identity(config.hidden_size), new Array<number>(config.hidden_size).fill(0)]
        : [embedding.columns(words), words.map((word) => embedding.bias[word]!)];
    return new FastModel(plain, bias, graphs, load(plain.weights, readout, bias.length));
  }

  dispose(): void {
    for (const value of Object.values(this.weights)) value.dispose();
  }

  /** What is read at the answer position, one row a sequence. */
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
      for (const [row, i] of part.entries())
        out[i] = Float64Array.from(this.bias, (bias, j) => values[row * this.bias.length + j]! + bias);
    }
    return out;
  }

  private graph(tokens: number, promptTokens: number, deep: boolean): FastGraph {
    const key = [tokens, promptTokens, deep, this.bias.length].join();
    let graph = this.graphs.get(key);
    if (!graph) {
      const shape = {
        sequences: BATCH,
        tokens,
        answer: answerPosition(promptTokens),
        columns: this.bias.length,
        deep,
      };
      const { config } = this.plain;
      graph = compile(architectureOf(config).graph(config, shape));
      this.graphs.set(key, graph);
    }
    return graph;
  }
}

/** [size, size] */
function identity(size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) out[i * size + i] = 1;
  return out;
}
