import { z } from 'zod';
import { runCallbacks } from './callbacks.js';
import { param } from './param.js';
import { duration, id, identifier, ids, instant, positiveDuration, timezone } from './primitives.js';
import { dataInterval, overlapPolicies, schedule } from './schedule.js';
import { group, task, taskOptions } from './task.js';

/** The document as users write it: strict, so that no key is silently ignored. Descriptions are what editors show. */
export const dagSchema = z
  .strictObject({
    dagId: id.describe(
      "Name of the DAG, unique among all: letters, digits, '_', '-' and '.'. Also the type of its Temporal workflow",
    ),
    description: z.string().optional().describe('What the DAG does, in a line'),
    doc: z.string().optional().describe('What there is to know about it, in Markdown'),
    owner: z.string().optional().describe('Who looks after it'),
    tags: z.array(z.string()).optional().describe('Words to find it by'),
    include: ids('the path of a YAML file')
      .optional()
      .describe(
        'YAML files whose keys count where this document says nothing else, such as shared `defaults` and `callbacks`; paths are relative to this file',
      ),
    schedule: schedule.describe(
      'When runs start: a cron expression, a preset such as `@daily`, `{ every: 1h }`, `{ calendars: […] }`, or `{ datasets: [orders] }`. Default: by hand only',
    ),
    timezone: timezone
      .optional()
      .describe('IANA time zone of the schedule, such as Europe/Zurich. Default UTC'),
    startDate: instant.optional().describe('No scheduled run before: a date (UTC) or a time with its zone'),
    endDate: instant.optional().describe('No scheduled run after: a date (UTC) or a time with its zone'),
    catchup: z
      .boolean()
      .optional()
      .describe(
        'Whether runs that were due since `startDate` are started when the schedule is deployed. Default false',
      ),
    catchupWindow: positiveDuration
      .optional()
      .describe(
        'How long after its time a run that a server missed is still started. Default 24h, with catchup 365d',
      ),
    overlap: z
      .enum(overlapPolicies)
      .optional()
      .describe(
        'What happens when a run is due while another runs. Default buffer-one; allow-all with maxActiveRuns; buffer-all with catchup',
      ),
    pauseOnFailure: z
      .boolean()
      .optional()
      .describe('Pauses the schedule when a scheduled run fails. Default false'),
    isPausedUponCreation: z
      .boolean()
      .optional()
      .describe('The schedule is paused when it is first deployed. Default false'),
    jitter: duration.optional().describe('Scheduled runs start up to this much later, at random. Default 0s'),
    dataInterval: dataInterval
      .optional()
      .describe(
        'What `run.dataIntervalStart` and `run.dataIntervalEnd` say: `none`, both the logical date; `previous`, from the scheduled time before to this one; a duration such as `24h`, that long up to the logical date. Default none',
      ),
    maxActiveRuns: z.int().min(1).optional().describe('Runs beyond this number wait in state `queued`'),
    maxActiveTasks: z.int().min(1).optional().describe('Tasks of one run at the same time'),
    dagrunTimeout: positiveDuration.optional().describe('The run fails when it takes longer'),
    onFailure: z
      .enum(['fail', 'hold'])
      .optional()
      .describe(
        'What becomes of a run that failed: it ends so (default), or is held open until it is told what to do with what failed',
      ),
    holdFor: positiveDuration
      .optional()
      .describe('With `onFailure: hold`: a run fails when it was held that long. Default: for ever'),
    deadline: positiveDuration
      .optional()
      .describe('How long after its start `callbacks.onDeadline` is called unless the run has ended'),
    params: z
      .record(identifier('full_load'), param)
      .optional()
      .describe('What a run can be given, by name; templates read `params.<name>`'),
    callbacks: runCallbacks.optional().describe('What to do when a run has succeeded, failed or is late'),
    defaults: z.strictObject(taskOptions).optional().describe("Values for tasks that don't say otherwise"),
    groups: z
      .record(id, group)
      .optional()
      .describe('Groups of tasks, by id; a task names its own by `group`'),
    tasks: z.array(task).min(1).describe('The tasks, in any order'),
  })
  .refine((dag) => dag.startDate === undefined || dag.endDate === undefined || dag.startDate < dag.endDate, {
    path: ['endDate'],
    error: 'expected a time after startDate',
  })
  .refine((dag) => dag.holdFor === undefined || dag.onFailure === 'hold', {
    path: ['holdFor'],
    error: 'only a DAG with `onFailure: hold` holds its runs',
  })
  .refine(({ catchup, startDate }) => catchup !== true || startDate !== undefined, {
    path: ['catchup'],
    error: 'needs a startDate, from which on runs are caught up',
  })
  .refine(
    ({ dataInterval, schedule }) =>
      dataInterval !== 'previous' || (schedule !== undefined && !('datasets' in schedule)),
    {
      path: ['dataInterval'],
      error: "'previous' needs a schedule with times; without one, say a duration such as 24h, or none",
    },
  );
