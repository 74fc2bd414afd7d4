/** Where a search for a prompt stands between two generations, ready for JSON. */
import { z } from 'zod';
import { generatorStateSchema, optimizerStateSchema } from './optimizer';

const count = z.number().int().nonnegative();
const counts = z.array(count);
const numbers = z.array(z.number());

const evaluationSchema = z.object({
  loss: z.number(),
  accuracy: z.number(),
  predictions: counts,
  confusion: z.array(counts),
});

/** A prompt that was looked at. */
const lookSchema = z.object({
  /** Its point in the search space. */
  at: numbers,
  /** 0: the untuned one. */
  generation: count,
  /** What was opened of the training examples under it, where something is learned of that. */
  rows: z.array(numbers),
  /** On the examples that choose a prompt. */
  evaluation: evaluationSchema,
});

export const searchStateSchema = z.object({
  optimizer: optimizerStateSchema,
  batches: z.object({ random: generatorStateSchema, queues: z.array(counts), turn: count }),
  /** The untuned prompt on the examples that choose one, and on those that are measured by. */
  untuned: evaluationSchema,
  baseline: evaluationSchema,
  best: lookSchema,
  /** The one looked at last, if that is another. */
  latest: lookSchema.optional(),
});

export type LookState = z.infer<typeof lookSchema>;

export type SearchState = z.infer<typeof searchStateSchema>;
