/** What the list of built-in models (public/models/index.json, written by `npm run bench`) says of each. */
import { z } from 'zod';

const fraction = z.number().min(0).max(1);

const builtInSchema = z.object({
  /** Its folder beside the list. */
  id: z.string().min(1),
  description: z.string(),
  layers: z.number(),
  hidden: z.number(),
  /** Of model.safetensors. */
  bytes: z.number(),
  /** One generation with the default settings; online is what the two parties send each other. */
  generation: z.object({
    sequences: z.number(),
    tokens: z.number(),
    rounds: z.number(),
    online: z.number(),
    dealt: z.number(),
  }),
  /** As `npm run evaluate` measured it. */
  accuracy: z.array(
    z.object({
      task: z.string(),
      shots: z.number(),
      /** Of a head on the model's states. */
      head: fraction,
      /** The best of what the data owner can do alone with the same examples. */
      alone: fraction,
    }),
  ),
});

export const builtInsSchema = z.array(builtInSchema).min(1);

export type BuiltIn = z.infer<typeof builtInSchema>;
