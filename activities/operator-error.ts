import type { Json } from './operator.js';

/** Thrown by an operator to end its task as skipped: it counts neither as success nor as failure, and publishes nothing. */
export class TaskSkipped extends Error {
  override readonly name = 'TaskSkipped';
  /** @param reason Shown to the user. */
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** Why an operator gave up, as a closed set: the type of the Temporal failure, and whether a retry could help. */
export const operatorErrors = {
  /** `with` is wrong: a param fails its schema, a file it names does not exist. */
  InvalidParams: { retryable: false },
  /** Data do not have the declared shape. */
  SchemaMismatch: { retryable: false },
  /** Too many rejected rows or files, or a metric out of its bounds. */
  ThresholdBreached: { retryable: false },
  /** A dataset that was referred to is not there or was never committed. */
  DatasetNotFound: { retryable: false },
  /** Spark refused the query: analysis, parse or arithmetic errors. */
  SparkQueryFailed: { retryable: false },
  /** The output is larger than 64 KiB of JSON: data go by reference. */
  OutputTooLarge: { retryable: false },
  /** The output, or a metric, is nothing that JSON holds, such as NaN. */
  InvalidOutput: { retryable: false },
  /** A task asked for Spark on a worker that was told of no Spark server. */
  SparkNotConfigured: { retryable: false },
  /** A server could not be reached or restarted underneath us. */
  SparkUnavailable: { retryable: true },
  /** A program ended with an exit code that means failure, or could not be waited for. */
  CommandFailed: { retryable: true },
  /** A server refused a request: sent again it would be refused again. */
  RequestRefused: { retryable: false },
  /** A request would go to a host or an inner address that the settings don't allow. */
  AddressRefused: { retryable: false },
  /** A server did not answer, or said that it can't now. */
  RequestFailed: { retryable: true },
  /** What a sensor waits for will not happen any more. With `softFail` the task is skipped. */
  WaitHopeless: { retryable: false },
} as const;

export type OperatorErrorType = keyof typeof operatorErrors;

/** The error that operators throw on purpose. Its message is for the user: what is wrong, where, how to mend it. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  constructor(
    readonly type: OperatorErrorType,
    message: string,
    readonly details: Json = null,
    private readonly options: ErrorOptions & { retryAfter?: number } = {},
  ) {
    super(message, options);
  }
  /** Milliseconds to wait before the next attempt, when something better than the task's `retryDelay` is known. */
  get retryAfter(): number | undefined {
    return this.options.retryAfter;
  }
  get retryable(): boolean {
    return operatorErrors[this.type].retryable;
  }
}
