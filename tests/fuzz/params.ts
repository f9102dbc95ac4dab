import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { DagDocument } from '../../dag/document.js';
import type { Json, JsonObject } from '../../dag/json.js';
import { paramProblems, resolveParams } from '../../dag/params.js';
import { target } from './target.js';

const limit = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, noDefaultInfinity: true }));

/** Schemas as users write them, right and wrong. */
const schema: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      type: fc.constantFrom('string', 'integer', 'number', 'boolean', 'array', 'object', 'null', 'text'),
      default: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
      enum: fc.array(fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Json>, { maxLength: 3 }),
      minimum: limit,
      maximum: limit,
      multipleOf: limit,
      minLength: limit,
      maxItems: limit,
      uniqueItems: fc.boolean(),
      pattern: fc.constantFrom('^a+$', '(a+)+$', '(?=a)', '[', '\\d{1,3}', '(.*)*x', '\\p{L}'),
      format: fc.constantFrom('date', 'date-time', 'email'),
      items: fc.record({ type: fc.constantFrom('integer', 'string') }),
      required: fc.array(fc.string({ maxLength: 3 }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .map((value) => value as JsonObject);

const given = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  fc.constantFrom<Json>('2026-02-31', '2026-02-28', `${'a'.repeat(60)}!`, 0.3, 4.35, 1e300),
);

export const paramTarget = target({
  name: 'params',
  arbitrary: fc.record({ schema, given }),
  check: ({ schema: declared, given: value }) => {
    const problems = paramProblems({ p: declared });
    if (problems.some(({ message }) => message === '')) throw new Error('a problem without a message');
    // A document with problems comes to no run.
    if (problems.length > 0) return;
    const params = { p: declared } as unknown as DagDocument['params'];
    const resolved = resolveParams({ params }, { p: value }, { config: {} });
    if (resolved.ok ? !isDeepStrictEqual(resolved.values.p, value) : resolved.errors.length === 0) {
      throw new Error(`${JSON.stringify(value)} came to ${JSON.stringify(resolved)}`);
    }
  },
});
