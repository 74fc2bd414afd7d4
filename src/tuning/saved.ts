/** What files of results have in common: a format with a version, and of which model they are. */
import { z } from 'zod';
import { labelWordsSchema } from './verbalizer';

export interface SavedFor {
  /** The model's name. */
  model: string;
  /** SHA-256 of all that its owner makes public of it, in hexadecimal. */
  digest: string;
}

/** Metadata of a file of this format; `what` is what it is called to people. */
export function savedMetadata<Shape extends z.ZodRawShape>(format: string, fields: Shape) {
  const schema = z.looseObject({
    format: z.literal(format),
    version: z.literal('1', 'is another; save it anew with this release'),
    model: z.string(),
    digest: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256'),
    ...fields,
  });
  return {
    /** A field that may be missing is undefined then. */
    write: (saved: SavedFor, rest: { [K in keyof Shape]: string | undefined }): Record<string, string> => ({
      ...Object.fromEntries(
        Object.entries<string | undefined>(rest).flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])),
      ),
      format,
      version: '1',
      model: saved.model,
      digest: saved.digest,
    }),
    /** Throws, saying that the file is not `what`, with the fields that are wrong. */
    read(metadata: Record<string, string>, what: string): z.output<typeof schema> {
      const result = schema.safeParse(metadata);
      if (!result.success)
        throw new Error(`This file is not ${what}: ${fieldsOf(result.error)}. Choose one as it was downloaded here.`);
      return result.data;
    },
  };
}

/** “format must be text; classes is not a count” */
const fieldsOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'it'} ${message}`).join('; ');

/** A field that is JSON, checked by a schema. */
export const jsonOf = <T extends z.ZodType>(schema: T) =>
  z.string().transform((json, context): z.output<T> => {
    try {
      return schema.parse(JSON.parse(json));
    } catch {
      context.addIssue('is not the JSON that belongs there');
      return z.NEVER;
    }
  });

/** label → label word, as JSON. */
export const wordsOf = jsonOf(labelWordsSchema);

/** A field that is a whole number from 1. */
export const countOf = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'is not a count')
  .transform(Number);

/** Throws where a file is of another model than the one at hand: its numbers would mean nothing. */
export function refuseOther(saved: SavedFor, here: SavedFor): void {
  if (saved.digest === here.digest) return;
  const other = saved.model === here.model ? 'another version of it' : `the model “${saved.model}”`;
  throw new Error(`This file belongs to ${other}, not to the model “${here.model}” that is offered here.`);
}
