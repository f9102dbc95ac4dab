import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PreparedRun, RunRequest } from '../activities/run/prepare-run.js';
import type { RunEnd } from '../activities/run/record-run.js';
import { failureReport } from './details.js';
import { readableCause } from './failures.js';
import { RunExecution } from './run-execution.js';
import type { RunView } from './run-view.js';

/** The activities that every worker has beside its operators. */
export type RunActivities = {
  prepareRun(request: RunRequest): Promise<PreparedRun>;
  recordRun(end: RunEnd): Promise<void>;
};

/** Where a run stands, task by task; undefined before its DAG has been read. */
export const stateQuery = defineQuery<RunView | undefined>('state');

const { prepareRun, recordRun } = proxyLocalActivities<RunActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** Runs the DAG that the workflow's type names. @throws ApplicationFailure InvalidRunInput, DagRunFailed */
export async function dagRun(input?: unknown): Promise<RunView> {
  // The first run's id stays when the run is reset or continued: it is the same try at the DAG run.
  const {
    workflowType: dagId,
    workflowId,
    firstExecutionRunId,
    startTime,
    searchAttributes,
  } = workflowInfo();
  let execution: RunExecution | undefined;
  setHandler(stateQuery, () => execution?.view(), { description: 'Where the run stands, task by task' });

  const scheduled = searchAttributes.TemporalScheduledStartTime?.[0];
  const prepared = await prepareRun({
    dagId,
    workflowId,
    temporalRunId: firstExecutionRunId,
    triggeredAt: startTime.toISOString(),
    ...(scheduled instanceof Date ? { scheduledAt: scheduled.toISOString() } : {}),
    input,
  }).catch((error: unknown) => {
    throw readableCause(error);
  });
  execution = new RunExecution(prepared);
  return finish(execution, { dagId, workflowId, temporalRunId: firstExecutionRunId, runId: prepared.run.id });
}

type RunIds = { dagId: string; workflowId: string; temporalRunId: string; runId: string };

/** Drives a prepared run to its end and closes its record, also when it is cancelled. */
async function finish(
  execution: RunExecution,
  { dagId, workflowId, temporalRunId, runId }: RunIds,
): Promise<RunView> {
  const close = (state: RunEnd['state'], error?: string): Promise<void> => {
    execution.close(state);
    return recordRun({
      dagId,
      runId,
      temporalRunId,
      state,
      finishedAt: new Date().toISOString(),
      ...(error === undefined ? {} : { error }),
      tasks: execution.records(),
    });
  };
  try {
    await execution.admitted();
    const { state, reason } = await execution.toEnd();
    if (state === 'success') {
      await close('success');
      return execution.view();
    }
    const report = failureReport(workflowId, execution.view(), reason, execution.replayCommand);
    await close('failed', report);
    throw ApplicationFailure.nonRetryable(report, 'DagRunFailed');
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => close('cancelled', 'cancelled'));
    throw error;
  } finally {
    await execution.leave();
  }
}
