import type { Json } from './json.js';
import { formatPath, type Path } from './problem.js';

/**
 * How values come in from text: as JSON, whose numbers are doubles. What a double doesn't hold is refused, never
 * rounded. See docs/decisions/0024-how-values-travel.md.
 */

/** Something in a JSON text that its value would not show. */
export type Flaw = {
  kind: 'inexact number' | 'repeated key';
  path: Path;
  /** The number as it is written, or the key. */
  text: string;
};

/** JSON text whose value would not be what it says. The message names the place and the way out. */
export class InexactJsonError extends Error {
  override readonly name = 'InexactJsonError';
}

/**
 * Whether a double says the same as a decimal number: its shortest text has the same digits. What isn't written as an
 * integer may also be a double that was written out to more digits, such as 0.10000000000000001.
 */
export function isExactNumber(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (String(value) === literal) return true;
  const digits = digitsOf(literal);
  if (withoutZeros(digits) === withoutZeros(digitsOf(String(value)))) return true;
  const isInteger = /^[+-]?\d+$/.test(literal);
  return (
    !isInteger && value !== 0 && digits.length <= 100 && digits === digitsOf(value.toPrecision(digits.length))
  );
}

/** What is wrong with a number that a double doesn't hold, and how to write it instead. */
export const inexactNumber = (literal: string): { message: string; hint: string } => ({
  message: `the number ${shortened(literal)} would become ${Number(literal)}: numbers have about 16 digits`,
  hint: `write it as text: "${shortened(literal)}"`,
});

/**
 * Parses JSON of programs, servers and people.
 * @throws SyntaxError @throws InexactJsonError for a number that a double doesn't hold, or a key that is there twice
 */
export function parseExactJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  const [flaw] = jsonFlaws(text);
  if (flaw !== undefined) throw new InexactJsonError(describeFlaw(flaw));
  return value;
}

export function describeFlaw({ kind, path, text }: Flaw): string {
  const place = path.length === 0 ? '' : `${formatPath(path)}: `;
  if (kind === 'repeated key') return `${place}this key is there twice`;
  const { message, hint } = inexactNumber(text);
  return `${place}${message} (${hint})`;
}

/**
 * Whether a JSON text may have numbers that aren't exact, found without taking it apart: few texts have numbers as long
 * as that, and what only looks like one stands within a string.
 */
export function mayBeInexact(text: string): boolean {
  for (const [literal] of text.matchAll(/[\d.]{16,}(?:[eE][+-]?\d+)?|[\d.]+[eE][+-]?\d{3,}/g)) {
    if (!isExactNumber(literal)) return true;
  }
  return false;
}

/** Finds what the value of a JSON text would not show. The text must be valid JSON. */
export function* jsonFlaws(text: string): Generator<Flaw> {
  /** The lists and objects that the scan is in, from the outside in. */
  const inside: ({ index: number } | { key: string; keys: Set<string> })[] = [];
  const path = (): Path => inside.map((each) => ('index' in each ? each.index : each.key));
  let lastString = '';
  const number = /-?\d[\d.eE+-]*/y;
  for (let position = 0; position < text.length; position++) {
    const here = inside.at(-1);
    switch (text[position]) {
      case '"': {
        const start = position;
        position = stringEnd(text, start);
        lastString = text.slice(start, position + 1);
        break;
      }
      case '[':
        inside.push({ index: 0 });
        break;
      case '{':
        inside.push({ key: '', keys: new Set() });
        break;
      case ']':
      case '}':
        inside.pop();
        break;
      case ',':
        if (here !== undefined && 'index' in here) here.index++;
        break;
      case ':':
        if (here === undefined || 'index' in here) break;
        here.key = JSON.parse(lastString) as string;
        if (here.keys.has(here.key)) yield { kind: 'repeated key', path: path(), text: here.key };
        here.keys.add(here.key);
        break;
      default: {
        number.lastIndex = position;
        const literal = number.exec(text)?.[0];
        if (literal === undefined) break;
        position += literal.length - 1;
        if (!isExactNumber(literal)) yield { kind: 'inexact number', path: path(), text: literal };
      }
    }
  }
}

/** Where the string ends that starts with a quote at `start`. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
}

/** The first part of a value that `JSON.stringify` would write as null or leave empty; undefined when there is none. */
export function lostInJson(value: unknown, path: Path = []): { path: Path; text: string } | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return { path, text: String(value) };
  if (typeof value === 'bigint') return { path, text: String(value) };
  if (value instanceof Map || value instanceof Set) return { path, text: `a ${value.constructor.name}` };
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const lost = lostInJson(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    if (lost !== undefined) return lost;
  }
  return undefined;
}

/** All digits of a number from the first that isn't zero; the exponent says nothing about exactness. */
const digitsOf = (literal: string): string =>
  literal.replace(/e.*$/i, '').replace(/\D/g, '').replace(/^0+/, '');

const withoutZeros = (digits: string): string => digits.replace(/0+$/, '');

const shortened = (literal: string): string => (literal.length > 60 ? `${literal.slice(0, 57)}…` : literal);
