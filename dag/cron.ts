/** Presets of Airflow and what they stand for. */
export const cronPresets = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@quarterly': '0 0 1 */3 *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
} as const;

/** A field of a cron expression, or of a calendar, which is written like it. */
export interface Field {
  name: string;
  min: number;
  max: number;
  names?: readonly string[];
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
export const cronFields = {
  minute: { name: 'minute', min: 0, max: 59 },
  hour: { name: 'hour', min: 0, max: 23 },
  day: { name: 'day of the month', min: 1, max: 31 },
  month: { name: 'month', min: 1, max: 12, names: months },
  weekday: { name: 'day of the week', min: 0, max: 7, names: weekdays },
} satisfies Record<string, Field>;

/** The years that Temporal knows. */
export const yearField: Field = { name: 'year', min: 2000, max: 2100 };

/** What is wrong with a cron expression of five fields, or undefined when it is right. */
export function cronProblem(cron: string): string | undefined {
  const parts = cron.trim().split(/\s+/);
  const fields = Object.values(cronFields);
  if (parts.length !== fields.length) {
    return `expected five fields (minute hour day month weekday), got ${parts.length}`;
  }
  for (const [index, field] of fields.entries()) {
    const problem = fieldProblem(parts[index] ?? '', field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What is wrong with one field, such as `1-5,7` or `*\/15`. */
export function fieldProblem(text: string, field: Field): string | undefined {
  const wrong = text.split(',').find((item) => itemValues(item, field) === undefined);
  return wrong === undefined
    ? undefined
    : `'${wrong}' is not a valid ${field.name} (${field.min}–${field.max})`;
}

/** The values that a right field stands for, in order. */
export function fieldValues(text: string, field: Field): number[] {
  return [...new Set(text.split(',').flatMap((item) => itemValues(item, field) ?? []))].sort((a, b) => a - b);
}

function itemValues(item: string, field: Field): number[] | undefined {
  const [range = '', step, ...rest] = item.split('/');
  if (rest.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))) return undefined;
  const bounds =
    range === '*' ? [field.min, field.max] : range.split('-').map((text) => numberOf(text, field));
  const [from, to, ...more] = bounds;
  if (from === undefined || more.length > 0 || (bounds.length === 2 && to === undefined)) return undefined;
  // As everywhere, 5/15 is 5-59/15.
  const last = to ?? (step === undefined ? from : field.max);
  if (last < from) return undefined;
  const values: number[] = [];
  for (let value = from; value <= last; value += Number(step ?? 1)) values.push(value);
  return values;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text.trim().toUpperCase()) ?? -1;
  if (named >= 0) return named + field.min;
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.min && value <= field.max ? value : undefined;
}
