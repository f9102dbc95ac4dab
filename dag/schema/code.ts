import { z } from 'zod';
import type { CodeKind } from '../quoting/codes.js';

/** Schemas of texts that are executed. Values that templates put into them are quoted, and `dags validate` warns of them. */
export const codeTexts = z.registry<{ kind: CodeKind }>();

/** The schema, noted as that of a text that is executed. */
export function code<Schema extends z.ZodType>(kind: CodeKind, schema: Schema): Schema {
  codeTexts.add(schema, { kind });
  return schema;
}
