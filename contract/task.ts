import { z } from 'zod';
import type { Json } from '../dag/json.js';
import type { Path } from '../dag/problem.js';
import * as scalars from '../dag/schema/scalars.js';
import type { FinishedTask } from '../dag/stage-counts.js';
import type { ErrorThreshold, MetricThresholds } from '../dag/thresholds.js';

/** What the DAG-run workflow hands to a task's activity. Recorded in the history, so it stays small. */
export type TaskInput = {
  dag: { id: string; folder: string };
  run: {
    id: string;
    logicalDate: string;
    /** Ends of the data interval; absent where they are the logical date. */
    dataIntervalStart?: string;
    dataIntervalEnd?: string;
  };
  task: {
    id: string;
    key: string;
    mapIndex?: number;
    /** How often it was cleared in this run. Default 0. */
    cleared?: number;
    /** Attempts before those of this activity, which took the task over from a worker that shut down. Default 0. */
    attemptsBefore?: number;
    /** For sensors: how many errors are retried. Their attempts are looks, so the retry policy can't say it. Default 0. */
    retries?: number;
  };
  /** The task's `with`, templates rendered. */
  params: Json;
  /** Origins of the addresses that the document writes; absent when there are none. */
  origins?: string[];
  /** Where in `params` templates gave what could be taken for `{ env: … }` and the like: it is data. Absent for nowhere. */
  data?: Path[];
  /** A file below the data root that has `params` and `finishedTasks`, when they are more than the history takes. */
  inputFile?: string;
  errorThreshold?: ErrorThreshold;
  metricThresholds?: MetricThresholds;
  /** Filled for operators that read it (see `Operator.readsFinishedTasks`). */
  finishedTasks?: FinishedTask[];
  /** The workflow to tell of attempts that are repeated: that of the run, when the task has an onRetry callback. */
  tellRetriesTo?: string;
};

/** How a task's activity ended well, or in being skipped, with the reason. Recorded in the history as well. */
export type TaskResult = { output: Json; stats: TaskFigures; skipped?: string };

/** What a finished task leaves in the run record, without what the run knows by itself and without counts of nought. */
export type TaskFigures = Partial<FinishedTask> &
  Pick<FinishedTask, 'tries' | 'startedAt' | 'finishedAt' | 'peakMemoryBytes'>;

/** What the workflow has to know of an operator to run it. */
export type OperatorTraits = {
  /** It is handed the figures of the run's finished tasks. */
  readsFinishedTasks?: boolean;
  /** It pokes until what it waits for is there: the server keeps the time between its attempts. */
  sensor?: boolean;
};

const count = z.int().min(0).optional();

/**
 * The shape of a {@link TaskInput}. Its params are their operator's to check. Keys that are not known here are let through: a worker
 * of an earlier release may serve the run of a later one.
 */
export const taskInputSchema = z.looseObject({
  dag: z.looseObject({ id: scalars.id(), folder: z.string().min(1) }),
  run: z.looseObject({
    id: z.string().min(1),
    logicalDate: z.iso.datetime(),
    dataIntervalStart: z.iso.datetime().optional(),
    dataIntervalEnd: z.iso.datetime().optional(),
  }),
  task: z.looseObject({
    id: scalars.id(),
    key: z.string().min(1),
    mapIndex: count,
    cleared: count,
    attemptsBefore: count,
    retries: count,
  }),
  params: z.unknown(),
  data: z.array(z.array(z.union([z.string(), z.int()]))).optional(),
  inputFile: z.string().min(1).optional(),
  errorThreshold: z.looseObject({}).optional(),
  metricThresholds: z.looseObject({}).optional(),
  finishedTasks: z.array(z.looseObject({})).optional(),
  tellRetriesTo: z.string().min(1).optional(),
});
