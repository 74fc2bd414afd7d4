/**
 * A model's configuration in one form, whatever its config.json calls things (`Architecture.normalise` translates).
 *
 * It comes from a stranger, in a file or from the peer, so everything is checked. Fields have RoBERTa's names where RoBERTa has the
 * field; a few more are of random feature attention. What the numbers mean stands with the graph, in encoder.ts.
 */
import { z } from 'zod';
import type { TrigonometricPolynomial } from '../graph/fourier';
import { architectureNamed, knownArchitectures } from './architectures';

const count = z.number().int().min(1);
const index = z.number().int().min(0);
const finite = z.number();

const polynomialSchema: z.ZodType<TrigonometricPolynomial> = z.object({
  period: z.number().positive(),
  constant: finite,
  cos: z.array(finite).max(200),
  sin: z.array(finite).max(200),
});

const fields = z.object({
  /** Says which architecture reads all the rest. */
  model_type: z.string().refine((type) => architectureNamed(type) !== undefined, {
    error: ({ input }) => `${JSON.stringify(input)} is not known; ${knownArchitectures().join(', ')} can be run`,
  }),
  name: z.string().min(1).max(200),
  vocab_size: count.max(1_000_000),
  hidden_size: count.max(16_384),
  num_hidden_layers: count.max(200),
  num_attention_heads: count.max(256),
  intermediate_size: count.max(65_536),
  /** Rows of the table of positions. The longest sequence may be shorter: `Architecture.longestSequence`. */
  max_position_embeddings: count.max(100_000),
  layer_norm_eps: z.number().positive().max(1),
  bos_token_id: index,
  eos_token_id: index,
  pad_token_id: index,
  mask_token_id: index,
  attention: z.enum(['rfa', 'softmax']),
  /** Random features per head; 0 for softmax attention. */
  num_frequencies: index.max(4096),
  /** Added to every attention denominator, so that it stays away from zero. 0 for a plain model. */
  denominator_offset: z.number().min(0),
  /** `trigonometric`: the polynomial below *is* the activation. */
  hidden_act: z.enum(['gelu', 'trigonometric']),
  trigonometric: polynomialSchema.optional(),
  /** Value ranges by tensor of the graph, measured on public text (calibrate.ts): what the planner plans with. */
  ranges: z.record(z.string(), z.tuple([finite, finite])).optional(),
  /** What gates evaluate instead of a function, by tensor, fitted on (nearly) all of its range with a margin (calibrate.ts). */
  gates: z.record(z.string(), polynomialSchema).optional(),
});

/** Of a normalised configuration: what the peer sends, and what parseConfig returns. */
export const configSchema = fields
  .refine((c) => c.hidden_size % c.num_attention_heads === 0, {
    error: 'hidden_size must be a multiple of num_attention_heads',
  })
  .refine((c) => c.attention !== 'rfa' || c.num_frequencies > 0, {
    error: 'random feature attention needs num_frequencies',
  })
  .refine((c) => c.hidden_act !== 'trigonometric' || c.trigonometric !== undefined, {
    error: 'the trigonometric activation needs its polynomial, trigonometric',
  });

export type ModelConfig = z.infer<typeof configSchema>;

/** Reads a config.json. Throws with the field's name and what is wrong with it. */
export function parseConfig(json: string): ModelConfig {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Error(`config.json is not JSON: ${(error as Error).message}`);
  }
  // Only a known type can be translated; the schema refuses any other by name.
  const given = z.looseObject({ model_type: z.string() }).safeParse(value);
  const architecture = given.success ? architectureNamed(given.data.model_type) : undefined;
  const result = configSchema.safeParse(given.success && architecture ? architecture.normalise(given.data) : value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`config.json: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}
