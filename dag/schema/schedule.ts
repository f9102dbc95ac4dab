import { z } from 'zod';
import { cronPresets, cronProblem } from '../cron.js';
import { isPlainObject, show } from '../json.js';
import { validate } from '../problem.js';
import { positiveDuration } from './primitives.js';

const cron = z
  .string()
  .describe('Five fields (minute hour day month weekday), or a preset such as @daily')
  .transform((text, context) => {
    const preset = Object.entries(cronPresets).find(([name]) => name === text);
    const expression = preset?.[1] ?? text.trim();
    const problem = text.startsWith('@') && !preset ? 'unknown preset' : cronProblem(expression);
    if (problem !== undefined) {
      context.addIssue({
        code: 'custom',
        message: `${problem}: ${show(text)} is neither a cron expression nor one of ${Object.keys(cronPresets).join(', ')}`,
      });
    }
    return { cron: expression };
  });

const every = z.strictObject({ every: positiveDuration.describe('The time between runs') });

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

/** The forms of a schedule, for editors. */
export const scheduleForms = z.union([cron, every, datasets, z.null()]);

export type Schedule = { cron: string } | { every: number } | { datasets: DatasetCondition };

/** Told apart here, so that an error speaks of the form that was meant. */
export const schedule = z
  .unknown()
  .transform((value, context): Schedule | undefined => {
    if (value === null || value === undefined) return undefined;
    if (typeof value !== 'string' && !isPlainObject(value)) {
      const message = `expected a cron expression, a preset such as '@daily', { every: 1h } or { datasets: [orders] }, got ${show(value)}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    const form = typeof value === 'string' ? cron : 'datasets' in value ? datasets : every;
    const result = validate<z.ZodType<Schedule>>(form, value);
    if (result.ok) return result.value;
    for (const { path, message, hint } of result.problems) {
      const text = hint === undefined ? message : `${message} (${hint})`;
      context.addIssue({ code: 'custom', path: [...path], message: text });
    }
    return z.NEVER;
  })
  .optional();

/** `none` is left out of the document, as if it were not said. */
export const dataInterval = z.union(
  [z.literal('none').transform(() => undefined), z.literal('previous'), positiveDuration],
  { error: (issue) => `expected none, previous or a duration such as 24h, got ${show(issue.input)}` },
);
