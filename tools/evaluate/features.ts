/** What a model says of texts in the clear: what heads are fitted to. Computed once for a text, however many seeds and heads read it. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFloatProduct } from '../../src/compute/wasm/float-product';
import { createEncoder } from '../../src/models/encode';
import { PlaintextModel } from '../../src/models/plaintext-model';
import { memorySource } from '../../src/models/tensors';
import { promptFromWords } from '../../src/tuning/prompt';
import { embeddingsOf } from '../model-check';
import { FastModel, type Model } from './model';

/** How texts are read; the prompt is none of a sentence encoder's. */
export interface Reading {
  /** Padded length, behind which texts are cut. */
  tokens: number;
  promptText: string;
  promptTokens: number;
}

/**
 * A function from texts to rows [hidden]: a sentence encoder's vectors, or a masked language model's hidden states where its label words
 * would be read, under the untuned prompt. Needs `startJax` for the latter.
 */
export async function reader(
  { config, tokenizer, tensors }: Model,
  { tokens, promptText, promptTokens }: Reading,
): Promise<(texts: readonly string[]) => Float32Array[]> {
  if (config.task === 'embedding') {
    const model = await PlaintextModel.load(config, memorySource(tensors), await createFloatProduct());
    const encode = createEncoder({ tokenizer, config, tokens, promptTokens: 0 });
    return (texts) => embeddingsOf(model, texts.map(encode)).map((row) => Float32Array.from(row));
  }
  const model = await FastModel.load(config, tensors, 'state');
  const encode = createEncoder({ tokenizer, config, tokens, promptTokens });
  const { table } = model.plain.embedding;
  const prompt = promptFromWords(tokenizer.encode(` ${promptText}`), promptTokens, table, config.hidden_size);
  return (texts) =>
    model
      .logits(
        texts.map(encode),
        texts.map(() => prompt),
        promptTokens,
      )
      .map((row) => Float32Array.from(row));
}

/** Rows by text, one file a model (by the digest of its weights) and reading. */
export class FeatureStore {
  private readonly files = new Map<string, Map<string, Float32Array>>();

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  find(digest: string, reading: Reading, text: string): Float32Array | undefined {
    return this.file(digest, reading).rows.get(hash(text));
  }

  add(digest: string, reading: Reading, text: string, row: Float32Array): void {
    const { path, rows } = this.file(digest, reading);
    rows.set(hash(text), row);
    const values = Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('base64');
    appendFileSync(path, `${JSON.stringify({ text: hash(text), values })}\n`);
  }

  private file(digest: string, reading: Reading): { path: string; rows: Map<string, Float32Array> } {
    const path = join(this.folder, `${digest}-${hash(JSON.stringify(reading)).slice(0, 12)}.jsonl`);
    let rows = this.files.get(path);
    if (!rows) {
      const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
      rows = new Map(
        lines.map((line) => {
          const { text, values } = JSON.parse(line);
          return [text, new Float32Array(Uint8Array.from(Buffer.from(values, 'base64')).buffer)];
        }),
      );
      this.files.set(path, rows);
    }
    return { path, rows };
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
