/** A model's files in JSON come from strangers: read against a schema, with what is wrong in words. */
import type { z } from 'zod';

/** The errors that a file is refused with. */
export interface Refusals {
  /** It is no JSON. `message`: the parser's. */
  syntax(message: string): Error;
  /** It is no such file. */
  schema(error: z.ZodError): Error;
}

/** What `schema` makes of a JSON text. Throws one of the refusals. */
export function readJson<T>(json: string, schema: z.ZodType<T>, refusals: Refusals): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw refusals.syntax((error as Error).message);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw refusals.schema(result.error);
  return result.data;
}

/** The first thing that a schema finds: `field: what is wrong`. */
export const firstIssue = ({ issues: [issue] }: z.ZodError): string =>
  `${issue?.path.join('.') || 'it'}: ${issue?.message}`;

/** Plain errors that name file and field. */
export const refusalsOf = (file: string): Refusals => ({
  syntax: (message) => new Error(`${file} is not JSON: ${message}`),
  schema: (error) => new Error(`${file}: ${firstIssue(error)}`),
});
