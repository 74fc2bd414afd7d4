/** Random feature attention against softmax attention: two small models from scratch, alike in everything else. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/models/config';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import type { Experiment, Outcome } from './experiment';
import { startJax } from './fast-twin';
import { FastModel, readModel } from './model';
import { type Memory, Pool } from './pool';
import type { TaskData } from './tasks';

type Attention = ModelConfig['attention'];

export interface AttentionFigures {
  steps: number;
  seeds: number;
  seconds: number;
  variants: {
    attention: Attention;
    /** Cross-entropy of one hidden token a sentence. */
    cloze: number;
    tuned: Record<string, Outcome[]>;
  }[];
}

/** What attention-worker.ts is asked to pretrain. */
export interface Pretraining {
  attention: Attention;
  /** Whose tokenizer and sizes are taken. */
  model: string;
  corpus: string;
  steps: number;
  out: string;
}

const STEPS = 2000;
const SEEDS = 5;
/** Of the reviews' held-out sentences; the hidden token's place. */
const HIDDEN = 5;

export async function compareAttention(
  model: string,
  corpus: string,
  tasks: Map<string, TaskData>,
  quick: boolean,
  memory: Memory,
  say: (message: string) => void,
): Promise<AttentionFigures> {
  const began = performance.now();
  const steps = quick ? 30 : STEPS;
  const seeds = quick ? 1 : SEEDS;
  const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
  try {
    const kinds: Attention[] = ['rfa', 'softmax'];
    const out = (attention: Attention) => join(folder, attention);
    await Promise.all(
      kinds.map((attention) => pretrain({ attention, model, corpus, steps, out: out(attention) }, say)),
    );

    await startJax();
    const pool = new Pool([...tasks.values()], memory);
    try {
      const variants: AttentionFigures['variants'] = [];
      for (const attention of kinds) {
        const tuned: Record<string, Outcome[]> = {};
        for (const task of ['reviews', 'sst2', 'tense']) {
          const experiments = Array.from({ length: seeds }, (_, i): Experiment => {
            const settings = { ...DEFAULT_SETTINGS, deep: 0 };
            return { model: out(attention), task, method: 'forward-only', shots: 16, seed: i + 1, settings };
          });
          tuned[task] = await pool.run(experiments, () => {});
        }
        const cloze = clozeLoss(out(attention), tasks.get('tense')!.texts);
        variants.push({ attention, cloze, tuned });
        say(`${attention}: cloze loss ${cloze.toFixed(3)}`);
      }
      return { steps, seeds, variants, seconds: (performance.now() - began) / 1000 };
    } finally {
      pool.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function pretrain(task: Pretraining, say: (message: string) => void): Promise<void> {
  const worker = fork(new URL('attention-worker.ts', import.meta.url));
  worker.on('message', (line: string) => say(`${task.attention}: ${line}`));
  worker.send(task);
  const [code] = await once(worker, 'exit');
  if (code !== 0) throw new Error(`pretraining with ${task.attention} attention ended with ${code}`);
}

/** Mean cross-entropy over the vocabulary of one hidden token in the middle of every sentence that is long enough. */
function clozeLoss(folder: string, texts: readonly string[]): number {
  const { config, tokenizer, tensors } = readModel(folder);
  const vocabulary = Array.from({ length: config.vocab_size }, (_, id) => id);
  const model = new FastModel(config, tensors, vocabulary);
  const sentences = texts.map((text) => tokenizer.encode(` ${text}`)).filter(({ length }) => length > HIDDEN + 3);
  let sum = 0;
  for (let at = 0; at < sentences.length; at += 256) {
    const part = sentences.slice(at, at + 256).map((body) => body.slice(0, 46));
    const encoded = part.map((body) => {
      const ids = new Int32Array(48).fill(config.pad_token_id);
      ids.set([config.bos_token_id, ...body, config.eos_token_id]);
      ids[HIDDEN + 1] = config.mask_token_id;
      return { ids, kept: body.length + 2, textTokens: body.length, textKept: body.length, truncated: false };
    });
    // `promptTokens` says where the answer is; there are no slots.
    const rows = model.logits(encoded, [], HIDDEN);
    for (const [i, row] of rows.entries()) {
      const top = row.reduce((a, b) => Math.max(a, b));
      sum += Math.log(row.reduce((a, x) => a + Math.exp(x - top), 0)) + top - row[part[i]![HIDDEN]!]!;
    }
  }
  model.dispose();
  return sum / sentences.length;
}
