import {
  ActivityCancellationType,
  type ActivityOptions,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import type { FinishedTask } from '../activities/operator.js';
import type { OperatorTraits, TaskFigures, TaskInput, TaskResult } from '../contract/task.js';
import type { Outcome, RunInfo, StartDecision } from '../dag/decision.js';
import type { TaskSpec } from '../dag/document.js';
import { type ClearCounts, timesCleared } from '../dag/replay/amend.js';
import { noCounts } from '../dag/stage-counts.js';
import { writtenOrigins } from '../dag/written-origins.js';
import { handoverOf, isPermanent, taskFailure } from './failures.js';

/** What all tasks of a run share. */
export type TaskRun = {
  dag: { id: string; folder: string };
  run: TaskInput['run'];
  /** By operator; absent ones have none. */
  traits: Record<string, OperatorTraits>;
  /** Of the run: tasks tell it of attempts that are repeated. */
  workflowId: string;
  /** How often instances were cleared while it was held. */
  cleared?: ClearCounts;
};

/** What tasks are told of their run: each has it in its input, so it is short. */
export const runForTasks = ({
  id,
  logicalDate,
  dataIntervalStart,
  dataIntervalEnd,
}: RunInfo): TaskRun['run'] => ({
  id,
  logicalDate,
  ...(dataIntervalStart === logicalDate ? {} : { dataIntervalStart }),
  ...(dataIntervalEnd === logicalDate ? {} : { dataIntervalEnd }),
});

/** A task instance that has ended, with the workflow's times in milliseconds. */
export type EndedTask = {
  /** `permanent` marks a failure that no retry mends. */
  outcome: Outcome & { permanent?: true };
  startedAt: number;
  finishedAt: number;
};

/** A decision to start a task instance, with what the run adds to it. */
export type TaskStart = Omit<StartDecision, 'kind'> & Pick<TaskInput, 'finishedTasks' | 'inputFile'>;

/** How a task instance is told which one it is. */
export function identityOf(
  { taskId, key, mapIndex }: StartDecision['instance'],
  { cleared }: TaskRun,
): TaskInput['task'] {
  const clears = timesCleared(cleared, key);
  return {
    id: taskId,
    key,
    ...(mapIndex === undefined ? {} : { mapIndex }),
    ...(clears === 0 ? {} : { cleared: clears }),
  };
}

const knownOrigins = new WeakMap<TaskSpec, Pick<TaskInput, 'origins'>>();

/** Looked for once for all instances of a task. */
function originsOf(task: TaskSpec): Pick<TaskInput, 'origins'> {
  const known = knownOrigins.get(task);
  if (known !== undefined) return known;
  const origins = writtenOrigins(task);
  const found = origins.length === 0 ? {} : { origins };
  knownOrigins.set(task, found);
  return found;
}

/** Airflow's bound on a retry delay that grows. */
const longestRetryDelay = 24 * 60 * 60 * 1000;

/** Temporal wants some limit for a task without executionTimeout. */
const unlimited = '30 days';

/** Runs a task instance's operator as an activity. Never rejects: a failure or cancellation is how the task ended. */
export function runTask(
  { instance, task, params, data, inputFile, errorThreshold, metricThresholds, finishedTasks }: TaskStart,
  shared: TaskRun,
): Promise<EndedTask> {
  const { dag, run, traits, workflowId } = shared;
  const startedAt = Date.now();
  const isSensor = traits[task.operator]?.sensor === true;
  const input: TaskInput = {
    dag,
    run,
    task: {
      ...identityOf(instance, shared),
      ...(isSensor ? { retries: task.retries } : {}),
    },
    params,
    ...originsOf(task),
    ...(data === undefined ? {} : { data }),
    ...(inputFile === undefined ? {} : { inputFile }),
    ...(errorThreshold === undefined ? {} : { errorThreshold }),
    ...(metricThresholds === undefined ? {} : { metricThresholds }),
    ...(task.callbacks?.onRetry === undefined ? {} : { tellRetriesTo: workflowId }),
    ...(finishedTasks === undefined ? {} : { finishedTasks }),
  };
  const ended = (outcome: EndedTask['outcome']): EndedTask => ({
    outcome,
    startedAt,
    finishedAt: Date.now(),
  });
  const perform = (maximumAttempts: number): Promise<EndedTask> => {
    const operators = proxyActivities<Record<string, (input: TaskInput) => Promise<TaskResult>>>({
      activityId: instance.key,
      summary: task.doc?.split('\n')[0] ?? `${task.operator} of ${dag.id}`,
      startToCloseTimeout: task.executionTimeout ?? unlimited,
      heartbeatTimeout: task.heartbeatTimeout,
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
      retry: { ...retryPolicy(task), maximumAttempts },
      ...(task.queue === undefined ? {} : { taskQueue: task.queue }),
    });
    const operator = operators[task.operator];
    if (operator === undefined) throw new Error(`no activity for operator "${task.operator}"`);
    // Without async functions on the way: each promise of a task costs its workflow, and large runs have thousands.
    return operator(input).then(
      (result) => ended(successOf(result, { ...input.task, operator: task.operator })),
      (error: unknown) => {
        const handover = handoverOf(error);
        if (handover === undefined) return ended(failureOf(error));
        // A worker that shut down: the task is started again, with the attempts that it still has.
        const { failedAttempts } = handover;
        input.task.attemptsBefore = (input.task.attemptsBefore ?? 0) + failedAttempts + 1;
        return perform(maximumAttempts - failedAttempts);
      },
    );
  };
  // Every look of a sensor is an attempt: the activity itself says when the last one is over.
  return perform(isSensor ? Number.POSITIVE_INFINITY : task.retries + 1);
}

type Named = { id: string; mapIndex?: number; operator: string };

function successOf({ output, stats, skipped }: TaskResult, task: Named): Outcome {
  return skipped === undefined
    ? { state: 'success', output, stats: complete(stats, task, 'success') }
    : { state: 'skipped', stats: complete(stats, task, 'skipped'), reason: skipped };
}

/** Adds what was left out on the way. */
const complete = (figures: TaskFigures, { id, mapIndex, operator }: Named, state: string): FinishedTask => ({
  taskId: id,
  ...(mapIndex === undefined ? {} : { mapIndex }),
  operator,
  state,
  ...noCounts(),
  ...figures,
});

/** A task instance that failed before its activity came to be. */
export const failedBefore = (error: unknown): EndedTask => {
  const now = Date.now();
  return { outcome: failureOf(error), startedAt: now, finishedAt: now };
};

function failureOf(error: unknown): EndedTask['outcome'] {
  if (isCancellation(error)) return { state: 'failed', reason: 'cancelled' };
  const { reason, stats } = taskFailure(error);
  return {
    state: 'failed',
    reason,
    ...(stats === undefined ? {} : { stats }),
    ...(isPermanent(error) ? { permanent: true as const } : {}),
  };
}

export function retryPolicy(task: TaskSpec): NonNullable<ActivityOptions['retry']> {
  // Temporal takes no delay of zero.
  const initialInterval = Math.max(task.retryDelay, 1);
  return {
    maximumAttempts: task.retries + 1,
    initialInterval,
    backoffCoefficient: task.retryExponentialBackoff ? 2 : 1,
    maximumInterval: Math.max(task.maxRetryDelay ?? longestRetryDelay, initialInterval),
  };
}
