import { ConnectError } from '@connectrpc/connect';
import { errorInfo, OperationAbortedError, SparkConnectError } from './errors.js';
import type { ProgressListener } from './progress.js';
import { Retries, type RetryPolicy } from './retry-policy.js';
import type { SparkRpc } from './transport.js';

/**
 * Names the operations of a session. Called once per execution; what it returns is asked for attempt 0, and for the
 * next number when the id of an attempt cannot be used: its operation was released already, or another plan runs under
 * it. Ids are UUIDs, by default random ones. Derive them from what is being done, and a new process can take over the
 * operations of one that died.
 */
export type OperationIds = () => (attempt: number) => string;

/** Hears of every operation when it is started or taken over; what it returns is called when the operation has ended for this client. */
export type OperationListener = (operationId: string) => (error?: unknown) => void;

export interface SessionChannelOptions {
  readonly rpc: SparkRpc;
  readonly sessionId: string;
  readonly userId: string;
  /** How the client names itself to the server. */
  readonly clientType: string;
  readonly operationIds: OperationIds;
  readonly retryPolicy: RetryPolicy;
  /** Decides the jitter of retries: numbers in [0, 1). */
  readonly random: () => number;
  readonly onProgress: ProgressListener | undefined;
  readonly onOperation?: OperationListener | undefined;
}

/** The fields that every request begins with. */
export interface RequestHeader {
  readonly sessionId: string;
  readonly userContext: { readonly userId: string; readonly userName: string };
  readonly clientType: string;
  readonly clientObservedServerSideSessionId?: string;
}

/** Options of calls that answer once. */
export interface UnaryOptions {
  readonly signal?: AbortSignal | undefined;
  /** At most as many retries as the session's policy allows; fewer if this says so. */
  readonly maxRetries?: number;
}

interface SessionResponse {
  readonly sessionId: string;
  readonly serverSideSessionId: string;
}

/** One session's way to its server: what all calls have in common. */
export class SessionChannel {
  readonly rpc: SparkRpc;
  readonly sessionId: string;
  readonly userId: string;
  readonly operationIds: OperationIds;
  readonly onProgress: ProgressListener | undefined;
  readonly onOperation: OperationListener | undefined;
  /** Tags of every operation that is started from now on. */
  readonly tags = new Set<string>();
  /** Set when the session was stopped; every later call fails with it. */
  closed = false;
  #serverSideSessionId: string | undefined;

  constructor(private readonly options: SessionChannelOptions) {
    this.rpc = options.rpc;
    this.sessionId = options.sessionId;
    this.userId = options.userId;
    this.operationIds = options.operationIds;
    this.onProgress = options.onProgress;
    this.onOperation = options.onOperation;
  }

  /** @throws SparkConnectError `SESSION_STOPPED` */
  header(): RequestHeader {
    if (this.closed) throw this.stoppedError();
    const { sessionId, userId, clientType } = this.options;
    return {
      sessionId,
      userContext: { userId, userName: userId },
      clientType,
      // Lets the server refuse a session that is only by name the one that was talked to before.
      ...(this.#serverSideSessionId && { clientObservedServerSideSessionId: this.#serverSideSessionId }),
    };
  }

  /** What calls fail with after this client stopped or left the session. */
  stoppedError(cause?: unknown): SparkConnectError {
    return new SparkConnectError(`The session ${this.sessionId} was stopped; open a new one.`, {
      errorClass: 'SESSION_STOPPED',
      cause,
    });
  }

  /**
   * Checks that an answer belongs to the same server-side session as those before.
   * @throws SparkConnectError `INVALID_HANDLE.SESSION_CHANGED`
   */
  observe(response: SessionResponse): void {
    const seen = response.serverSideSessionId;
    if (seen === '') return;
    this.#serverSideSessionId ??= seen;
    if (this.#serverSideSessionId !== seen) {
      throw new SparkConnectError(
        `The server has replaced the session ${this.sessionId}, perhaps by a restart; open a new one.`,
        { errorClass: 'INVALID_HANDLE.SESSION_CHANGED' },
      );
    }
  }

  newRetries(maxRetries = Number.POSITIVE_INFINITY): Retries {
    const { retryPolicy, random } = this.options;
    return new Retries({ ...retryPolicy, maxRetries: Math.min(maxRetries, retryPolicy.maxRetries) }, random);
  }

  /**
   * Makes a call that answers once, with retries, no more than `maxRetries` of them.
   * @throws SparkConnectError | OperationAbortedError
   */
  async unary<T>(
    call: (header: RequestHeader, options: { signal?: AbortSignal }) => Promise<T>,
    options: UnaryOptions = {},
  ): Promise<T> {
    const { signal } = options;
    const retries = this.newRetries(options.maxRetries);
    try {
      for (;;) {
        signal?.throwIfAborted();
        try {
          return await call(this.header(), signal ? { signal } : {});
        } catch (error) {
          signal?.throwIfAborted();
          await retries.waitAfter(error, signal);
        }
      }
    } catch (error) {
      if (signal?.aborted) throw new OperationAbortedError(undefined, signal.reason, { cause: error });
      throw await this.toError(error);
    }
  }

  /** What to throw for a failed call: with the server's details when it has any, else as it is. Never fails. */
  async toError(error: unknown, operationId?: string): Promise<Error> {
    if (error instanceof SparkConnectError || error instanceof OperationAbortedError) return error;
    if (!(error instanceof ConnectError)) return SparkConnectError.from(error, operationId);
    const errorId = errorInfo(error)?.errorId;
    if (errorId !== undefined) {
      try {
        const details = await this.rpc.fetchErrorDetails(
          { ...this.header(), errorId },
          { timeoutMs: 10_000 },
        );
        return SparkConnectError.fromDetails(error, details, operationId);
      } catch {
        // The details are a bonus; the error itself must get through.
      }
    }
    return SparkConnectError.from(error, operationId);
  }
}
