import { ActivityFailure, ApplicationFailure, TemporalFailure, TimeoutFailure, TimeoutType } from '@temporalio/common';
import type { FinishedTask } from '../activities/operator.js';

/** A failed activity's own error without Temporal's wrapping around it: the line that a user can read. */
export function readableCause(error: unknown): unknown {
  return error instanceof ActivityFailure && error.cause instanceof TemporalFailure ? error.cause : error;
}

/** Why a task's activity failed, and the figures of its last attempt if it got to report them. */
export function taskFailure(error: unknown): { reason: string; stats?: FinishedTask } {
  const cause = readableCause(error);
  if (cause instanceof TimeoutFailure) return { reason: timeouts[cause.timeoutType] ?? `timed out: ${cause.message}` };
  const reason = cause instanceof Error ? cause.message : String(cause);
  const stats = cause instanceof ApplicationFailure ? (cause.details?.[0] as FinishedTask | undefined) : undefined;
  return stats === undefined || stats === null ? { reason } : { reason, stats };
}

const timeouts: Partial<Record<TimeoutType, string>> = {
  [TimeoutType.HEARTBEAT]: 'its worker was lost: no heartbeat within heartbeatTimeout',
  [TimeoutType.START_TO_CLOSE]: 'took longer than executionTimeout',
};
