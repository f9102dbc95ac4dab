/**
 * The values of this process that must not be seen: what operators take from the worker's environment, keys, tokens.
 * Whatever leaves the process by logs, failures, heartbeats and outputs goes through {@link mask} or {@link maskJson}.
 */
import type { Json } from './operator.js';

/** Shorter values are no secrets: masking them would tear every text apart. */
const shortestSecret = 6;

/** Parts of an address are words more often than tokens: only long ones are masked by themselves. */
const shortestPart = 12;

/** Lines that base64 is wrapped at: of MIME and of PEM. */
const wrappedAt = [76, 64];

const replacement = '***';

const registered = new Set<string>();
const patterns = new Map<string, number>();
let pattern: RegExp | undefined;

/** Notes a value, to be hidden in all the forms in which it may turn up. Cheap when it is known. */
export function registerSecret(value: string): void {
  if (registered.has(value)) return;
  registered.add(value);
  const before = patterns.size;
  for (const [form, length] of formsOf(value)) patterns.set(form, length);
  if (patterns.size === before) return;
  // The longest first: one may be part of another.
  const sorted = [...patterns].sort(([, a], [, b]) => b - a);
  pattern = new RegExp(sorted.map(([form]) => form).join('|'), 'g');
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

/**
 * Takes secrets out of an error: message, stack, details, causes and the errors that an AggregateError has gathered. That is
 * all that Temporal records of it, and all that logs show.
 */
export function maskError<T>(error: T): T {
  if (pattern !== undefined) maskFailure(error, new Set());
  return error;
}

function maskFailure(error: unknown, seen: Set<unknown>): void {
  if (!(error instanceof Error) || seen.has(error)) return;
  seen.add(error);
  const failure = error as Error & { details?: unknown; errors?: unknown };
  failure.message = mask(failure.message);
  if (failure.stack !== undefined) failure.stack = mask(failure.stack);
  if (failure.details !== undefined) failure.details = maskJson(failure.details);
  if (failure.cause instanceof Error) maskFailure(failure.cause, seen);
  else if (failure.cause !== undefined) failure.cause = maskJson(failure.cause);
  if (Array.isArray(failure.errors)) for (const each of failure.errors) maskFailure(each, seen);
}

function maskWithin(value: Json): Json {
  if (typeof value === 'string') return mask(value);
  // A number can be a secret too, such as a PIN.
  if (typeof value === 'number') return mask(String(value)) === String(value) ? value : replacement;
  if (Array.isArray(value)) return value.map(maskWithin);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [mask(key), maskWithin(inner)]));
}

/** Patterns for a value, each with the length of what it stands for: as a whole, line by line, in base64, and parts of an address. */
function formsOf(value: string): [pattern: string, length: number][] {
  const trimmed = value.trim();
  if (trimmed.length < shortestSecret) return [];
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const texts = [trimmed, ...lines, ...partsOfAddress(trimmed)].filter(
    (text) => text.length >= shortestSecret,
  );
  return [...texts.map(escapable), ...base64FormsOf(trimmed)].map((form) => [form.pattern, form.length]);
}

/** What in an address names who asks or what is asked for: a server that refuses it may echo any of that. */
function partsOfAddress(text: string): string[] {
  if (!/^[a-z][\w+.-]*:\/\//i.test(text) || !URL.canParse(text)) return [];
  const { username, password, pathname, search, hash, searchParams } = new URL(text);
  const parts = [username, pathname, `${pathname}${search}`, ...pathname.split('/'), search, hash.slice(1)];
  const decoded = parts.flatMap((part) => [part, decode(part)]);
  return [
    password,
    decode(password),
    ...[...decoded, ...searchParams.values()].filter((part) => part.length >= shortestPart),
  ];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Form = { pattern: string; length: number };

const escapable = (text: string): Form => ({
  pattern: Array.from(text.replaceAll('\r\n', '\n'), escapedForms).join(''),
  length: text.length,
});

const htmlNames: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

/** A character as texts may hold it: as it is, or escaped for JSON, for addresses or for HTML, once or twice. */
function escapedForms(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character;
  const code = (character.codePointAt(0) ?? 0).toString(16);
  const name = htmlNames[character];
  const forms = [
    [...Buffer.from(character)]
      .map((byte) => `%(?:25)*${anyCase(byte.toString(16).padStart(2, '0'))}`)
      .join(''),
    Array.from({ length: character.length }, (_, unit) =>
      character.charCodeAt(unit).toString(16).padStart(4, '0'),
    )
      .map((unit) => `\\\\{1,2}u${anyCase(unit)}`)
      .join(''),
    `&(?:amp;)*#(?:0*${character.codePointAt(0)}|[xX]0*${anyCase(code)});`,
    ...(name === undefined ? [] : [`&(?:amp;)*${name};`]),
    ...(character === ' ' ? ['\\+'] : []),
    plainForm(character),
  ];
  return `(?:${forms.join('|')})`;
}

/** Backslashes are what JSON puts before a character, and doubles when it is told again. */
function plainForm(character: string): string {
  if (character === '\\') return '\\\\{1,4}';
  if (character === '\n') return '(?:\\\\{1,2}r|\\r)?(?:\\\\{1,2}n|\\n)';
  if (character === '\t') return '(?:\\\\{1,2}t|\\t)';
  if (character === '"' || character === '/' || character === "'") return `\\\\{0,3}${character}`;
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
}

const anyCase = (digits: string): string =>
  digits.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

/**
 * In base64 a text looks in one of three ways, by where it begins among others, as in `user:password`. What its neighbours
 * share a digit with is left out.
 */
function base64FormsOf(text: string): Form[] {
  const bytes = Buffer.from(text);
  const shifted = [0, 1, 2].map((shift) => {
    const digits = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return digits.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  });
  const whole = bytes.toString('base64');
  const wrapped = wrappedAt.flatMap((width) =>
    whole.length > width ? (whole.match(new RegExp(`.{1,${width}}`, 'g')) ?? []) : [],
  );
  return [whole, ...shifted, ...wrapped]
    .filter((digits) => digits.length >= shortestSecret)
    .map((digits) => ({
      pattern: digits
        .replaceAll('+', '(?:[+-]|%2[bB])')
        .replaceAll('/', '(?:\\\\?/|_|%2[fF])')
        .replaceAll('=', '(?:=|%3[dD])?'),
      length: digits.length,
    }));
}
