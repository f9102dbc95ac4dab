import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { SparkConnectError } from 'spark-connect-js';
import { type Handover, handoverType } from '../dag/handover.js';
import { leastBytes } from '../dag/payload.js';
import { type FinishedTask, OperatorError, type OperatorErrorType, operatorErrors } from './operator.js';
import { queryMistake, sparkSentence } from './spark-errors.js';

/** What is known about a retry beside the error: whether there may be one, and after how many milliseconds. */
export type RetryAdvice = { retryable: boolean; retryAfter?: number };

/**
 * Sorts what an operator threw: a cancellation stays one, the rest becomes a Temporal failure that says whether a retry
 * could help. The figures of the attempt ride along as its first detail.
 */
export function toFailure(
  error: unknown,
  stats: FinishedTask,
  signal: AbortSignal,
  advice: RetryAdvice = { retryable: true },
): ApplicationFailure | CancelledFailure {
  // Whatever broke because of the cancellation is the cancellation.
  if (signal.aborted)
    return error instanceof CancelledFailure ? error : new CancelledFailure(reasonOf(signal));
  if (error instanceof ApplicationFailure) return error;
  const { type, message, retryable, details, retryAfter = advice.retryAfter } = classify(error);
  return ApplicationFailure.create({
    message,
    type,
    nonRetryable: !(retryable && advice.retryable),
    ...(retryAfter === undefined ? {} : { nextRetryDelay: retryAfter }),
    details: [
      leastBytes(stats) > maxFigureBytes ? null : stats,
      leastBytes(details) > maxDetailBytes ? null : details,
    ],
    ...(error instanceof Error && !isExpected(error) ? { cause: error } : {}),
  });
}

/** Characters of a message that Temporal is told: it refuses failures, and ends runs, that are too large for it. */
const maxMessage = 10_000;

/** A text of which the beginning and the end say enough. */
export function shortened(text: string): string {
  if (text.length <= maxMessage) return text;
  const half = maxMessage / 2;
  const left = (text.length - maxMessage).toLocaleString('en-US');
  return `${text.slice(0, half)} … ${left} characters are left out here … ${text.slice(-half)}`;
}

/** Shortens the messages and stacks of an error and its causes, where they are long. */
export function shortenError(error: Error): void {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { message, stack = '' } = each;
    if (message.length > maxMessage) each.message = shortened(message);
    if (stack.length > maxMessage) each.stack = shortened(stack);
  }
}

/** Of the figures of an attempt, as JSON: an output and these are one payload. */
export const maxFigureBytes = 1024 ** 2;

/** Of what an error tells beside its message, as JSON. What is more is left out. */
const maxDetailBytes = 256 * 1024;

/**
 * Gives the task to another worker. Sensors look again anyway, as often as it takes; other tasks are started again by their run,
 * since the server would count this as one of their attempts.
 */
export function handover(failedAttempts: number, isSensor: boolean): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'its worker shuts down; another one goes on with it',
    type: handoverType,
    nonRetryable: !isSensor,
    ...(isSensor ? { nextRetryDelay: 1 } : {}),
    category: ApplicationFailureCategory.BENIGN,
    details: [{ failedAttempts } satisfies Handover],
  });
}

/** Whether an error is the user's to put right, by its message alone: neither stack nor causes say more. */
export const isExpected = (error: Error): boolean =>
  error instanceof OperatorError || queryMistake(error) !== undefined;

type Verdict = RetryAdvice & { type: string; message: string; details: unknown };

function classify(error: unknown): Verdict {
  if (error instanceof OperatorError) {
    const { type, message, retryable, details, retryAfter } = error;
    return { type, message, retryable, details, ...(retryAfter === undefined ? {} : { retryAfter }) };
  }
  if (error instanceof SparkConnectError) {
    const mistake = queryMistake(error);
    const { errorClass, sqlState } = mistake ?? error;
    const type: OperatorErrorType = mistake === undefined ? 'SparkUnavailable' : 'SparkQueryFailed';
    const { retryable } = operatorErrors[type];
    return { type, message: sparkSentence(mistake ?? error), retryable, details: { errorClass, sqlState } };
  }
  if (error instanceof Error)
    return { type: error.name, message: error.message, retryable: true, details: null };
  return { type: 'Error', message: String(error), retryable: true, details: null };
}

const reasonOf = (signal: AbortSignal): string =>
  signal.reason instanceof Error ? signal.reason.message : String(signal.reason ?? 'cancelled');
