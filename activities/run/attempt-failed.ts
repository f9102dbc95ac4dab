import { getClient, type Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import type { TaskInput } from '../../contract/task.js';
import { attemptFailedSignal, type FailedAttempt } from '../../dag/callback-event.js';

/** Tells the run that this attempt failed, when it wants to know and another attempt follows. Never throws. */
export async function onAttemptFailed(
  input: TaskInput,
  failure: unknown,
  { attempt, retryPolicy }: Info,
  log: Logger,
): Promise<void> {
  const most = retryPolicy?.maximumAttempts || Number.POSITIVE_INFINITY;
  if (!(failure instanceof ApplicationFailure) || failure.nonRetryable || attempt >= most) return;
  // A sensor that looks again has not failed.
  if (failure.type !== 'NotYet')
    await tell(input, { attempt: before(input) + attempt, reason: failure.message }, log);
}

/** Tells the run of the attempt before this one: it may have been cut off with its worker. Never throws. */
export async function onAttemptStarted(input: TaskInput, { attempt }: Info, log: Logger): Promise<void> {
  if (attempt > 1) await tell(input, { attempt: before(input) + attempt - 1 }, log);
}

const before = ({ task }: TaskInput): number => task.attemptsBefore ?? 0;

async function tell(
  { task, tellRetriesTo }: TaskInput,
  failed: Omit<FailedAttempt, 'key'>,
  log: Logger,
): Promise<void> {
  if (tellRetriesTo === undefined) return;
  await getClient()
    .workflow.getHandle(tellRetriesTo)
    .signal(attemptFailedSignal, { key: task.key, ...failed } satisfies FailedAttempt)
    .catch((error: unknown) =>
      log.warn(`the run could not be told of the retry: ${error instanceof Error ? error.message : error}`),
    );
}
