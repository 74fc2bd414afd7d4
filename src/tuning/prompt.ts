/**
 * The soft prompt p = p0 + A z: what is tuned are the few numbers z, what the network sees are tokens × hidden numbers.
 *
 * A is random and fixed (Sun et al., Black-Box Tuning for Language-Model-as-a-Service, arXiv 2201.03514). Its entries have the
 * spread of the embedding table over √dimension, so that z of unit variance moves the prompt about as far as one word's
 * embedding lies from another's.
 */
import { readSafetensors, readSafetensorsMetadata, writeSafetensors } from '../models/safetensors';
import type { SeededRandom } from '../random/generator';
import { countOf, type SavedFor, savedMetadata, wordsOf } from './saved';

export interface PromptSpaceOptions {
  tokens: number;
  hidden: number;
  /** Length of z. */
  dimension: number;
  /** p0, [tokens, hidden]; see `promptFromWords`. Default zero. */
  base?: Float32Array;
  /** Standard deviation of the embedding table's entries; see `spread`. */
  std: number;
  /** Determines A. */
  random: SeededRandom;
  /** Of prompts for layers after the first, as in BBTv2 (arXiv 2205.11200), their entries' spread. Each has its own A and is zero at the origin. */
  deep?: readonly number[];
}

/** Spread of deep prompts' entries, in hidden states' own: calibrations hold for it, and twice as much was measured to hurt. */
export const DEEP_STD = 0.25;

export class PromptSpace {
  readonly tokens: number;
  readonly hidden: number;
  readonly dimension: number;
  readonly #base: Float32Array;
  /** A, [layers · tokens · hidden, dimension] */
  readonly #matrix: Float32Array;

  constructor({ tokens, hidden, dimension, base, std, random, deep = [] }: PromptSpaceOptions) {
    const size = tokens * hidden;
    const stds = [std, ...deep];
    const all = size * stds.length;
    if (base && base.length !== size) throw new RangeError(`p0 has ${base.length} numbers, not ${tokens} × ${hidden}.`);
    const wrong = stds.find((each) => !(each > 0 && Number.isFinite(each)));
    if (wrong !== undefined) throw new RangeError(`The spread of embeddings or hidden states cannot be ${wrong}.`);
    this.tokens = tokens;
    this.hidden = hidden;
    this.dimension = dimension;
    this.#base = new Float32Array(all);
    this.#base.set(base ?? []);
    const scale = (row: number) => stds[Math.floor(row / size)]! / Math.sqrt(dimension);
    this.#matrix = Float32Array.from({ length: all * dimension }, (_, i) => {
      return scale(Math.floor(i / dimension)) * random.normal();
    });
  }

  /** p0 + A z, [tokens, hidden]; with deep prompts [layers, tokens, hidden]. */
  at(z: Float64Array): Float32Array {
    const n = this.dimension;
    if (z.length !== n) throw new RangeError(`z has ${z.length} numbers, not ${n}.`);
    return this.#base.map((p, i) => {
      for (let j = 0; j < n; j++) p += this.#matrix[i * n + j]! * z[j]!;
      return p;
    });
  }
}

/** The standard deviation of an embedding table's entries. */
export function spread(table: Float32Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of table) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / table.length;
  return Math.sqrt(Math.max(0, squares / table.length - mean * mean));
}

/**
 * A first prompt [tokens, hidden] that says something: the embeddings of these token ids, repeated or cut to `tokens`.
 * `table` is the embedding table [vocabulary, hidden].
 */
export function promptFromWords(
  ids: readonly number[],
  tokens: number,
  table: Float32Array,
  hidden: number,
): Float32Array {
  const prompt = new Float32Array(tokens * hidden);
  if (ids.length === 0) return prompt;
  for (let t = 0; t < tokens; t++) {
    const id = ids[t % ids.length]!;
    const row = table.subarray(id * hidden, (id + 1) * hidden);
    if (row.length !== hidden) throw new RangeError(`The embedding table has no token ${id}.`);
    prompt.set(row, t * hidden);
  }
  return prompt;
}

/** A tuned prompt together with what is needed to use it again. */
export interface SavedPrompt extends SavedFor {
  /** [layers · tokens, hidden] */
  prompt: Float32Array;
  /** Slots in a text's sequence. */
  tokens: number;
  hidden: number;
  /** Layers that it is for: 1, or with deep prompts all. */
  layers: number;
  /** Padded length of the sequences that it was tuned on. */
  padded: number;
  /** label → label word */
  labelWords: Record<string, string>;
  /** Whatever else is worth keeping: accuracy, date, settings. */
  notes?: Record<string, string>;
}

const METADATA = savedMetadata('secfwt-prompt', {
  words: wordsOf,
  padded_tokens: countOf,
  layers: countOf,
});

/** A safetensors file with the tensor `prompt` [layers · tokens, hidden] in F32. */
export function exportPrompt(saved: SavedPrompt): Uint8Array<ArrayBuffer> {
  const { prompt, tokens, hidden, layers, padded, labelWords, notes } = saved;
  const own = METADATA.write(saved, {
    words: JSON.stringify(labelWords),
    padded_tokens: String(padded),
    layers: String(layers),
  });
  return writeSafetensors(new Map([['prompt', { shape: [layers * tokens, hidden], data: prompt }]]), {
    dtype: 'F32',
    metadata: { ...notes, ...own },
  });
}

/** @throws Error for anything that `exportPrompt` did not write. */
export function importPrompt(bytes: Uint8Array): SavedPrompt {
  const {
    words,
    padded_tokens,
    layers,
    model,
    digest,
    format: _,
    version: __,
    ...notes
  } = METADATA.read(readSafetensorsMetadata(bytes), 'a saved prompt');
  const tensor = readSafetensors(bytes).get('prompt');
  const [rows = 0, hidden = 0] = tensor?.shape ?? [];
  if (tensor?.shape.length !== 2 || rows === 0 || hidden === 0 || rows % layers !== 0)
    throw new Error(`This file is not a saved prompt: it has no tensor prompt [${layers} · tokens, hidden].`);
  if (!tensor.data.every(Number.isFinite))
    throw new Error('This file is not a saved prompt: some of its numbers are none.');
  return {
    prompt: tensor.data,
    tokens: rows / layers,
    hidden,
    layers,
    padded: padded_tokens,
    model,
    digest,
    labelWords: words,
    notes: notes as Record<string, string>,
  };
}
