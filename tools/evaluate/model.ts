/** A model's files, and the model itself fast enough for hundreds of thousands of forward passes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerPosition, type EncodedText } from '../../src/data/encode';
import type { ModelConfig } from '../../src/models/config';
import { encoder } from '../../src/models/encoder';
import type { NamedTensors } from '../../src/models/fold';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { readSafetensors } from '../../src/models/safetensors';
import { loadTokenizer, type TextTokenizer } from '../../src/models/tokenizer';
import { parseConfig } from '../../src/session/control';
import { compile, type FastNetwork, load, type Values } from './fast-twin';

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
  readonly plain: PlaintextModel;
  private readonly weights: Values;

  /** `networks` may be shared by models of one architecture. Needs `startJax`. */
  constructor(
    config: ModelConfig,
    tensors: NamedTensors,
    private readonly words: number[],
    readonly networks = new Map<string, FastNetwork>(),
  ) {
    this.plain = new PlaintextModel(config, tensors);
    this.weights = load(this.plain.weights, this.plain.embedding.columns(words), words.length);
  }

  dispose(): void {
    for (const value of Object.values(this.weights)) value.dispose();
  }

  /** Label-word logits at the answer position, one row a sequence. */
  logits(texts: readonly EncodedText[], prompts: readonly Float32Array[], promptTokens: number): Float64Array[] {
    const out = new Array<Float64Array>(texts.length);
    // Padding changes nothing, so texts of like length go together and are cut behind the longest.
    const order = [...texts.keys()].sort((a, b) => texts[a]!.kept - texts[b]!.kept);
    for (let at = 0; at < order.length; at += BATCH) {
      const part = order.slice(at, at + BATCH);
      const full = [...part, ...new Array<number>(BATCH - part.length).fill(part.at(-1)!)];
      const longest = Math.ceil(texts[part.at(-1)!]!.kept / LENGTH_STEP) * LENGTH_STEP;
      const tokens = Math.min(longest, texts[0]!.ids.length);
      const cut = full.map((i) => ({ ...texts[i]!, ids: texts[i]!.ids.subarray(0, tokens) }));
      const given = full.map((i) => prompts[i]!);
      const { inputs } = this.plain.inputs(cut, given, []);
      const deep = Object.keys(inputs).some((name) => name.endsWith('.prompt'));
      const values = this.network(tokens, promptTokens, deep)(this.weights, inputs);
      const { bias } = this.plain.embedding;
      for (const [row, i] of part.entries()) {
        out[i] = Float64Array.from(this.words, (word, j) => values[row * this.words.length + j]! + bias[word]!);
      }
    }
    return out;
  }

  private network(tokens: number, promptTokens: number, deep: boolean): FastNetwork {
    const key = [tokens, promptTokens, deep, this.words.length].join();
    let network = this.networks.get(key);
    if (!network) {
      const shape = { sequences: BATCH, tokens, answer: answerPosition(promptTokens), words: this.words.length, deep };
      network = compile(this.plain.config, encoder(this.plain.config, shape));
      this.networks.set(key, network);
    }
    return network;
  }
}
