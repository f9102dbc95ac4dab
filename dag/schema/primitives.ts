import { z } from 'zod';
import { parseDuration } from '../duration.js';
import { isDate, isDateTime } from '../instant.js';
import { show } from '../json.js';

/** Longest DAG or task id. */
const MAX_ID_LENGTH = 250;

const ID_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export const id = z
  .string()
  .max(MAX_ID_LENGTH)
  .refine((value) => ID_PATTERN.test(value), {
    error: (issue) =>
      `expected letters, digits, '_', '-' and '.', the first a letter, digit or '_', got ${show(issue.input)}`,
  })
  .meta({ pattern: ID_PATTERN.source });

// `meta` on types of our own is what editors are told of them: see ../json-schema.ts.
export const duration = z
  .custom<string>((value) => typeof value === 'string' && parseDuration(value) !== undefined, {
    error: (issue) =>
      `expected a duration such as 30s, 5m, 24h, 1d or 1h30m, got ${show(issue.input)}${typeof issue.input === 'number' ? ' without a unit' : ''}`,
  })
  .meta({
    type: 'string',
    // The grammar of ../duration.ts, in short: an editor needs no more.
    pattern: '^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$',
    examples: ['30s', '5m', '24h', '1d', '1h30m'],
  })
  .transform((text) => parseDuration(text) ?? 0);

export const positiveDuration = duration.refine((milliseconds) => milliseconds > 0, {
  error: 'expected a duration above 0',
});

export const isTemplate = (value: unknown) =>
  typeof value === 'string' && /^\s*\$\{\{.*\}\}\s*$/s.test(value);

/** JSON Schema of text that is one template. */
const templateText = { type: 'string', pattern: '^\\s*\\$\\{\\{[\\s\\S]*\\}\\}\\s*$' };

/** A number, or a template that gives one when the task starts. */
export function numeric(min: number, max: number, whole: boolean) {
  const range =
    max === Number.POSITIVE_INFINITY ? (min === 0 ? ' of at least 0' : '') : ` from ${min} to ${max}`;
  const number = {
    type: whole ? 'integer' : 'number',
    ...(Number.isFinite(min) && { minimum: min }),
    ...(Number.isFinite(max) && { maximum: max }),
  };
  return z
    .custom<number | string>(
      (value) =>
        isTemplate(value) ||
        (typeof value === 'number' &&
          Number.isFinite(value) &&
          value >= min &&
          value <= max &&
          (!whole || Number.isInteger(value))),
      {
        error: (issue) =>
          `expected a ${whole ? 'whole ' : ''}number${range} or a template \${{ … }}, got ${show(issue.input)}`,
      },
    )
    .meta({ anyOf: [number, templateText] });
}

export const count = numeric(0, Number.POSITIVE_INFINITY, true);
export const anyNumber = numeric(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, false);

export const json = z.json({
  error: (issue) => `expected a value that JSON can hold, got ${show(issue.input)}`,
});

/** One value, or a list of them; always gives a list. */
export const oneOrMore = <Item extends z.ZodType>(item: Item, what: string) =>
  z
    .union([item, z.array(item).min(1)], { error: `expected ${what} or a list of these` })
    .transform((value): z.output<Item>[] => (Array.isArray(value) ? value : [value]) as z.output<Item>[]);

/** A name that expressions can use with a dot. */
export const identifier = (example: string) =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, `expected a name that expressions can use, such as ${example}`);

export const timezone = z.string().refine(isTimezone, {
  error: (issue) => `expected an IANA time zone such as Europe/Zurich, got ${show(issue.input)}`,
});

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const instant = z
  .custom<string>((value) => typeof value === 'string' && (isDate(value) || isDateTime(value)), {
    error: (issue) =>
      `expected a date such as 2025-01-31 (UTC) or a time such as 2025-01-31T06:00:00+01:00, got ${show(issue.input)}`,
  })
  .meta({
    type: 'string',
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$',
    examples: ['2025-01-31', '2025-01-31T06:00:00+01:00'],
  })
  .transform((text) => new Date(text).toISOString());

/** One id or a list of them; always gives a list. */
export const ids = (what: string) =>
  z
    .union([z.string(), z.array(z.string())], { error: `expected ${what} or a list of these` })
    .transform((value) => (typeof value === 'string' ? [value] : value));
