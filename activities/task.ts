import type { ErrorThreshold, MetricThresholds } from '../dag/thresholds.js';
import type { FinishedTask, Json } from './operator.js';

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
