/**
 * Public texts as a model is calibrated on them: each as long as it is, and for a language model under prompts such as tuning may reach.
 *
 * Batches depend on the texts and the model alone, so calibrating twice gives the same figures.
 */
import { architectureOf } from '../models/architectures';
import type { CalibrationBatch } from '../models/calibrate-model';
import type { Task } from '../models/config';
import { answerOf, createEncoder, type EncodedText, type EncodingOptions, withoutPadding } from '../models/encode';
import type { OwnModel } from '../models/own-model';
import { loadTokenizer } from '../models/tokenizer';
import { SeededRandom } from '../random/generator';
import { seedFromNumber } from '../random/seed';
import { promptSpace, type TunableModel } from '../tuning/task';
import { CALIBRATED_TOKENS, DEFAULT_SETTINGS } from './defaults';

/** Texts that are read at most; of more, so many from all over. */
const MOST_TEXTS = 1000;
const MOST_BATCH = 32;
/** Random prompts go this far: what tuning may reach. */
const PROMPT_SPREAD = 2;

const PROMPT_TOKENS: { readonly [K in Task]: number } = {
  'masked-lm': DEFAULT_SETTINGS.promptTokens,
  'causal-lm': DEFAULT_SETTINGS.promptTokens,
  embedding: 0,
};

/** The texts of a file that has one a line. */
export const textsIn = (file: string): string[] =>
  file
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/**
 * Batches for `calibrateModel`, each of at most 32 sequences of one length.
 * @throws Error for no text at all, and for a model that takes no text.
 */
export async function calibrationBatches(
  texts: readonly string[],
  { config, tokenizer: json, source }: Pick<OwnModel, 'config' | 'tokenizer' | 'source'>,
): Promise<CalibrationBatch[]> {
  if (texts.length === 0) throw new Error('there is no text to calibrate on: one text a line is needed');
  const architecture = architectureOf(config);
  const tokenizer = loadTokenizer(json, config);
  const promptTokens = PROMPT_TOKENS[config.task];
  const tokens = Math.min(CALIBRATED_TOKENS, architecture.longestSequence(config));
  const sequences = thinned(texts, MOST_TEXTS).flatMap(unpadded({ tokenizer, config, tokens, promptTokens }));
  if (sequences.length === 0)
    throw new Error('the tokenizer makes nothing of any text to calibrate on: choose other text');

  const prompt =
    promptTokens > 0
      ? randomPrompts({ config, tokenizer, embedding: await architecture.embedding(config, source) }, promptTokens)
      : () => undefined;
  return batchesOf(sequences).map((batch) => ({
    texts: batch,
    prompts: batch.map(prompt),
    answer: answerOf(config, promptTokens, batch[0]!.length),
  }));
}

/** All of them, or so many from all over. */
const thinned = (texts: readonly string[], most: number): readonly string[] =>
  texts.length <= most
    ? texts
    : Array.from({ length: most }, (_, i) => texts[Math.floor((i * texts.length) / most)] as string);

/** A text's sequence, as long as it is and at most `tokens`; none for a text without tokens. */
function unpadded(options: EncodingOptions): (text: string) => EncodedText[] {
  const encode = createEncoder(options);
  return (text) => {
    const padded = encode(text);
    return padded.textUsed === 0 ? [] : [withoutPadding(options.config, padded)];
  };
}

/** The shortest first: progress is then seen at once. */
function batchesOf(sequences: readonly EncodedText[]): EncodedText[][] {
  const batches: EncodedText[][] = [];
  for (const sequence of [...sequences].sort((a, b) => a.length - b.length)) {
    const last = batches.at(-1);
    if (last && last.length < MOST_BATCH && last[0]?.length === sequence.length) last.push(sequence);
    else batches.push([sequence]);
  }
  return batches;
}

/** A quarter plain, the rest of every size up to the spread. */
function randomPrompts(model: TunableModel, promptTokens: number): () => Float32Array {
  const random = new SeededRandom(seedFromNumber(1), 'calibration');
  const { promptText, dimension } = DEFAULT_SETTINGS;
  const space = promptSpace(model, { promptText, promptTokens, dimension, deep: 0 }, random);
  let drawn = 0;
  return () => {
    const size = drawn++ % 4 === 0 ? 0 : PROMPT_SPREAD * random.uniform();
    return space.at(Float64Array.from({ length: dimension }, () => size * random.normal()));
  };
}
