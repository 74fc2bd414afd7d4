/** How far a run is, ready for JSON: enough for another one to go on from there, in another session. */
import { z } from 'zod';
import { searchStateSchema } from '../../../tuning/search-state';
import type { GenerationRecord } from '../../messages';

/** A search's, between two generations. */
const search = z.object({
  of: z.literal('search'),
  state: searchStateSchema,
  history: z.array(z.custom<GenerationRecord>((value) => typeof value === 'object' && value !== null)),
});

/** A head's: of every example that was computed, what was opened. */
const head = z.object({
  of: z.literal('head'),
  answers: z.array(z.tuple([z.number().int(), z.array(z.number())])),
});

export const progressSchema = z.discriminatedUnion('of', [search, head]);

export type Progress = z.infer<typeof progressSchema>;

/** Of this kind of run. Throws Error for another kind's. */
export function progressOf<Of extends Progress['of']>(
  of: Of,
  progress: Progress | undefined,
): Extract<Progress, { of: Of }> | undefined {
  if (progress && progress.of !== of) throw new Error(`A ${of} cannot go on from a ${progress.of}.`);
  return progress as Extract<Progress, { of: Of }> | undefined;
}
