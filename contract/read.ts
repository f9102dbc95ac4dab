import type { z } from 'zod';
import { isTooDeep, maxJsonDepth } from '../dag/json-limits.js';
import { formatPath, validate } from '../dag/problem.js';
import { unreadableProblem } from './unreadable.js';

/** A value from outside, or in a line what is wrong with it. */
export type Read<T> = { ok: true; value: T } | { ok: false; problem: string };

/** What is wrong with a value from outside, whatever it should be; undefined when it can be looked at. */
export const problemOf = (value: unknown): string | undefined =>
  unreadableProblem(value) ??
  (isTooDeep(value) ? `lists and maps are nested more than ${maxJsonDepth} levels deep` : undefined);

/** Reads a value from outside by its schema. Keys that the schema doesn't know are kept: other releases may know them. */
export function read<T>(schema: () => z.ZodType, value: unknown): Read<T> {
  const problem = unreadableProblem(value);
  if (problem !== undefined) return { ok: false, problem };
  const parsed = validate(schema(), value);
  if (parsed.ok) return { ok: true, value: parsed.value as T };
  const [first] = parsed.problems;
  const place = formatPath(first?.path ?? []);
  return { ok: false, problem: `${place === '' ? '' : `${place}: `}${first?.message}` };
}

/** A schema that is made when it is first needed: a workflow that never reads such a value doesn't pay for it. */
export function schemaOf<Schema>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
