import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '../gen/google/rpc/error_details_pb.js';
import type { FetchErrorDetailsResponse } from '../gen/spark/connect/base_pb.js';

/** A fragment of the query that an error points at. */
export interface QueryContext {
  /** Kind and name of the object whose definition holds the fragment, such as a view; empty for the query itself. */
  readonly objectType: string;
  readonly objectName: string;
  /** The offending part of a SQL text, and its first and last position in it, from 0. */
  readonly fragment: string;
  readonly startIndex: number;
  readonly stopIndex: number;
  /** Where in a DataFrame program it was called; empty for SQL. */
  readonly callSite: string;
}

interface SparkConnectErrorFields {
  grpcCode?: string | undefined;
  errorClass?: string | undefined;
  sqlState?: string | undefined;
  messageParameters?: Readonly<Record<string, string>> | undefined;
  exceptionClasses?: readonly string[] | undefined;
  queryContexts?: readonly QueryContext[] | undefined;
  operationId?: string | undefined;
  cause?: unknown;
}

/**
 * The error of this library: what a Spark server answered, what went wrong on the way to it, or what the client
 * itself refused. The chain of `cause` repeats the server's and ends in the transport's own error.
 */
export class SparkConnectError extends Error {
  override readonly name = 'SparkConnectError';
  /** The gRPC status, such as `UNAVAILABLE`; undefined when no call was made. */
  readonly grpcCode: string | undefined;
  /** Spark's error class, such as `TABLE_OR_VIEW_NOT_FOUND` or `INVALID_HANDLE.SESSION_CLOSED`. */
  readonly errorClass: string | undefined;
  /** SQLSTATE, such as `42P01`. */
  readonly sqlState: string | undefined;
  /** The values that Spark put in its message. */
  readonly messageParameters: Readonly<Record<string, string>>;
  /** Fully qualified names of the JVM exception and its parents, most specific first. */
  readonly exceptionClasses: readonly string[];
  readonly queryContexts: readonly QueryContext[];
  /** The operation that failed, when the error comes from executing a plan. */
  readonly operationId: string | undefined;

  constructor(message: string, fields: SparkConnectErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.grpcCode = fields.grpcCode;
    this.errorClass = fields.errorClass;
    this.sqlState = fields.sqlState;
    this.messageParameters = fields.messageParameters ?? {};
    this.exceptionClasses = fields.exceptionClasses ?? [];
    this.queryContexts = fields.queryContexts ?? [];
    this.operationId = fields.operationId;
  }

  /** Whether the server could not be reached or asked for patience: the same call may succeed later. */
  get transient(): boolean {
    return this.grpcCode === 'UNAVAILABLE' || this.grpcCode === 'RESOURCE_EXHAUSTED';
  }

  /**
   * Whether the session is gone for good, with its temporary views, configuration and cached models: it was released
   * or the server restarted. A new session is needed.
   */
  get sessionLost(): boolean {
    return sessionLostClasses.has(this.errorClass ?? '');
  }

  /** Any thrown value as a SparkConnectError; one that is one already is returned as it is. */
  static from(reason: unknown, operationId?: string): SparkConnectError {
    if (reason instanceof SparkConnectError) return reason;
    if (!(reason instanceof ConnectError)) {
      const message = reason instanceof Error ? reason.message : String(reason);
      return new SparkConnectError(message, { cause: reason, operationId });
    }
    const info = errorInfo(reason);
    return new SparkConnectError((reason.rawMessage || reason.message).trim(), {
      grpcCode: grpcCodeName(reason.code),
      errorClass: info?.errorClass,
      sqlState: info?.sqlState,
      messageParameters: info?.messageParameters,
      exceptionClasses: info?.classes,
      operationId,
      cause: reason,
    });
  }

  /**
   * The same error with what FetchErrorDetails knows: the whole message, its parameters, and the server's causes
   * as the chain of `cause`.
   */
  static fromDetails(
    reason: ConnectError,
    details: FetchErrorDetailsResponse,
    operationId?: string,
  ): SparkConnectError {
    const seen = new Set<number>();
    const convert = (index: number | undefined): SparkConnectError | undefined => {
      const error = index === undefined || seen.has(index) ? undefined : details.errors[index];
      if (index === undefined || error === undefined) return undefined;
      seen.add(index);
      const throwable = error.sparkThrowable;
      const root = index === details.rootErrorIdx;
      const info = root ? errorInfo(reason) : undefined;
      return new SparkConnectError(error.message, {
        grpcCode: root ? grpcCodeName(reason.code) : undefined,
        errorClass: throwable?.errorClass ?? info?.errorClass,
        sqlState: throwable?.sqlState ?? info?.sqlState,
        messageParameters: throwable?.messageParameters,
        exceptionClasses: error.errorTypeHierarchy,
        queryContexts: throwable?.queryContexts.map((context) => ({
          objectType: context.objectType,
          objectName: context.objectName,
          fragment: context.fragment,
          startIndex: context.startIndex,
          stopIndex: context.stopIndex,
          callSite: context.callSite,
        })),
        operationId: root ? operationId : undefined,
        cause: convert(error.causeIdx) ?? reason,
      });
    };
    return convert(details.rootErrorIdx) ?? SparkConnectError.from(reason, operationId);
  }
}

/**
 * An operation that was ended through its AbortSignal. The server has stopped it, unless `cause` says that this could
 * not be confirmed. Named like the platform's own, so that code which looks for `AbortError` recognises it.
 */
export class OperationAbortedError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';
  constructor(
    readonly operationId: string | undefined,
    /** The signal's own reason. */
    readonly reason: unknown,
    options?: ErrorOptions,
  ) {
    super(
      operationId === undefined ? 'The call was aborted' : `The Spark operation ${operationId} was aborted`,
      options,
    );
  }
}

const sessionLostClasses = new Set([
  'INVALID_HANDLE.SESSION_CHANGED',
  'INVALID_HANDLE.SESSION_CLOSED',
  'INVALID_HANDLE.SESSION_NOT_FOUND',
]);

/** What Spark puts in the gRPC error itself; FetchErrorDetails has more, under `errorId`. */
export interface SparkErrorInfo {
  readonly errorId: string | undefined;
  readonly errorClass: string | undefined;
  readonly sqlState: string | undefined;
  readonly messageParameters: Record<string, string> | undefined;
  readonly classes: string[];
}

/** Reads Spark's error information from a gRPC error; undefined when the error does not come from Spark. */
export function errorInfo(error: ConnectError): SparkErrorInfo | undefined {
  const info = error.findDetails(ErrorInfoSchema)[0];
  if (info === undefined) {
    // Errors about handles and cursors carry their class in the text only.
    const errorClass = /^\[([A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]/.exec(error.rawMessage)?.[1];
    return errorClass === undefined
      ? undefined
      : { errorId: undefined, errorClass, sqlState: undefined, messageParameters: undefined, classes: [] };
  }
  const { errorId, errorClass, sqlState, messageParameters, classes } = info.metadata;
  return {
    errorId,
    errorClass: errorClass ?? /^\[([A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]/.exec(error.rawMessage)?.[1],
    sqlState,
    messageParameters: parseJson(messageParameters) as Record<string, string> | undefined,
    classes: (parseJson(classes) as string[] | undefined) ?? [],
  };
}

/** The server cuts long metadata, which can leave half a JSON document. */
function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `UNAVAILABLE` for Code.Unavailable and so on: the names of gRPC's documentation. */
function grpcCodeName(code: Code): string {
  if (code === Code.Canceled) return 'CANCELLED';
  return Code[code].replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
