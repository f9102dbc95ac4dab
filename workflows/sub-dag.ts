import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunInput } from '../activities/run/run-input.js';
import { formatBytes } from '../dag/bytes.js';
import type { Outcome, TriggerDecision } from '../dag/decision.js';
import type { TaskSpec } from '../dag/document.js';
import { jsonBytes, maxPayloadBytes, payloadLength } from '../dag/payload.js';
import { readableCause } from './failures.js';
import type { RunResult } from './run-view.js';
import { type EndedTask, retryPolicy } from './task-run.js';

/** Seconds between looks whether a run that was left over has ended. */
const longestWait = 64;

/**
 * Triggers another DAG as a child workflow and, unless told otherwise, waits for its end: cancelling the task cancels that
 * run. A retry is a replay: it runs what failed in the other DAG again. Never throws.
 * @param retries Whether the task was tried before, while the run was held
 */
export async function triggerDag(
  decision: TriggerDecision,
  logicalDate: string,
  retries: boolean,
): Promise<EndedTask> {
  const startedAt = Date.now();
  const outcome = await attempts(decision, logicalDate, retries).catch((error: unknown): Outcome => {
    if (isCancellation(error)) return { state: 'failed', reason: 'cancelled' };
    return { state: 'failed', reason: messageOf(error) };
  });
  return { outcome, startedAt, finishedAt: Date.now() };
}

async function attempts(
  { instance, task, trigger }: TriggerDecision,
  logicalDate: string,
  retries: boolean,
): Promise<Outcome> {
  const { dagId, params, wait } = trigger;
  // Named after what triggered it: the same task of the same run triggers the same run, also when it is reset.
  const workflowId = `${dagId}/${workflowInfo().workflowId.replace('/', '.')}.${instance.key}`;
  const input: RunInput = { params, logicalDate: trigger.logicalDate ?? logicalDate };
  if (payloadLength(input) === undefined) {
    throw ApplicationFailure.nonRetryable(
      `the params for DAG "${dagId}" take ${formatBytes(jsonBytes(input))} as JSON, at most ${formatBytes(maxPayloadBytes)} are allowed; write data to a dataset and hand over its reference`,
      'InputTooLarge',
    );
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const output = await runDag(
        dagId,
        workflowId,
        attempt === 1 && !retries ? input : { replay: { workflowId } },
        wait,
      );
      return { state: 'success', output };
    } catch (error) {
      if (isCancellation(error) || isRefused(error) || attempt > task.retries) throw error;
      await sleep(delayBefore(attempt, task));
    }
  }
}

async function runDag(dagId: string, workflowId: string, input: RunInput, wait: boolean) {
  const child = await startAlone(dagId, {
    workflowId,
    args: [input],
    staticSummary: `DAG ${dagId}, triggered by ${workflowInfo().workflowId}`,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    parentClosePolicy: wait ? ParentClosePolicy.REQUEST_CANCEL : ParentClosePolicy.ABANDON,
  });
  if (!wait) return { workflowId, runId: child.firstExecutionRunId };
  const { state, outputs } = (await child.result()) as RunResult;
  return { workflowId, runId: child.firstExecutionRunId, state, outputs };
}

/** Whether the other DAG didn't even start: it isn't there, or its params are wrong. */
function isRefused(error: unknown): boolean {
  const cause = readableCause(error);
  return cause instanceof ApplicationFailure && cause.type === 'InvalidRunInput';
}

/**
 * Starts the run of the other DAG. When this run was reset, one that it had started before may still be there: that one is
 * cancelled, as the task starts over.
 */
async function startAlone(
  dagId: string,
  options: ChildWorkflowOptions & { workflowId: string; args: [RunInput] },
): Promise<ChildWorkflowHandle<Workflow>> {
  for (let wait = 1; ; wait *= 2) {
    try {
      return await startChild(dagId, options);
    } catch (error) {
      const isLeftOver =
        error instanceof WorkflowExecutionAlreadyStartedError &&
        options.parentClosePolicy === ParentClosePolicy.REQUEST_CANCEL;
      if (!isLeftOver || wait > longestWait) throw error;
      // It may have ended by itself meanwhile.
      await getExternalWorkflowHandle(options.workflowId)
        .cancel()
        .catch(() => undefined);
      await sleep(wait * 1000);
    }
  }
}

function delayBefore(attempt: number, task: TaskSpec): number {
  const { initialInterval, backoffCoefficient = 1, maximumInterval } = retryPolicy(task);
  return Math.min(Number(initialInterval) * backoffCoefficient ** (attempt - 1), Number(maximumInterval));
}

function messageOf(error: unknown): string {
  const cause = readableCause(error);
  return cause instanceof Error ? cause.message : String(cause);
}
