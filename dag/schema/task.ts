import { z } from 'zod';
import { show } from '../json.js';
import { triggerRules } from '../trigger-rules.js';
import { taskCallbacks } from './callbacks.js';
import {
  anyNumber,
  count,
  duration,
  id,
  identifier,
  isTemplate,
  json,
  numeric,
  positiveDuration,
} from './primitives.js';
import { datasetUri } from './schedule.js';

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

/** What a DAG's `defaults` can say for its tasks. */
export const taskOptions = {
  triggerRule: z.enum(triggerRules).optional(),
  retries: z.int().min(0).max(1_000).optional(),
  retryDelay: duration.optional(),
  retryExponentialBackoff: z.boolean().optional(),
  maxRetryDelay: positiveDuration.optional(),
  executionTimeout: positiveDuration.optional(),
  heartbeatTimeout: positiveDuration.optional(),
  deadline: positiveDuration.optional(),
  pool: z.string().min(1).optional(),
  poolSlots: z.int().min(1).optional(),
  priority: z.int().optional(),
  errorThreshold: errorThreshold.optional(),
  callbacks: taskCallbacks.optional(),
  queue: z.string().min(1).optional(),
};

export const ids = (what: string) =>
  z
    .union([z.string(), z.array(z.string())], { error: `expected ${what} or a list of these` })
    .transform((value) => (typeof value === 'string' ? [value] : value));

/** What a task or group is mapped over. */
export const expand = z
  .record(
    identifier('shard'),
    z.union([z.array(json), z.string().refine(isTemplate)], {
      error: (issue) =>
        `expected a list or a template that gives one, such as \${{ range(4) }}, got ${show(issue.input)}`,
    }),
  )
  .refine((names) => Object.keys(names).length > 0, { error: 'expected at least one name with its list' });

const teardown = z.union(
  [
    z.boolean(),
    z.strictObject({
      setups: ids('the id of a setup task').default([]),
      onFailureFailDagrun: z.boolean().default(false),
    }),
  ],
  { error: 'expected true, or { setups: [ids of setup tasks], onFailureFailDagrun: true }' },
);

export const task = z
  .strictObject({
    id,
    operator: z.string(),
    with: z.record(z.string(), json).default({}),
    dependsOn: ids('the id of a task or group').default([]),
    ...taskOptions,
    when: z
      .union([z.string(), z.boolean()], { error: 'expected a condition such as params.full == true' })
      .transform(String)
      .optional(),
    expand: expand.optional(),
    maxActiveMapped: z.int().min(1).optional(),
    group: z.string().optional(),
    setup: z.boolean().optional(),
    teardown: teardown.optional(),
    metricThresholds: metricThresholds.optional(),
    publishes: z
      .union([datasetUri, z.array(datasetUri)], {
        error: 'expected the name of a dataset or a list of these',
      })
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .optional(),
    doc: z.string().optional(),
  })
  .refine((value) => value.maxActiveMapped === undefined || value.expand !== undefined, {
    path: ['maxActiveMapped'],
    error: 'only a task with expand can limit its active instances',
  });

export const group = z
  .strictObject({
    /** The group that this one is in. */
    group: z.string().optional(),
    dependsOn: ids('the id of a task or group').default([]),
    expand: expand.optional(),
    maxActiveMapped: z.int().min(1).optional(),
    doc: z.string().optional(),
  })
  .refine((value) => value.maxActiveMapped === undefined || value.expand !== undefined, {
    path: ['maxActiveMapped'],
    error: 'only a group with expand can limit its active instances',
  });

export type ErrorThresholdSpec = z.output<typeof errorThreshold>;
export type MetricThresholdsSpec = z.output<typeof metricThresholds>;
