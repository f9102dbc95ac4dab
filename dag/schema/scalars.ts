/**
 * Schemas that control operators use too, made anew at each call: workflows share these modules frozen, and zod writes
 * into a schema when it is first used.
 */
import { z } from 'zod';
import { parseDuration } from '../duration.js';
import { isDate, isDateTime } from '../instant.js';
import { show } from '../json.js';

/** Longest DAG or task id. */
const MAX_ID_LENGTH = 250;

const ID_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** Whether text can be the id of a DAG or a task, and so a folder's name. */
export const isId = (text: string): boolean => text.length <= MAX_ID_LENGTH && ID_PATTERN.test(text);

export const id = () =>
  z
    .string()
    .max(MAX_ID_LENGTH)
    .refine((value) => ID_PATTERN.test(value), {
      error: (issue) =>
        `expected letters, digits, '_', '-' and '.', the first a letter, digit or '_', got ${show(issue.input)}`,
    })
    .meta({ pattern: ID_PATTERN.source });

// `meta` on types of our own is what editors are told of them: see ../json-schema.ts.
export const duration = () =>
  z
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

export const json = () =>
  z.json({
    error: (issue) => `expected a value that JSON can hold, got ${show(issue.input)}`,
  });

export const instant = () =>
  z
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
