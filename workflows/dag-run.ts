import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  defineQuery,
  isCancellation,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedRun, RunRequest } from '../activities/run/prepare-run.js';
import type { RunUpdate } from '../activities/run/record-run.js';
import type { ResultsPage, ResultsRequest } from '../activities/run/results.js';
import type { TaskRecord } from '../activities/run/run-record.js';
import { backfilledDag } from '../dag/backfill/messages.js';
import type { RestoredInstance, ReusedResult } from '../dag/decision.js';
import { runsPool } from '../dag/pool/messages.js';
import { isFinal } from '../dag/states.js';
import { failureReport } from './failure-report.js';
import { readableCause } from './failures.js';
import { acquireSlots, releaseSlots } from './pool-slots.js';
import { type RunEnding, RunExecution } from './run-execution.js';
import type { RunResult, RunView } from './run-view.js';
import { endAttributes, startAttributes } from './search-attributes.js';

/** The activities that every worker has beside its operators. */
export type RunActivities = {
  prepareRun(request: RunRequest): Promise<PreparedRun>;
  readResults(request: ResultsRequest): Promise<ResultsPage>;
  recordRun(update: RunUpdate): Promise<void>;
};

/** What a run that continues as new hands to itself: times of the whole run, in milliseconds. */
export type Continuation = {
  triggeredAt: number;
  /** When it was let in, by which dagrunTimeout counts. */
  startedAt: number;
};

/** Where a run stands, task by task; undefined before its DAG has been read. */
export const stateQuery = defineQuery<RunView | undefined>('state');

const { prepareRun, readResults, recordRun } = proxyLocalActivities<RunActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/**
 * Runs the DAG that the workflow's type names. `continued` is its own: a run with a long history goes on in a new one.
 * @throws ApplicationFailure InvalidRunInput, DagRunFailed
 */
export async function dagRun(input?: unknown, continued?: Continuation): Promise<RunResult> {
  // The first run's id stays when the run is reset or continued: it is the same try at the DAG run.
  const { workflowType, workflowId, firstExecutionRunId, startTime, searchAttributes, parent } =
    workflowInfo();
  let execution: RunExecution | undefined;
  setHandler(stateQuery, () => execution?.progress.view(), {
    description: 'Where the run stands, task by task',
  });
  const triggeredAt = continued?.triggeredAt ?? startTime.getTime();
  const scheduled = searchAttributes.TemporalScheduledStartTime?.[0];
  const prepared = await prepareRun({
    dagId: workflowType,
    workflowId,
    temporalRunId: firstExecutionRunId,
    triggeredAt: new Date(triggeredAt).toISOString(),
    ...(scheduled instanceof Date ? { scheduledAt: scheduled.toISOString() } : {}),
    ...(backfilledDag(parent?.workflowId ?? '') === undefined ? {} : { isBackfill: true }),
    isContinued: continued !== undefined,
    isTriggered: parent !== undefined,
    input,
  }).catch((error: unknown) => {
    throw readableCause(error);
  });
  const results = prepared.hasResults ? await allResults(prepared) : [];
  execution = new RunExecution(
    prepared,
    continued === undefined ? { reused: reusedOf(results) } : { restored: restoredOf(results) },
  );
  const { progress } = execution;
  const { searchAttributes: areKnown, dag, run } = prepared;
  const enter = (state: 'queued' | 'running'): void => {
    progress.state = state;
    setCurrentDetails(progress.table());
    if (areKnown) upsertSearchAttributes(startAttributes(dag.dagId, run.logicalDate, state));
  };
  const place = { pool: runsPool(dag.dagId), key: 'run' };
  let startedAt = continued?.startedAt;
  let ending: RunEnding = { kind: 'ended', state: 'cancelled', reason: 'cancelled' };
  try {
    if (startedAt === undefined) {
      if (dag.maxActiveRuns !== undefined) {
        enter('queued');
        await acquireSlots({ ...place, slots: 1, priority: 0, size: dag.maxActiveRuns });
      }
      enter('running');
      startedAt = Date.now();
    }
    ending = await execution.toEnd(startedAt);
  } catch (error) {
    // Cancelled while it was queued.
    if (!isCancellation(error)) throw error;
  }

  const record = (update: Pick<RunUpdate, 'state' | 'error'>): Promise<void> =>
    CancellationScope.nonCancellable(() =>
      recordRun({
        dagId: dag.dagId,
        runId: run.id,
        temporalRunId: firstExecutionRunId,
        at: new Date().toISOString(),
        tasks: progress.records(),
        ...update,
      }),
    );
  while (ending.kind === 'continue') {
    await record({ state: 'running' });
    await execution.settled();
    startedAt ??= triggeredAt;
    // A cancellation that came meanwhile would not reach the new execution: the run ends in this one.
    if (CancellationScope.current().consideredCancelled) ending = await execution.toEnd(startedAt);
    else return continueAsNew<typeof dagRun>(input, { triggeredAt, startedAt });
  }
  if (dag.maxActiveRuns !== undefined) await releaseSlots(place);
  const { state, reason } = ending;
  execution.callbacks.runEnded(state, reason);
  progress.state = state;
  setCurrentDetails(progress.table());
  if (areKnown) upsertSearchAttributes(endAttributes(state, progress.failedTasks()));
  if (state === 'success') {
    await record({ state });
    await execution.settled();
    setCurrentDetails(progress.table());
    return progress.result();
  }
  const error =
    state === 'cancelled'
      ? reason
      : failureReport(workflowId, progress.view(), reason, prepared.replayCommand);
  await record({ state, error });
  await execution.settled();
  setCurrentDetails(progress.table());
  throw state === 'cancelled'
    ? new CancelledFailure(reason)
    : ApplicationFailure.nonRetryable(error, 'DagRunFailed');
}

/** The results that the run's record holds, page by page: together they may be more than one payload takes. */
async function allResults({ dag, run }: PreparedRun): Promise<TaskRecord[]> {
  const results: TaskRecord[] = [];
  for (let from = 0; ; ) {
    const { tasks, next } = await readResults({ dagId: dag.dagId, runId: run.id, from });
    results.push(...tasks);
    if (next === undefined) return results;
    from = next;
  }
}

const byKey = <T>(entries: [string, T][]): Record<string, T> => Object.fromEntries(entries);

const reusedOf = (results: TaskRecord[]): Record<string, ReusedResult> =>
  byKey(results.map(({ key, ...result }) => [key, result as ReusedResult]));

const restoredOf = (results: TaskRecord[]): Record<string, RestoredInstance> =>
  byKey(
    results.flatMap(({ key, ...result }) =>
      isFinal(result.state) ? [[key, { ...result, state: result.state }]] : [],
    ),
  );
