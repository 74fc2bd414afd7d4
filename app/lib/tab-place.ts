/**
 * What this tab was at, for when its page is loaded anew in the middle of a session: that it had met the others, so that they are waited for,
 * and which model it had offered. For as long as the tab lives; nothing private.
 */
import { z } from 'zod';
import { forgetKept, keep, readKept } from './kept';

const NAME = 'secfwt session';

const presenceSchema = z.object({
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

export type Presence = z.infer<typeof presenceSchema>;
export type ModelSource = NonNullable<Presence['offered']>['source'];

/** Where it is not kept, a page that is loaded anew is a new one. */
export const rememberPresence = (presence: Presence): void => void keep('sessionStorage', NAME, presence);

/** Of this session and role; undefined where this tab was not in it. */
export function presenceIn({ code, role }: Pick<Presence, 'code' | 'role'>): Presence | undefined {
  const kept = readKept('sessionStorage', NAME, presenceSchema);
  return kept?.code === code && kept.role === role ? kept : undefined;
}

export const forgetPresence = (): void => forgetKept('sessionStorage', NAME);
