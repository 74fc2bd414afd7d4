/** What is taken where nothing else is said, for the pages and the command line. */
import { defaultSettings } from './settings';

export const DEFAULT_SETTINGS = defaultSettings();

/** Sequences a model owner computes for one session unless it says otherwise. */
export const DEFAULT_BUDGET = 20_000;
