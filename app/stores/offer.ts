/** The model owner's side before and after it offers: which model, and how much it is willing to compute. */
import { create } from 'zustand';
import { type BuiltIn, builtInsSchema } from '../../src/models/built-in';
import type { ModelConfig } from '../../src/models/config';
import { DEFAULT_BUDGET } from '../../src/session/defaults';

/** `name` is for the owner's eyes. The weights stay on disk, or where the browser keeps what it fetched, until the worker reads them. */
export interface ModelFiles {
  name: string;
  config: string;
  tokenizer: string;
  weights: Blob;
  /** Read from `config` for the preview; the worker checks everything. */
  summary: ModelConfig;
}

interface OfferState {
  builtIns: BuiltIn[];
  loading?: string;
  files?: ModelFiles;
  problem?: string;
  budget: string;
  /** Sequences last agreed to, once the model is offered. */
  offered?: number;
  listBuiltIns(): Promise<void>;
  loadBuiltIn(id: string): Promise<void>;
  loadFiles(files: File[]): Promise<void>;
  setBudget(text: string): void;
  setOffered(sequences: number | undefined): void;
  /** The worker could not use the model: another one is needed. */
  refuse(problem: string): void;
}

const modelUrl = (path: string) => `${import.meta.env.BASE_URL}models/${path}`;

async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(modelUrl(path));
  // A single-page server may answer a missing file with its own page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
    throw new Error(`${path} could not be fetched. Load the model's three files instead.`);
  }
  return response;
}

function summarize(config: string, file: string): ModelConfig {
  let parsed: unknown;
  try {
    parsed = JSON.parse(config);
  } catch {
    throw new Error(`${file} is not JSON. Choose the model's config.json.`);
  }
  const summary = parsed as ModelConfig;
  if (typeof summary?.num_hidden_layers !== 'number' || typeof summary.hidden_size !== 'number') {
    throw new Error(`${file} does not describe a model: num_hidden_layers and hidden_size are missing.`);
  }
  return summary;
}

export const useOffer = create<OfferState>((set) => {
  const load = async (what: string, files: () => Promise<ModelFiles>) => {
    set({ loading: what, problem: undefined });
    try {
      set({ files: await files() });
    } catch (error) {
      set({ problem: (error as Error).message });
    } finally {
      set({ loading: undefined });
    }
  };

  return {
    builtIns: [],
    budget: String(DEFAULT_BUDGET),

    listBuiltIns: async () => {
      try {
        const response = await fetchFile('index.json');
        set({ builtIns: builtInsSchema.parse(await response.json()) });
      } catch {
        set({ problem: 'The list of built-in models could not be read. Load a model’s three files instead.' });
      }
    },

    loadBuiltIn: (id) =>
      load(`the built-in model “${id}”`, async () => {
        const [config, tokenizer, weights] = await Promise.all([
          fetchFile(`${id}/config.json`).then((response) => response.text()),
          fetchFile(`${id}/tokenizer.json`).then((response) => response.text()),
          fetchFile(`${id}/model.safetensors`).then((response) => response.blob()),
        ]);
        const summary = summarize(config, 'config.json');
        return { name: id, config, tokenizer, weights, summary };
      }),

    loadFiles: (files) =>
      load('your files', async () => {
        const find = (test: (name: string) => boolean, wanted: string) => {
          const file = files.find(({ name }) => test(name.toLowerCase()));
          if (!file) throw new Error(`${wanted} is missing. Choose all three files at once.`);
          return file;
        };
        const weights = find((name) => name.endsWith('.safetensors'), 'model.safetensors');
        const tokenizer = find((name) => name.endsWith('.json') && name.includes('tokenizer'), 'tokenizer.json');
        const config = find((name) => name.endsWith('.json') && !name.includes('tokenizer'), 'config.json');
        const text = await config.text();
        return {
          name: config.name,
          config: text,
          tokenizer: await tokenizer.text(),
          weights,
          summary: summarize(text, config.name),
        };
      }),

    setBudget: (budget) => set({ budget }),
    setOffered: (offered) => set({ offered, problem: undefined }),
    refuse: (problem) => set({ offered: undefined, files: undefined, problem }),
  };
});

/** The budget typed, or undefined if it is no positive whole number. */
export const parseBudget = (text: string): number | undefined => {
  const budget = Number(text.trim());
  return text.trim() && Number.isSafeInteger(budget) && budget > 0 ? budget : undefined;
};
