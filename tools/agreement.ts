/** How far what two parties opened is from the plaintext reference: the same model in the clear, on texts of the same run. */
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { answerOf, createEncoder } from '../src/models/encode';
import type { OwnModel } from '../src/models/own-model';
import { PlaintextModel } from '../src/models/plaintext-model';
import { readSafetensorsMetadata } from '../src/models/safetensors';
import { loadTokenizer, type TextTokenizer } from '../src/models/tokenizer';
import { type Answer, importAnswers } from '../src/session/data-owner/answers-file';
import { featureSpace } from '../src/session/data-owner/methods/features';
import { headLogits } from '../src/tuning/head';
import { importHead } from '../src/tuning/head-file';
import { importPrompt } from '../src/tuning/prompt';
import { resolveVerbalizer } from '../src/tuning/verbalizer';
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
  const { rows, areLogits } = reference(model, tokenizer, texts, result);
  const label = labelBy(model, tokenizer, result);
  const labelledOtherwise = label && chosen.filter(({ values }, i) => label(values) !== label(rows[i]!)).length;
  const compared = { texts: texts.length, labelledOtherwise };
  if (!areLogits) return { ...compared, cosine: spread(chosen.map(({ values }, i) => cosine(values, rows[i]!))) };
  const distances = chosen.flatMap(({ values }, i) => Array.from(values, (x, j) => Math.abs(x - rows[i]![j]!)));
  return { ...compared, logits: { largest: Math.max(...distances) } };
}

/** The label that a saved head gives to what was opened of a text; undefined for a prompt without one. */
function labelBy(model: PlaintextModel, tokenizer: TextTokenizer, result: Uint8Array) {
  if (readSafetensorsMetadata(result).format === 'secfwt-prompt') return undefined;
  const { head, tokens, reading, prompt, labels, labelWords = {} } = importHead(result);
  const space = featureSpace(model, reading === 'words' ? 'words' : 'state', {
    tokens,
    promptTokens: prompt?.tokens ?? 0,
    deep: (prompt?.layers ?? 1) > 1,
    labelWords: reading === 'words' ? resolveVerbalizer(labels, labelWords, tokenizer) : undefined,
  });
  return (opened: Float32Array | Float64Array): number => {
    const logits = headLogits(head, space.of(Float64Array.from(opened)));
    return logits.indexOf(Math.max(...logits));
  };
}

/** What the model says of these texts in the clear, read as a run read it. */
function reference(model: PlaintextModel, tokenizer: TextTokenizer, texts: readonly string[], result: Uint8Array) {
  const { config } = model;
  const { tokens, prompt, reading, labelWords } = readingOf(result);
  const slots = prompt?.tokens ?? 0;
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens: slots });
  const encoded = texts.map(encode);
  if (reading === 'vector') return { rows: embeddingsOf(model, encoded), areLogits: false };
  const answer = answerOf(config, slots, tokens);
  const words = resolveVerbalizer(Object.keys(labelWords).sort(), labelWords, tokenizer).map(({ token }) => token);
  const rows = encoded.flatMap((text) =>
    reading === 'state'
      ? model.states([text], [prompt?.values], answer)
      : model.logits([text], [prompt?.values], words, answer),
  );
  return { rows, areLogits: reading === 'words' };
}

/** Of prompt.safetensors or head.safetensors. */
function readingOf(result: Uint8Array) {
  if (readSafetensorsMetadata(result).format !== 'secfwt-prompt') {
    const { labelWords = {}, ...head } = importHead(result);
    return { ...head, labelWords };
  }
  const { prompt: values, tokens, padded, labelWords } = importPrompt(result);
  return { tokens: padded, prompt: { values, tokens }, reading: 'words' as const, labelWords };
}

/** So many of them, from the first to the last. */
function spreadOver<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
