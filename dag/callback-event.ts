/** What callbacks are told, and what their templates see as `event`. Plain JSON; it goes out as it is to webhooks. */
export type CallbackEvent = {
  /**
   * `success` and `failure` when a task instance or the run has ended so, `retry` when an attempt at a task failed and
   * another one follows, `deadline` when a task or the run has not ended by its deadline.
   */
  kind: 'success' | 'failure' | 'retry' | 'deadline';
  dagId: string;
  runId: string;
  workflowId: string;
  /** ISO 8601, UTC. */
  logicalDate: string;
  /** The key of the task instance, such as `train` or `generate[3]`; a task's id for its deadline; absent for the run's own events. */
  task?: string;
  /** Of the task or the run. */
  state: string;
  /** Attempts made, as far as that is known. */
  tries?: number;
  /** Why it failed, in words; what was due for a deadline. */
  reason?: string;
  /** ISO 8601, UTC: when it happened. */
  at: string;
};

/** Signal to a run: an attempt at a task with an onRetry callback failed and another one follows. */
export const attemptFailedSignal = 'attemptFailed';

/** The attempt counts from 1. The next one tells of it again, without a reason, in case it was cut off. */
export type FailedAttempt = { key: string; attempt: number; reason?: string };
