import type { z } from 'zod';
import { onOneLine, show } from './json.js';
import { didYouMean } from './nearest.js';
import { containsTemplate } from './template.js';

export type Path = readonly (string | number)[];

/** Something wrong with a value, at a path inside it. */
export interface Problem {
  path: Path;
  /** Whether the key or the value at `path` is at fault. */
  on: 'key' | 'value';
  message: string;
  hint?: string;
  /** It is about what must be written in the document: a template there is a mistake, too. */
  literal?: true;
}

export type Validation<T> = { ok: true; value: T } | { ok: false; problems: Problem[] };

/** `tasks[2].with.folder`, on one line. */
export function formatPath(path: Path): string {
  const segments = path.map((segment, index) =>
    typeof segment === 'number' ? `[${segment}]` : index === 0 ? segment : `.${segment}`,
  );
  return onOneLine(segments.join(''));
}

/**
 * Validates with a zod schema and says everything that is wrong in words for users. Messages that the schema
 * itself gives (`error: …`) are kept.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): Validation<z.output<Schema>> {
  /** Keys that an object knows, by the path of an unknown one: zod tells them only to the error map. */
  const knownKeys = new Map<string, string[]>();
  const result = schema.safeParse(value, {
    reportInput: true,
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        knownKeys.set(issue.keys.join(), shapeKeys(issue.inst));
      }
      return describe(issue);
    },
  });
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.flatMap((issue) => problemsOf(issue, knownKeys)) };
}

function shapeKeys(schema: unknown): string[] {
  const shape = (schema as { shape?: object } | undefined)?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

function problemsOf(issue: z.core.$ZodIssue, knownKeys: ReadonlyMap<string, string[]>): Problem[] {
  const path = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys.get(issue.keys.join()) ?? [];
      return issue.keys.map((key) => ({
        path: [...path, key],
        on: 'key',
        message: 'unknown key',
        ...hintOf(
          didYouMean(key, known) ?? (known.length > 0 ? `known keys: ${known.join(', ')}` : undefined),
        ),
      }));
    }
    case 'invalid_value':
      return [
        {
          path,
          on: 'value',
          message: issue.message,
          ...hintOf(
            typeof issue.input === 'string' ? didYouMean(issue.input, issue.values.map(String)) : undefined,
          ),
        },
      ];
    case 'invalid_key':
      return [{ path, on: 'key', message: issue.issues[0]?.message ?? issue.message }];
    case 'custom':
      return [
        {
          path,
          on: 'value',
          message: issue.message,
          ...(issue.params?.literal === true ? { literal: true } : {}),
        },
      ];
    case 'invalid_union': {
      const literal = literalIssue(issue);
      return literal === undefined
        ? [{ path, on: 'value', message: issue.message }]
        : problemsOf(literal, knownKeys);
    }
    default:
      return [{ path, on: 'value', message: issue.message }];
  }
}

/** Of the forms that a value doesn't fit, the complaint about a template where something must be written in the document. */
function literalIssue(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue | undefined {
  for (const inner of issue.errors.flat()) {
    const found =
      inner.code === 'invalid_union'
        ? literalIssue(inner)
        : inner.code === 'custom' && inner.params?.literal === true && containsTemplate(inner.input)
          ? inner
          : undefined;
    if (found !== undefined) return { ...found, path: [...issue.path, ...found.path] };
  }
  return undefined;
}

function hintOf(hint: string | undefined): { hint: string } | Record<string, never> {
  return hint === undefined ? {} : { hint };
}

function describe(issue: z.core.$ZodRawIssue): string | undefined {
  const got = show(issue.input);
  switch (issue.code) {
    case 'invalid_type': {
      const expected = typeNames[issue.expected] ?? issue.expected;
      return issue.input === undefined ? `missing: expected ${expected}` : `expected ${expected}, got ${got}`;
    }
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}, got ${got}`;
    case 'too_small':
      return `expected ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}, got ${size(issue)}`;
    case 'too_big':
      return `expected ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}, got ${size(issue)}`;
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}, got ${got}`;
    case 'invalid_format':
      return `expected ${issue.pattern === undefined ? `a valid ${issue.format}` : `text matching ${issue.pattern}`}, got ${got}`;
    case 'invalid_union':
      return describeUnion(issue, got);
    default:
      return undefined;
  }
}

const typeNames: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
  null: 'null',
};

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `${relation} ${limit} characters`;
  if (origin === 'array' || origin === 'set') return `${relation} ${limit} items`;
  if (origin === 'object' || origin === 'map') return `${relation} ${limit} keys`;
  return `${relation} ${limit}`;
}

function size(issue: z.core.$ZodRawIssue): string {
  if (typeof issue.input === 'number') return String(issue.input);
  if (Array.isArray(issue.input)) return String(issue.input.length);
  return show(issue.input);
}

function describeUnion(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>, got: string): string {
  const key = issue.discriminator;
  if (key !== undefined && 'options' in issue && Array.isArray(issue.options)) {
    const input = issue.input as Record<string, unknown> | undefined;
    return `expected one of ${issue.options.map(String).join(', ')}, got ${show(input?.[key])}`;
  }
  const reasons = issue.errors.flatMap((branch) => branch.slice(0, 1).map((first) => first.message));
  return `fits none of the allowed forms (${[...new Set(reasons)].join('; ')}), got ${got}`;
}
