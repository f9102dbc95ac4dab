/**
 * The values of this process that must not be seen: what operators take from the worker's environment, keys, tokens.
 * Whatever leaves the process by logs, failures, heartbeats and outputs goes through {@link mask} or {@link maskJson}.
 */
import type { Json } from './operator.js';

/** Shorter values are no secrets: masking them would tear every text apart. */
const shortestSecret = 6;

const replacement = '***';

const known = new Set<string>();
let pattern: RegExp | undefined;

/** Notes a value, in all the guises in which it may turn up. Cheap when it is known. */
export function registerSecret(value: string): void {
  const before = known.size;
  for (const form of formsOf(value)) if (form.length >= shortestSecret) known.add(form);
  if (known.size === before) return;
  // The longest first: one may be part of another.
  const sorted = [...known].sort((a, b) => b.length - a.length);
  pattern = new RegExp(sorted.map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
}

/** The text with asterisks for secrets. Costs nothing while there are none. */
export const mask = (text: string): string =>
  pattern === undefined ? text : text.replace(pattern, replacement);

/** The same for all texts within a value, names of keys included. Gives the value itself when there is nothing to hide. */
export function maskJson<T>(value: T): T {
  if (pattern === undefined || value === undefined || value === null) return value;
  const text = JSON.stringify(value);
  if (mask(text) === text) return value;
  return maskWithin(value as Json) as T;
}

/** Takes secrets out of an error, its causes and its details: all that Temporal records of it. */
export function maskError<T extends Error>(error: T): T {
  if (pattern === undefined) return error;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const failure = each as Error & { details?: unknown };
    failure.message = mask(failure.message);
    if (failure.stack !== undefined) failure.stack = mask(failure.stack);
    if (failure.details !== undefined) failure.details = maskJson(failure.details);
  }
  return error;
}

function maskWithin(value: Json): Json {
  if (typeof value === 'string') return mask(value);
  // A number can be a secret too, such as a PIN.
  if (typeof value === 'number') return mask(String(value)) === String(value) ? value : replacement;
  if (Array.isArray(value)) return value.map(maskWithin);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mask(key), maskWithin(inner)]));
}

/** As it is, line by line, within JSON, within an address, and in base64. */
function formsOf(value: string): string[] {
  const trimmed = value.trim();
  if (trimmed.length < shortestSecret) return [];
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);
  const form = new URLSearchParams({ v: trimmed }).toString().slice(2);
  return [
    trimmed,
    asJson(trimmed),
    ...lines,
    ...lines.map(asJson),
    encodeURIComponent(trimmed),
    form,
    Buffer.from(trimmed).toString('base64'),
    Buffer.from(trimmed).toString('base64url'),
  ];
}
