import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  RetryState,
  TemporalFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import type { FinishedTask } from '../activities/operator.js';
import { type Handover, handoverType } from '../dag/handover.js';

/** The own error of a failed activity or child without Temporal's wrapping around it: the line that a user can read. */
export function readableCause(error: unknown): unknown {
  const isWrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return isWrapped && error.cause instanceof TemporalFailure ? error.cause : error;
}

/** What a worker that shut down said of the task that it gave up, if that is why its activity failed. */
export function handoverOf(error: unknown): Handover | undefined {
  const cause = readableCause(error);
  const isHandover = cause instanceof ApplicationFailure && cause.type === handoverType;
  return isHandover ? (cause.details?.[0] as Handover) : undefined;
}

/** Whether a task failed so that trying it again can't help, as with a broken threshold. */
export const isPermanent = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.retryState === RetryState.NON_RETRYABLE_FAILURE;

/** Why a task's activity failed, and the figures of its last attempt if it got to report them. */
export function taskFailure(error: unknown): { reason: string; stats?: FinishedTask } {
  const cause = readableCause(error);
  if (cause instanceof TimeoutFailure) return { reason: timeoutReason(cause) };
  const reason = cause instanceof Error ? cause.message : String(cause);
  const stats =
    cause instanceof ApplicationFailure ? (cause.details?.[0] as FinishedTask | undefined) : undefined;
  return stats === undefined || stats === null ? { reason } : { reason, stats };
}

function timeoutReason({ timeoutType, message }: TimeoutFailure): string {
  if (timeoutType === TimeoutType.HEARTBEAT)
    return 'its worker was lost: no heartbeat within heartbeatTimeout';
  if (timeoutType === TimeoutType.START_TO_CLOSE) return 'took longer than executionTimeout';
  return `timed out: ${message}`;
}
