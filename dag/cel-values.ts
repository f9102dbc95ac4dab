import { isExactNumber } from './exact-json.js';
import { isPlainObject, type Json } from './json.js';

/**
 * JSON as CEL sees it: whole numbers become CEL's 64-bit int (bigint), other numbers double. Without this `params.n + 1`
 * would mix double and int, which CEL refuses. Where a schema says that a number need not be whole, 5 is a double as 5.5 is,
 * and `/ 2` gives 2.5.
 */
export function toCel(value: Json, schema?: Json): unknown {
  if (typeof value === 'number') return Number.isInteger(value) && !isDouble(schema) ? toInt(value) : value;
  if (Array.isArray(value)) {
    const items = keyword(schema, 'items');
    return value.map((item) => toCel(item, items));
  }
  if (typeof value === 'object' && value !== null) {
    const properties = keyword(schema, 'properties');
    const others = keyword(schema, 'additionalProperties');
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, toCel(inner, keyword(properties, key) ?? others)]),
    );
  }
  return value;
}

/** The digits of a whole number; the double itself where they are more than 64 bits hold. */
const toInt = (value: number): bigint | number => (Math.abs(value) < 2 ** 63 ? BigInt(String(value)) : value);

function isDouble(schema: Json | undefined): boolean {
  const types = [keyword(schema, 'type') ?? []].flat();
  return types.includes('number') && !types.includes('integer');
}

const keyword = (schema: Json | undefined, key: string): Json | undefined =>
  isPlainObject(schema) && Object.hasOwn(schema, key) ? (schema[key] as Json) : undefined;

/**
 * A CEL value as JSON: int and uint become numbers, a timestamp ISO 8601 text, a duration text such as `5400s`.
 * @throws Error for what JSON can't hold: an int that no double holds, NaN, infinity, bytes, types.
 */
export function fromCel(value: unknown): Json {
  switch (typeof value) {
    case 'bigint':
      if (!isExactNumber(String(value))) {
        throw new Error(`the integer ${value} is too large for JSON: convert it with string(…)`);
      }
      return Number(value);
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`the result is ${value}, which JSON can't hold`);
      return value;
    case 'string':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : fromCelObject(value);
    default:
      throw new Error('the result has no value');
  }
}

function fromCelObject(value: object): Json {
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, inner]) => [String(key), fromCel(inner)]));
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromCel(inner)]));
  }
  if ('seconds' in value && 'nanos' in value) {
    return `${Number(value.seconds) + Number(value.nanos) / 1e9}s`;
  }
  const primitive = value.valueOf();
  if (typeof primitive === 'bigint') return fromCel(primitive);
  throw new Error(`the result is a ${value.constructor.name}, which JSON can't hold`);
}
