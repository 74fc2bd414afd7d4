/** What a session takes at most: the bounds of its messages, and so of the settings. */

/** Padded length of a sequence. */
export const MOST_TOKENS = 4096;

/** Sequences of a generation: population × batch. How many passes they take is the machines' business (run.ts). */
export const MOST_GENERATION = 65_536;

/** Numbers of the random matrix that leads from the search space to a prompt: a gibibyte. */
export const MOST_PROJECTION = 2 ** 28;
