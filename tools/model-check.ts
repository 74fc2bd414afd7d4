/** A sentence encoder's embeddings in the clear and under MPC, its three roles in memory. */
import { answerOf, createEncoder, type EncodedText, withoutPadding } from '../src/models/encode';
import type { OwnModel } from '../src/models/own-model';
import { encoderInput } from '../src/models/pass-input';
import type { PlaintextModel } from '../src/models/plaintext-model';
import { planModel } from '../src/models/plan-model';
import { loadTokenizer } from '../src/models/tokenizer';
import { harness, setUp } from './three-roles';

/** Sequences a pass: what three roles have memory for. */
const BATCH = 8;

export interface Line {
  tokens: number;
  texts: number;
  least: number;
  mean: number;
  seconds: number;
}

export const passOf = ({ config }: OwnModel, sequences: number, tokens: number) => ({
  sequences,
  tokens,
  answer: answerOf(config, 0, tokens),
  columns: 1,
});

export function encoded({ config, tokenizer }: OwnModel, texts: readonly string[], tokens: number): EncodedText[] {
  return texts.map(createEncoder({ tokenizer: loadTokenizer(tokenizer, config), config, tokens, promptTokens: 0 }));
}

/** One row a text, not normalised. A text at a time, as a large model's values of many would fill the memory. */
export const embeddingsOf = (model: PlaintextModel, texts: readonly EncodedText[]): Float64Array[] =>
  texts.flatMap((text) => model.embeddings([withoutPadding(model.config, text)]));

/** What is opened beside the same text in the clear. */
export async function underMpc(
  model: OwnModel,
  plain: PlaintextModel,
  texts: readonly string[],
  tokens: number,
): Promise<Line> {
  const all = encoded(model, texts, tokens);
  const clear = embeddingsOf(plain, all);
  const width = model.config.hidden_size;
  const cosines: number[] = [];
  const began = performance.now();
  const h = await harness();
  const sequences = Math.min(BATCH, all.length);
  const plan = planModel(model.config, passOf(model, sequences, tokens));
  await setUp(h, plan, plain.weights);
  for (let at = 0; at < all.length; at += BATCH) {
    const batch = all.slice(at, at + BATCH);
    // As many sequences as the plan has, whatever is left.
    const padded = [...batch, ...all].slice(0, sequences);
    const [{ output }] = await Promise.all([
      h.dataOwner.run(plan, encoderInput(model.config, plain.embedding, padded, [])),
      h.modelOwner.run(plan),
      h.dealing.deal(plan, h.channels.dealerToModel),
    ]);
    for (const i of batch.keys()) cosines.push(cosine(output!.slice(i * width, (i + 1) * width), clear[at + i]!));
  }
  const seconds = (performance.now() - began) / 1000;
  return { tokens, texts: all.length, ...spread(cosines), seconds };
}

/** Of how alike some pairs of vectors are. */
export const spread = (cosines: readonly number[]) => ({
  least: Math.min(...cosines),
  mean: cosines.reduce((a, b) => a + b, 0) / cosines.length,
});

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}
