import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError } from '@connectrpc/connect';
import { RetryInfoSchema } from '../gen/google/rpc/error_details_pb.js';

/** How often and how patiently failed calls are repeated. All times in milliseconds. */
export interface RetryPolicy {
  readonly maxRetries: number;
  readonly initialBackoff: number;
  readonly backoffMultiplier: number;
  readonly maxBackoff: number;
  /** Up to this much is added at random to waits of at least `jitterThreshold`. */
  readonly jitter: number;
  readonly jitterThreshold: number;
  /** A server may ask for a longer wait than `maxBackoff`, but not for more than this. */
  readonly maxServerDelay: number;
}

/** The numbers of Spark's own clients: patient enough for a server that is away for ten minutes. */
export const defaultRetryPolicy: RetryPolicy = {
  maxRetries: 15,
  initialBackoff: 50,
  backoffMultiplier: 4,
  maxBackoff: 60_000,
  jitter: 500,
  jitterThreshold: 2_000,
  maxServerDelay: 600_000,
};

/**
 * The wait before a retry.
 * @param retry 0 for the first retry
 * @param random a number in [0, 1) that decides the jitter
 * @param serverDelay what the server asked for, in ms
 * @returns whole milliseconds, or undefined when there are no retries left
 */
export function backoff(
  policy: RetryPolicy,
  retry: number,
  random: number,
  serverDelay = 0,
): number | undefined {
  if (retry >= policy.maxRetries) return undefined;
  const exponential = Math.min(policy.maxBackoff, policy.initialBackoff * policy.backoffMultiplier ** retry);
  const wait = Math.max(exponential, Math.min(serverDelay, policy.maxServerDelay));
  return Math.floor(wait >= policy.jitterThreshold ? wait + random * policy.jitter : wait);
}

/** Counts the retries of one call, or of one position in a stream. */
export class Retries {
  #count = 0;
  constructor(
    readonly policy: RetryPolicy,
    private readonly random: () => number,
  ) {}

  /**
   * Waits as long as the policy says if the error is worth a retry, else throws the error.
   * @throws the error itself, or the signal's reason when it aborts during the wait
   */
  async waitAfter(error: unknown, signal?: AbortSignal): Promise<void> {
    const wait = isRetryable(error)
      ? backoff(this.policy, this.#count, this.random(), serverDelay(error))
      : undefined;
    if (wait === undefined) throw error;
    this.#count++;
    await sleep(wait, undefined, signal ? { signal } : {});
  }
}

/** Whether a failed call may succeed when it is repeated: the rules of Spark's own clients. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  return (
    error.code === Code.Unavailable ||
    // Another call took this stream over, or the connection to the server was cut.
    (error.code === Code.Internal && error.rawMessage.includes('INVALID_CURSOR.DISCONNECTED')) ||
    error.findDetails(RetryInfoSchema).length > 0 ||
    isConnectionLoss(error)
  );
}

/** The delay in ms that a server asked for. */
function serverDelay(error: unknown): number {
  if (!(error instanceof ConnectError)) return 0;
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return delay ? Number(delay.seconds) * 1000 + delay.nanos / 1e6 : 0;
}

/**
 * gRPC calls a lost connection UNAVAILABLE; Node's HTTP/2 reports it by codes of its own (ECONNRESET,
 * ERR_HTTP2_STREAM_ERROR…), which the transport passes on as the cause of an error with another gRPC code.
 */
function isConnectionLoss(error: ConnectError): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (
      'code' in cause &&
      typeof cause.code === 'string' &&
      /^(E[A-Z]+|ERR_(HTTP2|STREAM)_\w+)$/.test(cause.code)
    ) {
      return true;
    }
  }
  return /^http\/2 stream closed|^missing trailer|protocol error: missing status/.test(error.rawMessage);
}
