/**
 * Public texts as a model is calibrated on them: each as long as it is, then some joined to be as long as texts may be, and for a language
 * model under prompts such as tuning may reach.
 *
 * Batches depend on the texts and the model alone, so calibrating twice gives the same figures.
 */
import { architectureOf } from '../models/architectures';
import type { CalibrationBatch } from '../models/calibrate-model';
import type { Task } from '../models/config';
import { answerOf, createEncoder, type EncodedText, withoutPadding } from '../models/encode';
import type { OwnModel } from '../models/own-model';
import { loadTokenizer } from '../models/tokenizer';
import { SeededRandom } from '../random/generator';
import { seedFromNumber } from '../random/seed';
import { promptSpace, type TunableModel } from '../tuning/task';
import { CALIBRATED_TOKENS, DEFAULT_SETTINGS } from './defaults';

/** So many sequences of a length. */
interface Lengths {
  tokens: number;
  count: number;
}

/** Texts that are read at most; of more, so many from all over. */
const MOST_TEXTS = 1000;
const MOST_BATCH = 32;
/**
 * Sequences that are filled with texts one after the other, as far as a model takes so many tokens. What a row's exponentials add up to, and
 * how large some activations become, depends on how many tokens there are. A few of each length do: every token is a row.
 */
const JOINED: readonly Lengths[] = [
  { tokens: 96, count: 4 },
  { tokens: 128, count: 4 },
  { tokens: 192, count: 3 },
  { tokens: 256, count: 2 },
  { tokens: 384, count: 2 },
  { tokens: 512, count: 2 },
];
/**
 * Sequences that say one thing over and over. A token that stands there dozens of times attends to all its like, and its row adds up to what no row of
 * prose does; files have such rows, of dots or of a form's empty answers.
 */
const REPEATED: readonly Lengths[] = [
  { tokens: 32, count: 15 },
  { tokens: 64, count: 15 },
  { tokens: 128, count: 8 },
  { tokens: 256, count: 3 },
  { tokens: 512, count: 1 },
];
/** So many words of a text are repeated, in turn with a mark. */
const REPEATED_WORDS = [1, 3, 1, 12];
/** The smiley stands for all that a tokenizer may not know. */
const MARKS = ['.', '!', ',', '-', '0', '"', '😀', '?', '_', '*'];
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
  const longest = architecture.longestSequence(config);
  const encoderOf = (tokens: number) =>
    createEncoder({ tokenizer, config, tokens: Math.min(tokens, longest), promptTokens });
  const encode = encoderOf(CALIBRATED_TOKENS);
  const read = thinned(texts, MOST_TEXTS).map((text) => ({ text, sequence: encode(text) }));
  const used = read.filter(({ sequence }) => sequence.textUsed > 0);
  if (used.length === 0) throw new Error('the tokenizer makes nothing of any text to calibrate on: choose other text');
  const usedTexts = used.map(({ text }) => text);
  const encodersOf = (lengths: readonly Lengths[]) =>
    lengths.flatMap(({ tokens, count }) => new Array<ReturnType<typeof encoderOf>>(count).fill(encoderOf(tokens)));
  const ordinary = [
    ...used.map(({ sequence }) => sequence),
    ...joined(usedTexts, longest > CALIBRATED_TOKENS ? encodersOf(JOINED) : []),
  ];
  const repeating = repeated(usedTexts, encodersOf(REPEATED));

  const prompt =
    promptTokens > 0
      ? randomPrompts({ config, tokenizer, embedding: await architecture.embedding(config, source) }, promptTokens)
      : () => undefined;
  const batches = (sequences: readonly EncodedText[], isRepeating: boolean): CalibrationBatch[] =>
    batchesOf(sequences.map((padded) => withoutPadding(config, padded))).map((batch) => ({
      texts: batch,
      prompts: batch.map(prompt),
      answer: answerOf(config, promptTokens, batch[0]!.length),
      isRepeating,
    }));
  return [...batches(ordinary, false), ...batches(repeating, true)];
}

/** All of them, or so many from all over. */
const thinned = (texts: readonly string[], most: number): readonly string[] =>
  texts.length <= most
    ? texts
    : Array.from({ length: most }, (_, i) => texts[Math.floor((i * texts.length) / most)] as string);

/** A sequence of each encoder, filled with as many texts in a row as that takes; after the last text comes the first one again. */
function joined(texts: readonly string[], encoders: readonly ((text: string) => EncodedText)[]): EncodedText[] {
  let next = 0;
  const text = () => texts[next++ % texts.length] as string;
  return encoders.map((encode) => {
    let all = text();
    let sequence = encode(all);
    while (!sequence.truncated) {
      all += ` ${text()}`;
      sequence = encode(all);
    }
    return sequence;
  });
}

/** A sequence of each encoder that one thing fills, as far as the tokenizer makes anything of it. */
function repeated(texts: readonly string[], encoders: readonly ((text: string) => EncodedText)[]): EncodedText[] {
  const thing = (i: number): string => {
    if (i % 2 === 0) return MARKS[(i / 2) % MARKS.length] as string;
    const words = (texts[Math.floor((i * texts.length) / encoders.length)] as string).split(/\s+/);
    return words.slice(0, REPEATED_WORDS[((i - 1) / 2) % REPEATED_WORDS.length]).join(' ');
  };
  return encoders
    .map((encode, i) => {
      let all = thing(i);
      // Twice as long each time: a tokenizer may make one token of all of it.
      let sequence = encode(all);
      for (let length = 1; !sequence.truncated && length < 1024; length *= 2) {
        all = `${all} ${all}`;
        sequence = encode(all);
      }
      return sequence;
    })
    .filter(({ textUsed }) => textUsed > 0);
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
