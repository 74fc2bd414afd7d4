/** The model owner's side before and after it offers: which model, and how much it is willing to compute. */
import { create } from 'zustand';
import { type BuiltIn, builtInsSchema } from '../../src/models/built-in';
import { CALIBRATION, PRIVATE_CALIBRATION } from '../../src/models/calibration-file';
import type { ModelConfig } from '../../src/models/config';
import type { HubProgress } from '../../src/models/hub';
import { defaultBudget, defaultMostOfSequence } from '../../src/session/defaults';
import type { KeptCalibration } from '../../src/session/messages';
import type { PassEstimate } from '../../src/session/offer-estimate';
import type { DroppedFile } from '../lib/dropped-files';
import type { ModelSource, TabPlace } from '../lib/tab-place';
import { calibrate } from '../model/calibrator';
import type { CalibrationProgress, ReaderRequest } from '../model/messages';
import { read } from '../model/reader';

/** `name` is for the owner's eyes. The weights stay on disk, or where the browser keeps what it fetched, until the worker reads them. */
export interface ModelFiles {
  name: string;
  /** What stays on the owner's side: the measure of what opened numbers may say. */
  privateParameters: number;
  /** config.json, complete. */
  config: string;
  tokenizer: string;
  weights: readonly Blob[];
  /** What `config` says. The files go together; the session's worker checks every value. */
  summary: ModelConfig;
  /** Of files beside it, or as it was found here, now or before. */
  calibration?: KeptCalibration;
  /** Undefined where it has to be calibrated first. */
  estimate?: PassEstimate;
}

export interface OfferState {
  builtIns: BuiltIn[];
  loading?: string;
  /** Of a model that comes from the hub. */
  download?: HubProgress;
  files?: ModelFiles;
  problem?: string;
  /** Of the chosen model. */
  calibrating?: CalibrationProgress;
  calibrationProblem?: string;
  /** As typed; undefined: what the model suggests. */
  budget?: string;
  /** Numbers of one sequence, likewise. */
  mostOfSequence?: string;
  /** Numbers last agreed to, once the model is offered. */
  offered?: number;
  /** Opened under this invitation before the running connection. */
  used: number;
  /** Where the chosen model came from. */
  source?: ModelSource;
  /** What was offered here before the page was loaded anew, and is offered again once it is there. */
  again?: ModelSource;
  listBuiltIns(): Promise<void>;
  loadBuiltIn(id: string): Promise<void>;
  /** A model's files; or files of its calibration alone, for the model that is chosen. */
  loadFiles(files: readonly DroppedFile[]): Promise<void>;
  /** A model of the hub, by its repository's name. */
  loadFromHub(repository: string): Promise<void>;
  /** Stops what is loading, or calibrating. */
  cancel(): void;
  /** Measures the chosen model on a file with one text a line, or on the bundled one. */
  calibrate(texts?: File): Promise<void>;
  setBudget(text: string): void;
  setMostOfSequence(text: string): void;
  setOffered(numbers: number | undefined): void;
  setUsed(used: number): void;
  /** Has what was offered here before loaded once more, as far as that needs nobody. */
  offerAgain(offered: NonNullable<TabPlace['offered']>): void;
  /** The worker could not use the model: another one is needed. */
  refuse(problem: string): void;
}

const modelUrl = (path: string) => `${import.meta.env.BASE_URL}models/${path}`;

async function fetchFile(path: string): Promise<Response> {
  const response = await fetch(modelUrl(path));
  // A single-page server may answer a missing file with its own page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
    throw new Error(`${path} could not be fetched. Choose the model's files instead.`);
  }
  return response;
}

const NOTHING_UNDER_WAY = { download: undefined, calibrating: undefined, calibrationProblem: undefined };

async function bundledTexts(): Promise<Blob> {
  const response = await fetch(`${import.meta.env.BASE_URL}calibration.txt`);
  if (!response.ok) throw new Error('The bundled text could not be fetched. Choose a file of your own.');
  return response.blob();
}

export const useOffer = create<OfferState>((set, get) => {
  let current = new AbortController();

  /** One piece of work at a time: the next one ends it. */
  const begin = () => {
    current.abort();
    current = new AbortController();
    return current;
  };

  /** What is chosen stays so until something else is there. */
  const load = async (what: string, source: ModelSource | undefined, request: () => Promise<ReaderRequest>) => {
    const controller = begin();
    const { signal } = controller;
    set({ loading: what, ...NOTHING_UNDER_WAY, problem: undefined });
    try {
      const model = await read(await request(), { signal, onProgress: (download) => set({ download }) });
      const { config: summary, ...rest } = model;
      const files = { name: summary.name, config: JSON.stringify(summary), summary, ...rest };
      set({ files, source: source ?? { from: 'files', name: files.name } });
    } catch (error) {
      if (!signal.aborted) set({ problem: (error as Error).message });
    } finally {
      // Another one may be loading by now.
      if (current === controller) set({ loading: undefined, download: undefined });
    }
  };

  return {
    builtIns: [],
    used: 0,

    listBuiltIns: async () => {
      try {
        const response = await fetchFile('index.json');
        set({ builtIns: builtInsSchema.parse(await response.json()) });
      } catch {
        set({ problem: 'The list of built-in models could not be read. Choose a model’s files instead.' });
      }
    },

    loadBuiltIn: (id) =>
      load(`the built-in model “${id}”`, { from: 'built-in', id }, async () => {
        const files = ['config.json', 'tokenizer.json', 'model.safetensors'].map(async (path) => ({
          path,
          blob: await (await fetchFile(`${id}/${path}`)).blob(),
        }));
        return { type: 'files', files: await Promise.all(files), name: id };
      }),

    loadFiles: (chosen) =>
      load('your files', undefined, async () => {
        const files = chosen.map(({ path, file }) => ({ path, blob: file }));
        const model = get().files;
        const isCalibration = chosen.every(({ file: { name } }) => [CALIBRATION, PRIVATE_CALIBRATION].includes(name));
        if (!model || !isCalibration) return { type: 'files', files };
        const { tokenizer, weights } = model;
        return { type: 'calibration', files, model: { config: uncalibrated(model.summary), tokenizer, weights } };
      }),

    loadFromHub: (repository) =>
      load(repository, { from: 'hub', repository }, async () => ({ type: 'hub', repository })),
    cancel: () => current.abort(),

    calibrate: async (texts) => {
      const { files } = get();
      if (!files) return;
      const controller = begin();
      const { signal } = controller;
      set({ loading: undefined, ...NOTHING_UNDER_WAY, calibrating: { fraction: 0 } });
      try {
        const { tokenizer, weights } = files;
        const config = uncalibrated(files.summary);
        const found = await calibrate(
          { config, tokenizer, weights, texts: texts ?? (await bundledTexts()) },
          { signal, onProgress: (calibrating) => set({ calibrating }) },
        );
        const { config: summary, ...rest } = found;
        set({ files: { ...files, config: JSON.stringify(summary), summary, ...rest } });
      } catch (error) {
        if (!signal.aborted) set({ calibrationProblem: (error as Error).message });
      } finally {
        if (current === controller) set({ calibrating: undefined });
      }
    },

    setBudget: (budget) => set({ budget }),
    setMostOfSequence: (mostOfSequence) => set({ mostOfSequence }),
    setOffered: (offered) => set({ offered, again: undefined, problem: undefined }),
    setUsed: (used) => set({ used }),
    offerAgain: ({ source, budget, mostOfSequence }) => {
      set({ again: source, budget, mostOfSequence });
      if (source.from === 'built-in') get().loadBuiltIn(source.id);
      if (source.from === 'hub') get().loadFromHub(source.repository);
    },
    refuse: (problem) => set({ offered: undefined, files: undefined, problem }),
  };
});

/** Whether the model at hand is the one that was offered before the page was loaded anew. */
export const isOfferedBefore = ({ again, source, files }: Pick<OfferState, 'again' | 'source' | 'files'>): boolean =>
  again !== undefined && canBeOffered(files) && JSON.stringify(again) === JSON.stringify(source);

/** The budget as it stands in its field. */
export const budgetText = ({ budget, files }: Pick<OfferState, 'budget' | 'files'>): string =>
  budget ?? (files ? String(defaultBudget(files.privateParameters)) : '');

/** The same of one sequence: by default all of a state or vector. */
export const sequenceText = ({ mostOfSequence, files }: Pick<OfferState, 'mostOfSequence' | 'files'>): string =>
  mostOfSequence ?? (files ? String(defaultMostOfSequence(files.summary.hidden_size)) : '');

/** Why a model is of no use with so few numbers of a sequence; undefined where it is. */
export function sequenceProblem({ summary }: ModelFiles, most: number | undefined): string | undefined {
  if (most === undefined) return 'Type a positive whole number.';
  const { task, hidden_size: hidden } = summary;
  const least = task === 'embedding' ? hidden : 2;
  const why = task === 'embedding' ? 'a text’s vector is opened whole' : 'there are two labels at least';
  return most < least ? `Type ${least} or more: ${why}.` : undefined;
}

/** What a model is before calibration, as config.json. */
const uncalibrated = ({ ranges: _, gates: __, groups: ___, ...config }: ModelConfig): string => JSON.stringify(config);

/** Whether it was calibrated and fits into a tab. */
export const canBeOffered = (files: ModelFiles | undefined): files is ModelFiles =>
  files?.estimate !== undefined && files.estimate.problem === undefined;

/** The budget typed, or undefined if it is no positive whole number. */
export const parseBudget = (text: string): number | undefined => {
  const budget = Number(text.trim());
  return text.trim() && Number.isSafeInteger(budget) && budget > 0 ? budget : undefined;
};
