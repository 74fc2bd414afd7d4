/**
 * What this tab was at, for when its page is loaded anew in the middle of a session: that it had met the others, so that they are waited for,
 * and which model it had offered. For as long as the tab lives; nothing private.
 */
import { z } from 'zod';
import { forgetKept, keep, readKept } from './kept';

const NAME = 'secfwt session';

const placeSchema = z.object({
  code: z.string(),
  role: z.enum(['data-owner', 'model-owner', 'dealer']),
  /** Model owner: what was offered, by what it takes to have it again; files have to be chosen again. */
  offered: z
    .object({
      source: z.discriminatedUnion('from', [
        z.object({ from: z.literal('built-in'), id: z.string() }),
        z.object({ from: z.literal('hub'), repository: z.string() }),
        z.object({ from: z.literal('files'), name: z.string() }),
      ]),
      budget: z.string(),
      mostOfSequence: z.string(),
    })
    .optional(),
});

export type TabPlace = z.infer<typeof placeSchema>;
export type ModelSource = NonNullable<TabPlace['offered']>['source'];

/** Where it is not kept, a page that is loaded anew is a new one. */
export const rememberPlace = (place: TabPlace): void => void keep('sessionStorage', NAME, place);

/** Of this session and role; undefined where this tab was not in it. */
export function placeIn({ code, role }: Pick<TabPlace, 'code' | 'role'>): TabPlace | undefined {
  const kept = readKept('sessionStorage', NAME, placeSchema);
  return kept?.code === code && kept.role === role ? kept : undefined;
}

export const forgetPlace = (): void => forgetKept('sessionStorage', NAME);
