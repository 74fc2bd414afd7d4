/** Sensible defaults, in one place for the pages and the command line. */
import type { TuningSettings } from './messages';

export const DEFAULT_SETTINGS: Omit<TuningSettings, 'words'> = {
  promptText: 'in short , it was',
  promptTokens: 5,
  deepPrompts: false,
  tokens: 24,
  dimension: 24,
  optimizer: 'cma-es',
  population: 8,
  batch: 16,
  generations: 30,
  sigma: 1,
  heldOut: 64,
  evaluateEvery: 5,
};

/** Sequences a model owner computes for one session unless it says otherwise. */
export const DEFAULT_BUDGET = 20_000;
