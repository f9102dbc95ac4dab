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
  ids,
  isTemplate,
  json,
  numeric,
  positiveDuration,
} from './primitives.js';
import { datasetUri } from './schedule.js';

const errorThreshold = z.strictObject({
  maxRejectedRows: count.optional().describe('Most rejected rows'),
  maxRejectedRatio: numeric(0, 1, false)
    .optional()
    .describe('Largest share of rejected rows among those read, 0 to 1'),
  maxRejectedFiles: count.optional().describe('Most files rejected whole'),
  onBreach: z.enum(['fail', 'warn']).default('fail').describe('`warn` only logs a breach. Default fail'),
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
  triggerRule: z
    .enum(triggerRules)
    .optional()
    .describe('When it may run, by the states of the tasks it depends on. Default all_success'),
  retries: z.int().min(0).max(1_000).optional().describe('Attempts after the first. Default 0'),
  retryDelay: duration.optional().describe('Between attempts. Default 5m'),
  retryExponentialBackoff: z
    .boolean()
    .optional()
    .describe('Doubles the delay with every retry. Default false'),
  maxRetryDelay: positiveDuration.optional().describe('Bound of the growing delay'),
  executionTimeout: positiveDuration.optional().describe('For one attempt'),
  heartbeatTimeout: positiveDuration
    .optional()
    .describe('Without a sign of life for so long, an attempt counts as lost. Default 60s'),
  deadline: positiveDuration
    .optional()
    .describe(
      'How long after the start of the run `callbacks.onDeadline` is called unless the task has ended',
    ),
  pool: z.string().min(1).optional().describe('A pool whose slots it takes, shared by all runs of all DAGs'),
  poolSlots: z.int().min(1).optional().describe('How many slots of the pool it takes. Default 1'),
  priority: z.int().optional().describe('The larger goes first where tasks wait for a slot. Default 1'),
  errorThreshold: errorThreshold
    .optional()
    .describe('How many rejected rows and files are too many; nothing is published then'),
  callbacks: taskCallbacks
    .optional()
    .describe('What to do when it has succeeded, failed, is retried or is late'),
  queue: z.string().min(1).optional().describe("Temporal task queue, when not the run's own"),
};

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
    id: id.describe("Unique in the DAG: letters, digits, '_', '-' and '.'"),
    operator: z.string().describe('What it runs'),
    with: z
      .record(z.string(), json)
      .default({})
      .describe('Params of the operator; any text may hold templates'),
    dependsOn: ids('the id of a task or group')
      .default([])
      .describe('Id of a task or group, or a list of them, that it comes after'),
    ...taskOptions,
    when: z
      .union([z.string(), z.boolean()], { error: 'expected a condition such as params.full == true' })
      .transform(String)
      .optional()
      .describe(
        'A condition in CEL, such as `params.full && tasks.fetch.output.rows > 0`; the task is skipped when it is false',
      ),
    expand: expand
      .optional()
      .describe(
        'Runs once for every item of a list, or of the cross product of several; `item.<name>` is the value',
      ),
    maxActiveMapped: z.int().min(1).optional().describe('Most instances at the same time'),
    group: z.string().optional().describe('Id of the group that it is in'),
    setup: z.boolean().optional().describe('Prepares what tasks after it need, and is undone by teardowns'),
    teardown: teardown
      .optional()
      .describe('Cleans up once what depends on its setups is done, however that ended'),
    metricThresholds: metricThresholds
      .optional()
      .describe('Bounds of metrics that it reports, by name; nothing is published when one is broken'),
    publishes: z
      .union([datasetUri, z.array(datasetUri)], {
        error: 'expected the name of a dataset or a list of these',
      })
      .transform((value) => (typeof value === 'string' ? [value] : value))
      .optional()
      .describe('Datasets that its success updates: DAGs may be scheduled by them'),
    doc: z.string().optional().describe('What there is to know about it, in Markdown'),
  })
  .refine((value) => value.maxActiveMapped === undefined || value.expand !== undefined, {
    path: ['maxActiveMapped'],
    error: 'only a task with expand can limit its active instances',
  });

export const group = z
  .strictObject({
    group: z.string().optional().describe('Id of the group that this one is in'),
    dependsOn: ids('the id of a task or group')
      .default([])
      .describe('Id of a task or group, or a list of them, that all of it comes after'),
    expand: expand.optional().describe('All its tasks run once for every item of a list'),
    maxActiveMapped: z.int().min(1).optional().describe('Most items at the same time'),
    doc: z.string().optional().describe('What there is to know about it, in Markdown'),
  })
  .refine((value) => value.maxActiveMapped === undefined || value.expand !== undefined, {
    path: ['maxActiveMapped'],
    error: 'only a group with expand can limit its active instances',
  });

export type ErrorThresholdSpec = z.output<typeof errorThreshold>;
export type MetricThresholdsSpec = z.output<typeof metricThresholds>;
