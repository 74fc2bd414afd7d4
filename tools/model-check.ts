/** A sentence encoder's embeddings in the clear and under MPC, its three roles in memory. */
import { answerOf, createEncoder, type EncodedText, withoutPadding } from '../src/models/encode';
import type { OwnModel } from '../src/models/own-model';
import { encoderInput } from '../src/models/pass-input';
import type { PlaintextModel } from '../src/models/plaintext-model';
import { planModel } from '../src/models/plan-model';
import { loadTokenizer } from '../src/models/tokenizer';
import type { Traffic } from '../src/mpc/report';
import { harness, setUp } from './three-roles';

/** Sequences a pass: what three roles have memory for. */
const BATCH = 8;

export interface Line {
  tokens: number;
  texts: number;
  least: number;
  mean: number;
  /** Of all passes. */
  seconds: number;
  /** Of one pass: rounds, and bytes as they went over the links. */
  pass: Traffic & { rounds: number };
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

/** What is opened beside the same text in the clear. `batch`: sequences a pass. */
export async function underMpc(
  model: OwnModel,
  plain: PlaintextModel,
  texts: readonly string[],
  tokens: number,
  batch = BATCH,
): Promise<Line> {
  const all = encoded(model, texts, tokens);
  const clear = embeddingsOf(plain, all);
  const width = model.config.hidden_size;
  const cosines: number[] = [];
  const h = await harness();
  const sequences = Math.min(batch, all.length);
  const plan = planModel(model.config, passOf(model, sequences, tokens));
  await setUp(h, plan, plain.weights);
  const { dataToModel, modelToData } = h.channels;
  const sent = () => [dataToModel.sent.body.ring, modelToData.sent.body.ring, h.dealt()];
  const before = sent();
  let rounds = 0;
  const began = performance.now();
  for (let at = 0; at < all.length; at += batch) {
    const some = all.slice(at, at + batch);
    // As many sequences as the plan has, whatever is left.
    const padded = [...some, ...all].slice(0, sequences);
    const [{ output, report }] = await Promise.all([
      h.dataOwner.run(plan, [encoderInput(model.config, plain.embedding, padded, [])]),
      h.modelOwner.run(plan),
      h.deal(plan),
    ]);
    rounds = report.rounds;
    for (const i of some.keys()) cosines.push(cosine(output!.slice(i * width, (i + 1) * width), clear[at + i]!));
  }
  const seconds = (performance.now() - began) / 1000;
  const passes = Math.ceil(all.length / batch);
  const [toModelOwner, toDataOwner, dealt] = sent().map((bytes, i) => (bytes - before[i]!) / passes) as [
    number,
    number,
    number,
  ];
  const pass = { rounds, toModelOwner, toDataOwner, dealt };
  return { tokens, texts: all.length, ...spread(cosines), seconds, pass };
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
