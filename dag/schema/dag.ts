import { z } from 'zod';
import { runCallbacks } from './callbacks.js';
import { param } from './param.js';
import { duration, id, identifier, instant, positiveDuration, timezone } from './primitives.js';
import { schedule } from './schedule.js';
import { group, task, taskOptions } from './task.js';

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
    maxActiveRuns: z.int().min(1).optional(),
    maxActiveTasks: z.int().min(1).optional(),
    dagrunTimeout: positiveDuration.optional(),
    deadline: positiveDuration.optional(),
    params: z.record(identifier('full_load'), param).optional(),
    callbacks: runCallbacks.optional(),
    defaults: z.strictObject(taskOptions).optional(),
    groups: z.record(id, group).optional(),
    tasks: z.array(task).min(1),
  })
  .refine((dag) => dag.startDate === undefined || dag.endDate === undefined || dag.startDate < dag.endDate, {
    path: ['endDate'],
    error: 'expected a time after startDate',
  });
