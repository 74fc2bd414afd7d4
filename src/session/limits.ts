/** What a session takes at most: the bounds of its messages, and so of the settings. */
import { bytes } from '../ring/units';

/** Padded length of a sequence. */
export const MOST_TOKENS = 4096;

/** Sequences of a generation: population × batch. How many passes they take is the machines' business (run.ts). */
export const MOST_GENERATION = 65_536;

/** Passes that are dealt ahead, in one stock. */
export const MOST_PASSES = 65_536;

/** Numbers of the random matrix that leads from the search space to a prompt: a gibibyte. */
export const MOST_PROJECTION = 2 ** 28;

/**
 * Of one side's device, for matrices and a pass: WebAssembly addresses 4 GiB, of which free blocks too small for any vector are lost, and
 * graphics cards that have more are not everybody's.
 */
export const MOST_MEMORY = bytes(3.5 * 2 ** 30);

/** Of a model's public tensors, which the data owner holds in one piece: XLM-R's table of words has 0.8 GB, the largest there are 1 GB. */
export const MOST_PUBLIC = bytes(2 ** 31);

/** Dealt for one pass, to both; what of it a party has not got to waits in its tab. */
export const MOST_DEALT = bytes(2 ** 33);

/** How long a browser keeps what nobody comes back for, in milliseconds: a month. */
export const KEPT_MS = 30 * 24 * 3600 * 1000;
