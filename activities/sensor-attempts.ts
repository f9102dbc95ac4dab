import type { Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { formatDuration } from '../dag/duration.js';
import { type RetryAdvice, toFailure } from './failure.js';
import { type FinishedTask, TaskSkipped } from './operator.js';
import { NotYet } from './sensor.js';

/** What a sensor's attempts tell each other, in the details of their heartbeats: how often it looked, and in vain. */
export type SensorTally = { pokes: number; errors: number };

/** The longest that `setTimeout` and friends could take too, far beyond any sensible interval: 24 days. */
const longestDelay = 2 ** 31 - 1;

/** One attempt of a sensor among others: decides when the next is due, and when there will be none. */
export class SensorAttempt {
  private readonly tally: SensorTally;

  constructor(
    private readonly info: Info,
    /** How many errors are retried. */
    private readonly retries: number,
  ) {
    const details = info.heartbeatDetails as { sensor?: SensorTally } | undefined;
    this.tally = details?.sensor ?? { pokes: 0, errors: 0 };
  }

  /** What the wrapper is to throw for what the attempt has thrown; `note` gets what the next attempt must know. */
  next(
    error: unknown,
    stats: FinishedTask,
    signal: AbortSignal,
    note: (tally: SensorTally) => void,
  ): unknown {
    if (signal.aborted || error instanceof TaskSkipped) return error;
    if (error instanceof NotYet) {
      note({ ...this.tally, pokes: this.tally.pokes + 1 });
      return this.notYet(error, stats);
    }
    const errors = this.tally.errors + 1;
    note({ ...this.tally, errors });
    return toFailure(error, stats, signal, this.retryDelay(errors));
  }

  private notYet({ message, timing }: NotYet, stats: FinishedTask): unknown {
    const { timeout, softFail } = timing;
    const left = this.info.scheduledTimestampMs + timeout - Date.now();
    if (left <= 0) {
      const reason = `waited ${formatDuration(timeout)} in vain: ${message}`;
      if (softFail) return new TaskSkipped(reason);
      return ApplicationFailure.create({
        message: reason,
        type: 'SensorTimeout',
        nonRetryable: true,
        details: [stats],
      });
    }
    return ApplicationFailure.create({
      message,
      type: 'NotYet',
      // The last look is when the time is over.
      nextRetryDelay: Math.ceil(Math.min(left, this.interval(timing))),
      details: [stats],
      category: ApplicationFailureCategory.BENIGN,
    });
  }

  private interval({ pokeInterval, exponentialBackoff, maxPokeInterval }: NotYet['timing']): number {
    const grown = exponentialBackoff ? pokeInterval * 2 ** this.tally.pokes : pokeInterval;
    return Math.min(grown, maxPokeInterval ?? longestDelay);
  }

  /** As the task's retry policy has it, had only errors been counted. */
  private retryDelay(errors: number): RetryAdvice {
    const { initialInterval = 1000, backoffCoefficient = 1, maximumInterval } = this.info.retryPolicy ?? {};
    const delay = Number(initialInterval) * backoffCoefficient ** (errors - 1);
    return {
      retryable: errors <= this.retries,
      retryAfter: Math.min(delay, Number(maximumInterval ?? longestDelay)),
    };
  }
}
