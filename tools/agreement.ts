/** How far what two parties opened is from the plaintext reference: the same model in the clear, on texts of the same run. */
import { createFloatProduct } from '../src/compute/wasm/float-product';
import { answerOf, createEncoder } from '../src/models/encode';
import type { OwnModel } from '../src/models/own-model';
import { PlaintextModel } from '../src/models/plaintext-model';
import { loadTokenizer, type TextTokenizer } from '../src/models/tokenizer';
import { type Answer, importAnswers } from '../src/session/data-owner/answers-file';
import { importHead } from '../src/tuning/head-file';
import { importPrompt } from '../src/tuning/prompt';
import { resolveVerbalizer } from '../src/tuning/verbalizer';
import { cosine, embeddingsOf, spread } from './model-check';

/** At least twenty, where a run has as many. */
const TEXTS = 24;

export interface Agreement {
  /** How many were compared. */
  texts: number;
  /** Of a sentence encoder's vectors. */
  cosine?: { least: number; mean: number };
  /** Of label words: the largest difference. */
  logits?: { largest: number };
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
  const rows = (own.config.task === 'embedding' ? vectors : logits)(model, tokenizer, texts, result);
  if (own.config.task === 'embedding') {
    return { texts: texts.length, cosine: spread(chosen.map(({ values }, i) => cosine(values, rows[i]!))) };
  }
  const distances = chosen.flatMap(({ values }, i) => Array.from(values, (x, j) => Math.abs(x - rows[i]![j]!)));
  return { texts: texts.length, logits: { largest: Math.max(...distances) } };
}

type Rows = (model: PlaintextModel, tokenizer: TextTokenizer, texts: string[], result: Uint8Array) => Float64Array[];

const vectors: Rows = (model, tokenizer, texts, result) => {
  const { config } = model;
  const { tokens } = importHead(result);
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens: 0 });
  return embeddingsOf(model, texts.map(encode));
};

const logits: Rows = (model, tokenizer, texts, result) => {
  const { config } = model;
  const { tokens: promptTokens, padded: tokens, labelWords, prompt } = importPrompt(result);
  const words = resolveVerbalizer(Object.keys(labelWords).sort(), labelWords, tokenizer).map(({ token }) => token);
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens });
  return texts.flatMap((text) => model.logits([encode(text)], [prompt], words, answerOf(config, promptTokens, tokens)));
};

/** So many of them, from the first to the last. */
function spreadOver<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
