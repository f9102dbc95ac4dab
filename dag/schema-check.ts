import { Ajv, type ValidateFunction } from 'ajv';
import { isDate, isDateTime } from './instant.js';
import { canonicalJson, isPlainObject, type Json } from './json.js';
import { isMultipleOf } from './multiple-of.js';
import { compilePattern } from './pattern.js';

/** Most schemas that are kept compiled. Then all are forgotten, together with what the library keeps of each. */
const maxKept = 1_000;

/** Keywords that hold schemas and that the document's own check leaves alone. */
const nesting = ['items', 'properties', 'additionalProperties'];

let ajv = createAjv();
const compiled = new Map<string, ValidateFunction>();

/**
 * A check of values against a JSON Schema, compiled once for schemas of the same content. Its effort grows with the size of
 * the value: patterns match in linear time, and lists and texts are compared by what they hold.
 *
 * Ajv writes code to check with, so this module stays out of the workflow.
 * @throws Error for what is no schema, or one with `$ref`, which can make a small schema endless
 */
export function compileSchema(schema: object): ValidateFunction {
  const key = canonicalJson(schema);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (hasReference(schema)) throw new Error('$ref is not supported: write the schema in its place');
  if (compiled.size >= maxKept) {
    compiled.clear();
    ajv = createAjv();
  }
  // What has no schemas inside was checked with the document, which takes a fraction of the time.
  if (nesting.some((keyword) => keyword in schema)) ajv.validateSchema(schema, true);
  const check = ajv.compile(schema);
  compiled.set(key, check);
  return check;
}

/** How many schemas are kept compiled. */
export const keptSchemas = (): number => compiled.size;

function createAjv(): Ajv {
  const created = new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    strictTypes: false,
    formats: { date: isDate, 'date-time': isDateTime },
    validateSchema: false,
    code: { optimize: false, regExp: Object.assign(linearRegExp, { code: 'compilePattern' }) },
  });
  for (const keyword of ['uniqueItems', 'enum', 'multipleOf']) created.removeKeyword(keyword);
  // The library divides doubles: for it 0.3 is no multiple of 0.1.
  created.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    // Steps of 0 are refused by the document's own check.
    validate: (step: number, value: number) => step <= 0 || isMultipleOf(value, step),
  });
  // The library compares every two items.
  created.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: Json[]) =>
      !wanted || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must not hold the same item twice' },
  });
  created.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    compile: (allowed: Json[]) => {
      const texts = new Set(allowed.map(canonicalJson));
      return (value: Json) => texts.has(canonicalJson(value));
    },
    error: { message: 'must be equal to one of the allowed values' },
  });
  return created;
}

/** What Ajv needs of a regular expression. It keeps one for all that give the same text. */
function linearRegExp(source: string): { test(text: string): boolean; toString(): string } {
  const pattern = compilePattern(source);
  return { test: (text) => pattern.test(text), toString: () => `/${source}/` };
}

function hasReference(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(hasReference);
  if (!isPlainObject(schema)) return false;
  return (
    ['$ref', '$dynamicRef', '$recursiveRef'].some((key) => typeof schema[key] === 'string') ||
    Object.values(schema).some(hasReference)
  );
}
