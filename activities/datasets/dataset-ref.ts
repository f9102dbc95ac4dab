import { z } from 'zod';
import type { DatasetRef } from '../operator.js';

/** A reference to a committed dataset in an operator's params: what `${{ tasks.<id>.output.<name> }}` gives. */
export const datasetRef: z.ZodType<DatasetRef> = z.strictObject({
  dataset: z.string(),
  path: z.string(),
  rows: z.int().min(0),
  schemaHash: z.string(),
});

/** A name that works as a view in SQL and as a key in expressions. */
export const datasetName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of letters, digits and _, such as daily_sales');
