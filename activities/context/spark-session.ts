import type { Logger } from 'pino';
import {
  type ExecutionProgress,
  type OperationListener,
  SparkConnectError,
  SparkSession,
} from 'spark-connect-js';
import { OperatorError } from '../operator-error.js';

/** The cluster that tasks work on. */
export type SparkEnvironment = {
  /** `sc://host:port/;…`; undefined for a worker that serves no Spark tasks. */
  remote: string | undefined;
  /** Session configuration, `spark.*`. */
  conf: Record<string, string>;
  /** Hears of every operation, for traces. */
  onOperation?: OperationListener | undefined;
};

export type SparkSessionOptions = {
  /** The session's id; with a higher attempt, the one to take when the server has closed the former. */
  sessionId: (attempt: number) => string;
  nextOperation: () => (attempt: number) => string;
  /** The step that the caller is in. */
  currentStep: () => string | undefined;
  signal: AbortSignal;
  /** Aborts as soon as the worker begins to shut down. */
  draining?: AbortSignal | undefined;
  onProgress: (progress: ExecutionProgress) => void;
  log: Logger;
};

/** Sessions that the server closed, by idleness mostly, before this task gets a fresh one. */
const maxClosedSessions = 20;

/**
 * The Spark session of a task try, opened on first use. Its ids are derived, so that an attempt in another process
 * finds the session, and the operations that still run in it, where the former attempt left them.
 */
export function openSparkSession(
  { remote, conf, onOperation }: SparkEnvironment,
  { sessionId, nextOperation, currentStep, signal, draining, onProgress, log }: SparkSessionOptions,
): {
  session(): Promise<SparkSession>;
  release(): Promise<void>;
  /** Whether the session was left to the worker that takes the task over. */
  isLeft(): boolean;
} {
  let opening: Promise<SparkSession> | undefined;

  const open = async (): Promise<SparkSession> => {
    if (remote === undefined) {
      throw new OperatorError(
        'SparkNotConfigured',
        'this worker was told of no Spark server: set SPARK_REMOTE (sc://host:port) or spark.remote and start it again',
      );
    }
    for (let attempt = 0; ; attempt++) {
      try {
        const session = await SparkSession.builder()
          .remote(remote)
          .userId('nightjar')
          .sessionId(sessionId(attempt))
          .operationIds(() => logged(nextOperation(), log.child({ step: currentStep() })))
          // Spark's own patience, with more frequent looks: a server that is back is noticed within seconds.
          .retry({ maxBackoff: 5_000 })
          .onProgress(onProgress)
          .onOperation(onOperation)
          .config(conf)
          .getOrCreate();
        log.debug({ sessionId: sessionId(attempt) }, 'Spark session opened');
        return session;
      } catch (error) {
        const closed =
          error instanceof SparkConnectError && error.errorClass === 'INVALID_HANDLE.SESSION_CLOSED';
        if (!closed || attempt >= maxClosedSessions) throw error;
      }
    }
  };
  // A worker that shuts down leaves Spark's work running for the next worker to take over; a cancelled task does not.
  const onAbort = (): void => {
    if (isWorkerShutdown(signal)) return;
    opening
      ?.then((session) => session.interruptAll())
      .catch((error: unknown) => log.warn({ error }, 'Spark operations could not be interrupted'));
  };
  let isLeft = false;
  // Calls that wait for an answer fail, and the task with them; what it has started in Spark goes on.
  const leave = (): void => {
    isLeft = true;
    opening?.then((session) => session.disconnect()).catch(() => undefined);
  };

  return {
    session: () => {
      signal.throwIfAborted();
      if (draining?.aborted === true) {
        isLeft = true;
        draining.throwIfAborted();
      }
      if (opening === undefined) {
        signal.addEventListener('abort', onAbort, { once: true });
        draining?.addEventListener('abort', leave, { once: true });
        opening = open();
      }
      return opening;
    },
    isLeft: () => isLeft,
    release: async () => {
      if (opening === undefined) return;
      signal.removeEventListener('abort', onAbort);
      draining?.removeEventListener('abort', leave);
      if (isLeft) return;
      // The server forgets an idle session by itself: failing to say goodbye must not fail a task that has succeeded.
      await opening
        .then((session) => session.stop())
        .catch((error: unknown) => log.warn({ error }, 'Spark session not released'));
    },
  };
}

/** Leaves a trace of every operation, by which Spark's own records can be read. */
function logged(idOf: (attempt: number) => string, log: Logger): (attempt: number) => string {
  return (attempt) => {
    const operationId = idOf(attempt);
    log.debug({ operationId, ...(attempt > 0 ? { insteadOf: idOf(0) } : {}) }, 'Spark operation');
    return operationId;
  };
}

export const isWorkerShutdown = (signal: AbortSignal): boolean =>
  signal.reason instanceof Error && signal.reason.message === 'WORKER_SHUTDOWN';
