import { z } from 'zod';
import { cronPresets, cronProblem } from './cron.js';
import { parseDuration } from './duration.js';
import { isDate, isDateTime } from './instant.js';
import { isPlainObject, type Json, type JsonObject, show } from './json.js';
import { validate } from './problem.js';
import { type TriggerRule, triggerRules } from './trigger-rules.js';

/** Longest DAG or task id. */
const MAX_ID_LENGTH = 250;

/** Defaults of task keys, as in Airflow where it has them. Durations in milliseconds. */
export const taskDefaults = {
  triggerRule: 'all_success',
  retries: 0,
  retryDelay: 300_000,
  retryExponentialBackoff: false,
  heartbeatTimeout: 60_000,
} as const;

/** How long after its time a missed scheduled run is still started, in milliseconds: the last night's run, not older ones. */
const DEFAULT_CATCHUP_WINDOW = 86_400_000;

const id = z
  .string()
  .max(MAX_ID_LENGTH)
  .refine((value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value), {
    error: (issue) =>
      `expected letters, digits, '_', '-' and '.', the first a letter, digit or '_', got ${show(issue.input)}`,
  });

const duration = z
  .custom<string>((value) => typeof value === 'string' && parseDuration(value) !== undefined, {
    error: (issue) =>
      `expected a duration such as 30s, 5m, 24h, 1d or 1h30m, got ${show(issue.input)}${typeof issue.input === 'number' ? ' without a unit' : ''}`,
  })
  .transform((text) => parseDuration(text) ?? 0);

const positiveDuration = duration.refine((milliseconds) => milliseconds > 0, {
  error: 'expected a duration above 0',
});

const isTemplate = (value: unknown) => typeof value === 'string' && /^\s*\$\{\{.*\}\}\s*$/s.test(value);

/** A number, or a template that gives one when the task starts. */
function numeric(min: number, max: number, whole: boolean) {
  const range =
    max === Number.POSITIVE_INFINITY ? (min === 0 ? ' of at least 0' : '') : ` from ${min} to ${max}`;
  return z.custom<number | string>(
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
  );
}

const count = numeric(0, Number.POSITIVE_INFINITY, true);
const anyNumber = numeric(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, false);

const errorThreshold = z.strictObject({
  maxRejectedRows: count.optional(),
  maxRejectedRatio: numeric(0, 1, false).optional(),
  maxRejectedFiles: count.optional(),
  onBreach: z.enum(['fail', 'warn']).default('fail'),
});

const metricThresholds = z.record(
  z.string(),
  z
    .strictObject({ min: anyNumber.optional(), max: anyNumber.optional() })
    .refine((bounds) => bounds.min !== undefined || bounds.max !== undefined, {
      error: 'expected min, max or both',
    }),
);

const json = z.json({ error: (issue) => `expected a value that JSON can hold, got ${show(issue.input)}` });

const taskOptions = {
  triggerRule: z.enum(triggerRules).optional(),
  retries: z.int().min(0).max(1_000).optional(),
  retryDelay: positiveDuration.optional(),
  retryExponentialBackoff: z.boolean().optional(),
  maxRetryDelay: positiveDuration.optional(),
  executionTimeout: positiveDuration.optional(),
  heartbeatTimeout: positiveDuration.optional(),
  errorThreshold: errorThreshold.optional(),
  queue: z.string().min(1).optional(),
};

const task = z
  .strictObject({
    id,
    operator: z.string(),
    with: z.record(z.string(), json).default({}),
    dependsOn: z
      .union([z.string(), z.array(z.string())], { error: 'expected a task id or a list of task ids' })
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .default([]),
    ...taskOptions,
    when: z
      .union([z.string(), z.boolean()], { error: 'expected a condition such as params.full == true' })
      .transform(String)
      .optional(),
    expand: z
      .record(
        z
          .string()
          .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name that expressions can use, such as shard'),
        z.union([z.array(json), z.string().refine(isTemplate)], {
          error: (issue) =>
            `expected a list or a template that gives one, such as \${{ range(4) }}, got ${show(issue.input)}`,
        }),
      )
      .refine((names) => Object.keys(names).length > 0, { error: 'expected at least one name with its list' })
      .optional(),
    maxActiveMapped: z.int().min(1).optional(),
    metricThresholds: metricThresholds.optional(),
    doc: z.string().optional(),
  })
  .refine((value) => value.maxActiveMapped === undefined || value.expand !== undefined, {
    path: ['maxActiveMapped'],
    error: 'only a task with expand can limit its active instances',
  });

const cron = z.string().transform((text, context) => {
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

const every = z.strictObject({ every: positiveDuration });

/** Told apart here, so that an error speaks of the form that was meant. */
const schedule = z
  .unknown()
  .transform((value, context): Schedule | undefined => {
    if (value === null || value === undefined) return undefined;
    if (typeof value !== 'string' && !isPlainObject(value)) {
      const message = `expected a cron expression, a preset such as '@daily', or { every: 1h }, got ${show(value)}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    const result = validate(typeof value === 'string' ? cron : every, value);
    if (result.ok) return result.value;
    for (const { path, message, hint } of result.problems) {
      const text = hint === undefined ? message : `${message} (${hint})`;
      context.addIssue({ code: 'custom', path: [...path], message: text });
    }
    return z.NEVER;
  })
  .optional();

const timezone = z.string().refine(isTimezone, {
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

const instant = z
  .custom<string>((value) => typeof value === 'string' && (isDate(value) || isDateTime(value)), {
    error: (issue) =>
      `expected a date such as 2025-01-31 (UTC) or a time such as 2025-01-31T06:00:00+01:00, got ${show(issue.input)}`,
  })
  .transform((text) => new Date(text).toISOString());

/** The JSON Schema keywords of a DAG param. */
const param = z.strictObject({
  type: z
    .union([paramType(), z.array(paramType()).min(1)], {
      error: 'expected string, integer, number, boolean, array, object, null, or a list of these',
    })
    .optional(),
  title: z.string().optional(),
  description: z.string().optional(),
  default: json.optional(),
  enum: z.array(json).min(1).optional(),
  const: json.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  multipleOf: z.number().gt(0).optional(),
  minLength: z.int().min(0).optional(),
  maxLength: z.int().min(0).optional(),
  pattern: z.string().optional(),
  format: z.enum(['date', 'date-time']).optional(),
  items: json.optional(),
  minItems: z.int().min(0).optional(),
  maxItems: z.int().min(0).optional(),
  uniqueItems: z.boolean().optional(),
  properties: z.record(z.string(), json).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: json.optional(),
});

function paramType() {
  return z.enum(['string', 'integer', 'number', 'boolean', 'array', 'object', 'null']);
}

/** The document as users write it: strict, so that no key is silently ignored. */
export const dagSchema = z
  .strictObject({
    dagId: id,
    description: z.string().optional(),
    doc: z.string().optional(),
    owner: z.string().optional(),
    tags: z.array(z.string()).optional(),
    schedule,
    timezone: timezone.optional(),
    startDate: instant.optional(),
    endDate: instant.optional(),
    catchupWindow: positiveDuration.optional(),
    jitter: duration.optional(),
    dagrunTimeout: positiveDuration.optional(),
    params: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name that expressions can use'), param)
      .optional(),
    defaults: z.strictObject(taskOptions).optional(),
    tasks: z.array(task).min(1),
  })
  .refine((dag) => dag.startDate === undefined || dag.endDate === undefined || dag.startDate < dag.endDate, {
    path: ['endDate'],
    error: 'expected a time after startDate',
  });

export type ParamSchema = z.output<typeof param>;
export type ErrorThresholdSpec = z.output<typeof errorThreshold>;
export type MetricThresholdsSpec = z.output<typeof metricThresholds>;
export type Schedule = { cron: string } | { every: number };
/** A task with all defaults filled in. Durations in milliseconds. Plain JSON: absent keys are left out. */
export interface TaskSpec {
  id: string;
  operator: string;
  /** Params of the operator; strings may hold templates. */
  with: JsonObject;
  dependsOn: string[];
  triggerRule: TriggerRule;
  /** Attempts after the first. */
  retries: number;
  retryDelay: number;
  /** Doubles the delay with every retry. */
  retryExponentialBackoff: boolean;
  /** Bound of the growing delay. */
  maxRetryDelay?: number;
  /** Of one attempt; unlimited when absent. */
  executionTimeout?: number;
  heartbeatTimeout: number;
  /** CEL condition; the task is skipped when it is false. */
  when?: string;
  /** Lists, or templates that give lists, by the names that `item` has. */
  expand?: Record<string, Json[] | string>;
  /** Most instances at the same time. */
  maxActiveMapped?: number;
  errorThreshold?: ErrorThresholdSpec;
  metricThresholds?: MetricThresholdsSpec;
  /** Temporal task queue, when not the run's own. */
  queue?: string;
  doc?: string;
}

/** A validated DAG: what is frozen into a run's history. Durations in milliseconds, times ISO 8601 in UTC, plain JSON. */
export interface DagDocument {
  dagId: string;
  description?: string;
  doc?: string;
  owner?: string;
  tags: string[];
  schedule?: Schedule;
  /** IANA name, for the cron schedule. */
  timezone: string;
  startDate?: string;
  endDate?: string;
  catchupWindow: number;
  jitter: number;
  dagrunTimeout?: number;
  params: Record<string, ParamSchema>;
  tasks: TaskSpec[];
}

/** Fills in the defaults: those of the DAG for its tasks, then {@link taskDefaults}. */
export function normalizeDag(input: z.output<typeof dagSchema>): DagDocument {
  const { defaults = {}, tasks, ...dag } = input;
  return dropUndefined({
    ...dag,
    tags: dag.tags ?? [],
    timezone: dag.timezone ?? 'UTC',
    catchupWindow: dag.catchupWindow ?? DEFAULT_CATCHUP_WINDOW,
    jitter: dag.jitter ?? 0,
    params: dag.params ?? {},
    tasks: tasks.map((task) => ({ ...taskDefaults, ...dropUndefined(defaults), ...dropUndefined(task) })),
  }) as DagDocument;
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
