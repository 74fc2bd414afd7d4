/** What pretraining is made of: variants of the built-in model, each from scratch for the same number of steps, alike in all else. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../../src/models/config';
import { DEFAULT_SETTINGS } from '../../src/session/defaults';
import type { DietName } from '../pretrain/mixtures';
import type { Experiment, Outcome } from './experiment';
import { startJax } from './fast-reference';
import { FastModel, readModel } from './model';
import { digestOf, type Pool } from './pool';
import type { TaskData } from './tasks';

export interface Variant {
  attention?: ModelConfig['attention'];
  diet?: DietName;
  /** Prompts for each respect. */
  templates?: number;
}

const VARIANTS: Record<string, Variant> = {
  'as the built-in model': {},
  'softmax attention': { attention: 'softmax' },
  'one template for each respect': { templates: 1 },
  'cloze and opinions': { diet: 'cloze and opinions' },
  'cloze alone': { diet: 'cloze alone' },
};

export interface PretrainingFigures {
  steps: number;
  seeds: number;
  seconds: number;
  variants: {
    name: string;
    /** Cross-entropy of one hidden token a sentence. */
    cloze: number;
    tuned: Record<string, Outcome[]>;
  }[];
}

/** What pretraining-worker.ts is asked for. */
export interface Pretraining {
  variant: Variant;
  /** Whose tokenizer and sizes are taken. */
  model: string;
  corpus: string;
  steps: number;
  out: string;
}

const STEPS = 1500;
const SEEDS = 3;
/** Of the reviews' held-out sentences; the hidden token's place. */
const HIDDEN = 5;

export interface PretrainingOptions {
  /** Whose tokenizer and sizes are taken. */
  model: string;
  corpus: string;
  quick: boolean;
  workers: number;
  fresh: boolean;
  pool(): Pool;
}

export async function comparePretraining(
  { model, corpus, quick, workers, fresh, pool: open }: PretrainingOptions,
  tasks: Map<string, TaskData>,
  say: (message: string) => void,
): Promise<PretrainingFigures> {
  const began = performance.now();
  const steps = quick ? 30 : STEPS;
  const seeds = quick ? 1 : SEEDS;
  // What was pretrained stays, so that an interrupted evaluation goes on.
  const folder = join('out', 'pretraining', `${digestOf(model)}-${steps}`);
  if (fresh) rmSync(folder, { recursive: true, force: true });
  const out = (name: string) => join(folder, name.replaceAll(' ', '-'));

  const waiting = Object.entries(VARIANTS).filter(([name]) => !existsSync(join(out(name), 'model.safetensors')));
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, variant] = next;
      await pretrain({ variant, model, corpus, steps, out: out(name) }, (line) => say(`${name}: ${line}`));
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));

  await startJax();
  const pool = open();
  try {
    const variants: PretrainingFigures['variants'] = [];
    for (const name of Object.keys(VARIANTS)) {
      const tuned: Record<string, Outcome[]> = {};
      for (const task of ['reviews', 'source', 'tense', 'sst2']) {
        const experiments = Array.from({ length: seeds }, (_, i): Experiment => {
          const settings = { ...DEFAULT_SETTINGS, deep: 0 };
          return { model: out(name), task, method: 'forward-only', shots: 16, seed: i + 1, settings };
        });
        tuned[task] = await pool.run(experiments, () => {});
      }
      const cloze = await clozeLoss(out(name), tasks.get('tense')!.texts);
      variants.push({ name, cloze, tuned });
      say(`${name}: cloze loss ${cloze.toFixed(3)}`);
    }
    return { steps, seeds, variants, seconds: (performance.now() - began) / 1000 };
  } finally {
    pool.close();
  }
}

async function pretrain(task: Pretraining, say: (message: string) => void): Promise<void> {
  const worker = fork(new URL('pretraining-worker.ts', import.meta.url));
  worker.on('message', (line: string) => say(line));
  worker.send(task);
  const [code] = await once(worker, 'exit');
  if (code !== 0) throw new Error(`pretraining ${task.out} ended with ${code}`);
}

/** Mean cross-entropy over the vocabulary of one hidden token in the middle of every sentence that is long enough. */
async function clozeLoss(folder: string, texts: readonly string[]): Promise<number> {
  const { config, tokenizer, tensors } = await readModel(folder);
  const vocabulary = Array.from({ length: config.vocab_size }, (_, id) => id);
  const model = await FastModel.load(config, tensors, vocabulary);
  const sentences = texts.map((text) => tokenizer.encode(` ${text}`)).filter(({ length }) => length > HIDDEN + 3);
  let sum = 0;
  for (let at = 0; at < sentences.length; at += 256) {
    const part = sentences.slice(at, at + 256).map((body) => body.slice(0, 46));
    const encoded = part.map((body) => {
      const ids = new Int32Array(48).fill(config.pad_token_id);
      ids.set([config.bos_token_id, ...body, config.eos_token_id]);
      ids[HIDDEN + 1] = config.mask_token_id!;
      return { ids, length: body.length + 2, textTokens: body.length, textUsed: body.length, truncated: false };
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
