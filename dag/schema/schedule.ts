import { z } from 'zod';
import { cronFields, cronPresets, cronProblem, type Field, fieldProblem, yearField } from '../cron.js';
import { isDate } from '../instant.js';
import { isPlainObject, show } from '../json.js';
import { validate } from '../problem.js';
import type { Calendar } from '../wall-times.js';
import { oneOrMore, positiveDuration } from './primitives.js';

/** A value of several forms, told apart first, so that an error speaks of the form that was meant. */
const toldApart = <Value>(formOf: (value: unknown) => z.ZodType) =>
  z.unknown().transform((value, context): Value => {
    const result = validate(formOf(value) as z.ZodType<Value>, value);
    if (result.ok) return result.value;
    for (const { path, message, hint } of result.problems) {
      const text = hint === undefined ? message : `${message} (${hint})`;
      context.addIssue({ code: 'custom', path: [...path], message: text });
    }
    return z.NEVER;
  });

/** What to write for presets of Airflow that say nothing of times. */
const presetAdvice = {
  '@once': "start the DAG by hand, or say when: { calendars: [{ date: 2026-12-24, at: '06:00' }] }",
  '@continuous':
    'say { every: 1s } with `overlap: buffer-one`, by which a run starts when the one before has ended',
};

const cron = z
  .string()
  .describe('Five fields (minute hour day month weekday), or a preset such as @daily')
  .transform((text, context) => {
    const preset = Object.entries(cronPresets).find(([name]) => name === text);
    const expression = preset?.[1] ?? text.trim();
    const problem = text.startsWith('@') && !preset ? 'unknown preset' : cronProblem(expression);
    const advice = Object.entries(presetAdvice).find(([name]) => name === text)?.[1];
    if (advice !== undefined) {
      context.addIssue({ code: 'custom', message: `there is no ${text}: ${advice}` });
      return z.NEVER;
    }
    if (problem !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `${problem}: ${show(text)} is neither a cron expression nor one of ${Object.keys(cronPresets).join(', ')}`,
      });
    }
    return { cron: expression };
  });

/** A field as in cron, or a list of its values: `mon-fri`, `[1, 15]`. */
const calendarField = (field: Field, example: string) =>
  oneOrMore(z.union([z.string(), z.int()], { error: `expected a ${field.name} such as ${example}` }), example)
    .transform((values, context) => {
      const text = values.map(String).join(',').replaceAll(' ', '');
      const problem = fieldProblem(text, field);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      return text;
    })
    .optional()
    .describe(`${field.name}, as in cron or as a list: ${example}`);

const timeOfDay = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, {
  error: (issue) => `expected a time of day such as '06:30' (in quotes), got ${show(issue.input)}`,
});

const date = z
  .custom<string>((value) => typeof value === 'string' && isDate(value), {
    error: (issue) => `expected a date such as 2026-12-24, got ${show(issue.input)}`,
  })
  .meta({ type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', examples: ['2026-12-24'] });

const days = {
  weekday: calendarField(cronFields.weekday, 'mon-fri'),
  day: calendarField(cronFields.day, '1-7'),
  month: calendarField(cronFields.month, 'jan'),
  year: calendarField(yearField, '2026'),
  date: oneOrMore(date, 'a date such as 2026-12-24').optional().describe('Single dates'),
};
const at = oneOrMore(timeOfDay, "a time of day such as '06:30'").optional();

const calendar = z.strictObject({ at: at.describe('Times of day. Default 00:00'), ...days });
const exclusion = z.strictObject({ at: at.describe('Times of day. Default the whole day'), ...days });

const skip = z
  .array(exclusion)
  .min(1)
  .optional()
  .describe('Days, or times of these, at which nothing runs. All that a calendar says must hold');

const skippingCron = z
  .strictObject({ cron, skip })
  .transform(({ cron, skip }) => ({ ...cron, ...(skip && { skip }) }));

const calendarsOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    calendars: z
      .array(item)
      .min(1)
      .describe(
        'Runs start at the times of each: calendars, or cron expressions. All that a calendar says must hold',
      ),
    skip,
  });

const cronText = cron.transform(({ cron }) => cron);
const calendars = calendarsOf(
  toldApart<string | Calendar>((value) => (typeof value === 'string' ? cronText : calendar)),
);

const every = z.strictObject({
  every: positiveDuration
    .refine((milliseconds) => milliseconds % 1000 === 0, { error: 'expected whole seconds' })
    .describe('The time between runs, counted from startDate, or else from 1970'),
  skip,
});

/** Names of datasets joined by all and any. */
export type DatasetCondition = string | { all: DatasetCondition[] } | { any: DatasetCondition[] };

/** The name under which a dataset is published and awaited: any text, by custom a URI such as `sales/orders`. */
export const datasetUri = z.string().min(1).max(500);

const datasetCondition: z.ZodType<DatasetCondition> = z.lazy(() =>
  z.union(
    [
      datasetUri,
      z.strictObject({ all: z.array(datasetCondition).min(1) }),
      z.strictObject({ any: z.array(datasetCondition).min(1) }),
    ],
    { error: 'expected the name of a dataset, { all: […] } or { any: […] }' },
  ),
);

const datasets = z.strictObject({
  datasets: z.union(
    [
      datasetCondition,
      z
        .array(datasetCondition)
        .min(1)
        .transform((all) => ({ all })),
    ],
    {
      error: 'expected dataset names: a list of those that must all be updated, { all: […] } or { any: […] }',
    },
  ),
});

/** The forms of a schedule that say times. */
export const timedForms = z.union([cron, skippingCron, calendarsOf(z.union([cronText, calendar])), every]);

/** The forms of a schedule, for editors. */
export const scheduleForms = z.union([timedForms, datasets, z.null()]);

/** A schedule by the clock of the DAG's time zone. A text among calendars is a cron expression. */
export type ClockSchedule = ({ cron: string } | { calendars: (string | Calendar)[] }) & { skip?: Calendar[] };

export type Schedule = ClockSchedule | { every: number; skip?: Calendar[] } | { datasets: DatasetCondition };

const formOf = (value: unknown): z.ZodType => {
  if (value === null || value === undefined) return z.unknown().transform(() => undefined);
  if (typeof value === 'string') return cron;
  if (!isPlainObject(value)) {
    return z.never({
      error: `expected a cron expression, a preset such as '@daily', { every: 1h }, { calendars: […] } or { datasets: [orders] }, got ${show(value)}`,
    });
  }
  if ('datasets' in value) return datasets;
  if ('calendars' in value) return calendars;
  return 'cron' in value ? skippingCron : every;
};

export const schedule = toldApart<Schedule | undefined>(formOf)
  .transform((value) => (value === undefined ? undefined : withoutUndefined(value)))
  .optional();

/** Documents are plain JSON: absent keys are left out. */
const withoutUndefined = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** `none` is left out of the document, as if it were not said. */
export const dataInterval = z.union(
  [z.literal('none').transform(() => undefined), z.literal('previous'), positiveDuration],
  { error: (issue) => `expected none, previous or a duration such as 24h, got ${show(issue.input)}` },
);

/** What happens when a run is due while another runs: Temporal's overlap policies. */
export const overlapPolicies = [
  'skip',
  'buffer-one',
  'buffer-all',
  'allow-all',
  'cancel-other',
  'terminate-other',
] as const;
export type OverlapPolicy = (typeof overlapPolicies)[number];
