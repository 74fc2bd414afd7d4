/** How far what two parties opened is from the plaintext reference: the same model in the clear, on texts of the same run. */
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { answerOf, createEncoder } from '../src/models/encode';
import type { OwnModel } from '../src/models/own-model';
import { PlaintextModel } from '../src/models/plaintext-model';
import { readSafetensorsMetadata } from '../src/models/safetensors';
import { loadTokenizer, type TextTokenizer } from '../src/models/tokenizer';
import { type Answer, importAnswers } from '../src/session/data-owner/answers-file';
import { featureSpace } from '../src/session/data-owner/methods/features';
import { type Head, headLogits } from '../src/tuning/head';
import { importHead, type SavedHead } from '../src/tuning/head-file';
import { importPrompt } from '../src/tuning/prompt';
import { type LabelWord, resolveVerbalizer } from '../src/tuning/verbalizer';
import { cosine, embeddingsOf, spread } from './model-check';

/** Texts of a run that are compared, at most. */
const TEXTS = 100;

export interface Agreement {
  /** How many were compared. */
  texts: number;
  /** Of a sentence encoder's vectors, or of states. */
  cosine?: { least: number; mean: number };
  /** Of label words: the largest difference. */
  logits?: { largest: number };
  /** Of a head: texts that it labels otherwise by what was opened than by the reference. */
  labelledOtherwise?: number;
}

export interface Run {
  model: OwnModel;
  /** answers.safetensors */
  answers: Uint8Array;
  /** prompt.safetensors or head.safetensors */
  result: Uint8Array;
  /** The text in a row of either of the data owner's files. */
  text(place: Pick<Answer, 'file' | 'row'>): string;
}

/** Throws where files are not of one run, or a row has no text. */
export async function agreementOf({ model: own, answers, result, text }: Run): Promise<Agreement> {
  const model = await PlaintextModel.load(own.config, own.source, await createFloatProduct());
  const tokenizer = loadTokenizer(own.tokenizer, own.config);
  const chosen = spreadOver(importAnswers(answers).answers, TEXTS);
  const texts = chosen.map(text);
  const saved = savedIn(result, tokenizer);
  const rows = reference(model, tokenizer, texts, saved);
  const label = labelBy(model, saved);
  const labelledOtherwise = label && chosen.filter(({ values }, i) => label(values) !== label(rows[i]!)).length;
  const compared = { texts: texts.length, labelledOtherwise };
  if (saved.reading !== 'words')
    return { ...compared, cosine: spread(chosen.map(({ values }, i) => cosine(values, rows[i]!))) };
  const distances = chosen.flatMap(({ values }, i) => Array.from(values, (x, j) => Math.abs(x - rows[i]![j]!)));
  return { ...compared, logits: { largest: Math.max(...distances) } };
}

/** The label that a saved head gives to what was opened of a text; undefined for a prompt without one. */
function labelBy(model: PlaintextModel, { head, tokens, slots, layers, reading, words }: Saved) {
  if (!head) return undefined;
  const space = featureSpace(model, reading === 'words' ? 'words' : 'state', {
    tokens,
    promptTokens: slots,
    deep: layers > 1,
    labelWords: reading === 'words' ? words : undefined,
  });
  return (opened: Float32Array | Float64Array): number => {
    const logits = headLogits(head, space.of(Float64Array.from(opened)));
    return logits.indexOf(Math.max(...logits));
  };
}

/** What the model says of these texts in the clear, read as a run read it: a row each. */
function reference(
  model: PlaintextModel,
  tokenizer: TextTokenizer,
  texts: readonly string[],
  { tokens, slots, prompt, reading, words }: Saved,
): Float64Array[] {
  const { config } = model;
  const encoded = texts.map(createEncoder({ tokenizer, config, tokens, promptTokens: slots }));
  if (reading === 'vector') return embeddingsOf(model, encoded);
  const answer = answerOf(config, slots, tokens);
  const ids = words.map(({ token }) => token);
  return encoded.flatMap((text) =>
    reading === 'state' ? model.states([text], [prompt], answer) : model.logits([text], [prompt], ids, answer),
  );
}

/** What prompt.safetensors or head.safetensors says of how texts were read. */
interface Saved {
  /** Padded length. */
  tokens: number;
  /** Of the prompt, in every one of its layers. */
  slots: number;
  layers: number;
  prompt?: Float32Array;
  reading: SavedHead['reading'];
  /** Of the labels, in their order; none where they are not read out. */
  words: readonly LabelWord[];
  head?: Head;
}

function savedIn(result: Uint8Array, tokenizer: TextTokenizer): Saved {
  if (readSafetensorsMetadata(result).format === 'secfwt-prompt') {
    const { prompt, tokens: slots, padded: tokens, layers, labelWords } = importPrompt(result);
    const words = resolveVerbalizer(Object.keys(labelWords).sort(), labelWords, tokenizer);
    return { tokens, slots, layers, prompt, reading: 'words', words };
  }
  const { head, tokens, reading, prompt, labels, labelWords = {} } = importHead(result);
  const words = reading === 'words' ? resolveVerbalizer(labels, labelWords, tokenizer) : [];
  return {
    tokens,
    slots: prompt?.tokens ?? 0,
    layers: prompt?.layers ?? 1,
    prompt: prompt?.values,
    reading,
    words,
    head,
  };
}

/** So many of them, from the first to the last. */
function spreadOver<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
