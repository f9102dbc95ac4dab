import type { SearchAttributeUpdatePair } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
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
import { type ClearCounts, clearCountsAfter } from '../dag/replay/amend.js';
import { isFinal } from '../dag/states.js';
import { failureReport } from './failure-report.js';
import { readableCause } from './failures.js';
import { heldDetails } from './held-details.js';
import { Hold } from './hold.js';
import { acquireSlots, releaseSlots } from './pool-slots.js';
import { eventsBeforeContinuing, type RunEnding, RunExecution } from './run-execution.js';
import type { RunResult, RunView } from './run-view.js';
import { endAttributes, resumeAttributes, startAttributes } from './search-attributes.js';

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
  /** How long it was held in all, which doesn't count. */
  heldMs?: number;
  /** Since when it is held, if it is. */
  heldSince?: number;
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
  const hold = new Hold(
    () => execution?.progress.state ?? 'being prepared',
    continued?.heldSince !== undefined,
  );
  const triggeredAt = continued?.triggeredAt ?? startTime.getTime();
  const scheduled = searchAttributes.TemporalScheduledStartTime?.[0];
  let prepared = await prepareRun({
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
  let current = execution;
  const { searchAttributes: areKnown, dag, run, replayCommand } = prepared;
  const show = (state: RunView['state'], attributes: SearchAttributeUpdatePair[]): void => {
    current.progress.state = state;
    setCurrentDetails(current.progress.table());
    if (areKnown) upsertSearchAttributes(attributes);
  };
  const place = { pool: runsPool(dag.dagId), key: 'run' };
  /** Waits for a place among the DAG's active runs. */
  const enter = async (attributesOf: (state: 'queued' | 'running') => SearchAttributeUpdatePair[]) => {
    if (dag.maxActiveRuns !== undefined) {
      show('queued', attributesOf('queued'));
      await acquireSlots({ ...place, slots: 1, priority: 0, size: dag.maxActiveRuns });
    }
    show('running', attributesOf('running'));
  };
  const record = (update: Pick<RunUpdate, 'state' | 'error' | 'params'>): Promise<void> =>
    CancellationScope.nonCancellable(() =>
      recordRun({
        dagId: dag.dagId,
        runId: run.id,
        temporalRunId: firstExecutionRunId,
        at: new Date().toISOString(),
        tasks: current.progress.records(),
        ...update,
      }),
    );
  let { startedAt, heldMs = 0, heldSince }: Partial<Continuation> = continued ?? {};
  let cleared: ClearCounts = {};
  /** Holds the run until it is told what to do with what failed, and does it. */
  const holdFailed = async (reason: string): Promise<RunEnding> => {
    if (heldSince === undefined) current.callbacks.runEnded('held', reason);
    heldSince ??= Date.now();
    const until = dag.holdFor === undefined ? undefined : heldSince + dag.holdFor;
    const standing = current.standing();
    current.progress.notice = heldDetails(dag, standing.instances, until);
    show('held', endAttributes('held', current.progress.failedTasks()));
    await record({
      state: 'held',
      error: failureReport(workflowId, current.progress.view(), reason, replayCommand),
    });
    if (workflowInfo().historyLength >= eventsBeforeContinuing) return { kind: 'continue' };
    // Whoever is held keeps nobody from running.
    if (dag.maxActiveRuns !== undefined) await releaseSlots(place);
    const { params, config } = prepared;
    const told = await hold.wait({ dag, params, config, ...standing }, until);
    current.progress.notice = '';
    if (told?.kind !== 'amend') {
      const why = told?.reason ?? `held for longer than holdFor (${(dag.holdFor ?? 0) / 1000} s)`;
      return { kind: 'ended', state: 'failed', reason: `${reason}; ${why}` };
    }
    heldMs += Date.now() - heldSince;
    heldSince = undefined;
    const { amendment } = told;
    if (told.params !== undefined) prepared = { ...prepared, params: told.params };
    cleared = clearCountsAfter(cleared, amendment);
    execution = new RunExecution(
      prepared,
      { restored: amendment.restored },
      { former: current, amendment, cleared },
    );
    current = execution;
    await enter(resumeAttributes);
    await record({ state: 'running', ...(told.params === undefined ? {} : { params: told.params }) });
    return current.toEnd(startedAt ?? triggeredAt, heldMs);
  };

  let ending: RunEnding = { kind: 'ended', state: 'cancelled', reason: 'cancelled' };
  try {
    if (startedAt === undefined) {
      await enter((state) => startAttributes(dag.dagId, run.logicalDate, state));
      startedAt = Date.now();
    }
    ending = await current.toEnd(startedAt, heldMs);
    while (dag.onFailure === 'hold' && hasFailed(ending)) {
      ending = await holdFailed(ending.reason);
      // It was told to end so.
      if (heldSince !== undefined) break;
    }
  } catch (error) {
    // Cancelled while it was queued or held.
    if (!isCancellation(error)) throw error;
    ending = { kind: 'ended', state: 'cancelled', reason: 'cancelled' };
  }

  while (ending.kind === 'continue') {
    if (heldSince === undefined) await record({ state: 'running' });
    await current.settled();
    await condition(allHandlersFinished);
    startedAt ??= triggeredAt;
    // A cancellation that came meanwhile would not reach the new execution: the run ends in this one.
    if (!CancellationScope.current().consideredCancelled) {
      const held = heldSince === undefined ? {} : { heldSince };
      return continueAsNew<typeof dagRun>(input, { triggeredAt, startedAt, heldMs, ...held });
    }
    ending =
      heldSince === undefined
        ? await current.toEnd(startedAt, heldMs)
        : { kind: 'ended', state: 'cancelled', reason: 'cancelled' };
  }
  if (dag.maxActiveRuns !== undefined) await releaseSlots(place);
  const { state, reason } = ending;
  // A failure was told when the run became held.
  if (heldSince === undefined) current.callbacks.runEnded(state, reason);
  show(state, endAttributes(state, current.progress.failedTasks()));
  if (state === 'success') {
    await record({ state });
    await current.settled();
    setCurrentDetails(current.progress.table());
    return current.progress.result();
  }
  const error =
    state === 'cancelled'
      ? reason
      : failureReport(workflowId, current.progress.view(), reason, replayCommand);
  await record({ state, error });
  await current.settled();
  setCurrentDetails(current.progress.table());
  throw state === 'cancelled'
    ? new CancelledFailure(reason)
    : ApplicationFailure.nonRetryable(error, 'DagRunFailed');
}

/** Whether a run failed by itself: not because it was out of time, which nobody can give it back. */
const hasFailed = (ending: RunEnding): ending is RunEnding & { kind: 'ended' } =>
  ending.kind === 'ended' && ending.state === 'failed' && ending.stopped === undefined;

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
