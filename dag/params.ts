import type { ErrorObject } from 'ajv';
import type { DagDocument } from './document.js';
import { createScope, ExpressionError } from './expression.js';
import { isPlainObject, type Json, type JsonObject, show } from './json.js';
import { didYouMean } from './nearest.js';
import type { Problem } from './problem.js';
import type { ParamSchema } from './schema/param.js';
import { compileSchema } from './schema-check.js';
import { containsTemplate, parseTemplate } from './template.js';

export type ResolvedParams = { ok: true; values: JsonObject } | { ok: false; errors: string[] };

/**
 * The params of a run: those given, the others by their defaults, whose templates see `config`. Each error names a
 * param, what was given and what is allowed.
 */
export function resolveParams(
  { params }: Pick<DagDocument, 'params'>,
  given: Readonly<JsonObject>,
  { config }: { config: Json },
): ResolvedParams {
  const names = Object.keys(params);
  const errors = Object.keys(given)
    .filter((name) => !Object.hasOwn(params, name))
    .map((name) => `unknown param '${name}' (${didYouMean(name, names) ?? knownParams(names)})`);
  const values: JsonObject = {};
  for (const [name, schema] of Object.entries(params)) {
    try {
      const value = Object.hasOwn(given, name) ? given[name] : renderDefault(schema, config);
      if (value === undefined) errors.push(`param '${name}' is required: expected ${describeParam(schema)}`);
      else {
        values[name] = value;
        errors.push(...valueErrors(schema, value).map((problem) => `param '${name}': ${problem}`));
      }
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      errors.push(`param '${name}': its default can't be evaluated: ${error.message}`);
    }
  }
  return errors.length === 0 ? { ok: true, values } : { ok: false, errors };
}

/** Schemas of params that aren't right in themselves, and defaults that they refuse. */
export function paramProblems(params: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(params).flatMap(([name, schema]): Problem[] => {
    if (!isPlainObject(schema)) return [];
    try {
      compileSchema(withoutDefault(schema));
    } catch (error) {
      return [{ path: ['params', name], on: 'key', message: `not a valid JSON Schema: ${messageOf(error)}` }];
    }
    const value = schema.default as Json | undefined;
    if (value === undefined) return [];
    const path = ['params', name, 'default'];
    const messages = containsTemplate(value) ? defaultTemplateErrors(value) : valueErrors(schema, value);
    return messages.map((message) => ({ path, on: 'value', message }));
  });
}

/** What a param may be, in words: `a whole number, at least 1`. */
export function describeParam(schema: ParamSchema): string {
  const limits: (string | undefined)[] = [
    schema.type === undefined
      ? undefined
      : [schema.type]
          .flat()
          .map((type) => typeNames[type])
          .join(' or '),
    schema.enum && `one of ${schema.enum.map(show).join(', ')}`,
    schema.const === undefined ? undefined : `exactly ${show(schema.const)}`,
    limit('at least', schema.minimum),
    limit('at most', schema.maximum),
    limit('more than', schema.exclusiveMinimum),
    limit('less than', schema.exclusiveMaximum),
    limit('a multiple of', schema.multipleOf),
    limit('matching', schema.pattern),
    limit('at least', schema.minLength, ' characters'),
    limit('at most', schema.maxLength, ' characters'),
    limit('at least', schema.minItems, ' items'),
    limit('at most', schema.maxItems, ' items'),
    schema.format &&
      { date: 'a date such as 2025-01-31', 'date-time': 'a time such as 2025-01-31T06:00:00Z' }[
        schema.format
      ],
  ];
  const text = limits.filter((each) => each !== undefined).join(', ');
  return text === '' ? 'any value' : text;
}

const typeNames = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'null',
};

function limit(words: string, bound: number | string | undefined, unit = ''): string | undefined {
  return bound === undefined ? undefined : `${words} ${bound}${unit}`;
}

function knownParams(names: readonly string[]): string {
  return names.length === 0 ? 'the DAG declares none' : `known: ${names.join(', ')}`;
}

function renderDefault(schema: ParamSchema, config: Json): Json | undefined {
  if (schema.default === undefined) return undefined;
  return parseTemplate(schema.default).render(createScope({ config }));
}

function defaultTemplateErrors(value: Json): string[] {
  try {
    const references = parseTemplate(value).expressions.flatMap(({ expression }) => expression.references);
    return references
      .filter(([variable]) => variable !== 'config')
      .map(([variable]) => `the default of a param can read config, but not ${variable}`);
  } catch (error) {
    return [messageOf(error)];
  }
}

function valueErrors(schema: ParamSchema, value: Json): string[] {
  const check = compileSchema(withoutDefault(schema));
  if (check(value)) return [];
  const errors = check.errors ?? [];
  const inner = errors.filter(({ instancePath }) => instancePath !== '');
  if (inner.length > 0) return inner.map(describeInner);
  const expected = describeParam(schema);
  return [...new Set(errors.map((error) => `expected ${expectation(error, expected)}, got ${show(value)}`))];
}

/** What a whole value should be; where our own words don't cover it, Ajv's. */
function expectation({ keyword, message = '' }: ErrorObject, described: string): string {
  return ['required', 'additionalProperties', 'uniqueItems'].includes(keyword)
    ? `a value that ${message}`
    : described;
}

function describeInner({ instancePath, message = 'is not allowed' }: ErrorObject): string {
  return `${instancePath.slice(1).replaceAll('/', '.')} ${message}`;
}

/** The default is checked apart: it may be a template. */
function withoutDefault<T extends object>(schema: T): Omit<T, 'default'> {
  const { default: _default, ...rest } = schema as T & { default?: unknown };
  return rest;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
