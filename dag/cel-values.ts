import type { Json } from './json.js';

/**
 * JSON as CEL sees it: whole numbers become CEL's 64-bit int (bigint), other numbers double. Without this `params.n + 1`
 * would mix double and int, which CEL refuses.
 */
export function toCel(value: Json): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toCel(inner)]));
  }
  return value;
}

/**
 * A CEL value as JSON: int and uint become numbers, a timestamp ISO 8601 text, a duration text such as `5400s`.
 * @throws Error for what JSON can't hold: an int beyond ±2^53, NaN, infinity, bytes, types.
 */
export function fromCel(value: unknown): Json {
  switch (typeof value) {
    case 'bigint':
      if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
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
