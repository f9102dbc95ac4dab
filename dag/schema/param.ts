import { z } from 'zod';
import { json } from './primitives.js';

/** The JSON Schema keywords of a DAG param. */
export const param = z.strictObject({
  type: z
    .union([paramType(), z.array(paramType()).min(1)], {
      error: 'expected string, integer, number, boolean, array, object, null, or a list of these',
    })
    .optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  default: json.optional(),
  enum: z.array(json).min(1).optional(),
  const: json.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().gt(0).optional(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(0).optional(),
  pattern: z.string().optional(),
  format: z.enum(['date', 'date-time']).optional(),
  items: json.optional(),
  minItems: z.int().min(0).optional(),
  maxItems: z.int().min(0).optional(),
  uniqueItems: z.boolean().optional(),
  properties: z.record(z.string(), json).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: json.optional(),
});

function paramType() {
  return z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object', 'null']);
}

export type ParamSchema = z.output<typeof param>;
