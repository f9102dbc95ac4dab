import { z } from 'zod';
import { show } from '../json.js';
import * as scalars from './scalars.js';

export { ids } from './scalars.js';

export const id = scalars.id();
export const duration = scalars.duration();
export const instant = scalars.instant();
export const json = scalars.json();

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
