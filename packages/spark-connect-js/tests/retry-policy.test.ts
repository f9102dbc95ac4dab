import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff, defaultRetryPolicy, isRetryable, Retries } from '../src/client/retry-policy.js';
import { RetryInfoSchema } from '../src/gen/google/rpc/error_details_pb.js';

// The same examples in every run.
fc.configureGlobal({ seed: 4_300 });

const retryInfo = (seconds: number) => ({
  type: 'google.rpc.RetryInfo',
  value: toBinary(
    RetryInfoSchema,
    create(RetryInfoSchema, { retryDelay: { seconds: BigInt(seconds), nanos: 5_000_000 } }),
  ),
});

function withDetails(error: ConnectError, ...details: ConnectError['details']): ConnectError {
  error.details = details;
  return error;
}

describe('backoff', () => {
  it('follows the numbers of Spark: 50 ms × 4 up to 60 s, jitter from 2 s on, 15 retries', () => {
    const waits = Array.from({ length: 17 }, (_, retry) => backoff(defaultRetryPolicy, retry, 0.5));
    expect(waits).toEqual([
      50,
      200,
      800,
      3450,
      13050,
      51450,
      60250,
      60250,
      60250,
      60250,
      60250,
      60250,
      60250,
      60250,
      60250,
      undefined,
      undefined,
    ]);
  });

  it('waits at least as long as the server asks, but not for ever', () => {
    expect(backoff(defaultRetryPolicy, 0, 0, 1_500)).toBe(1_500);
    expect(backoff(defaultRetryPolicy, 0, 0, 120_000)).toBe(120_000);
    expect(backoff(defaultRetryPolicy, 0, 0, 86_400_000)).toBe(600_000);
    expect(backoff(defaultRetryPolicy, 5, 0, 10)).toBe(51_200);
  });

  it('never shrinks with the retries, and jitter stays within its bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 13 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (retry, random) => {
          const plain = backoff(defaultRetryPolicy, retry, 0) ?? 0;
          const jittered = backoff(defaultRetryPolicy, retry, random) ?? 0;
          expect(backoff(defaultRetryPolicy, retry + 1, 0)).toBeGreaterThanOrEqual(plain);
          expect(jittered - plain).toBeGreaterThanOrEqual(0);
          expect(jittered - plain).toBeLessThanOrEqual(plain < 2000 ? 0 : 500);
        },
      ),
    );
  });
});

describe('isRetryable', () => {
  const connectionLost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  it.each([
    ['unavailable', new ConnectError('gone', Code.Unavailable), true],
    ['a stream taken over', new ConnectError('[INVALID_CURSOR.DISCONNECTED] …', Code.Internal), true],
    ['any error with RetryInfo', withDetails(new ConnectError('busy', Code.Internal), retryInfo(1)), true],
    ['a lost connection', new ConnectError('x', Code.Aborted, undefined, undefined, connectionLost), true],
    ['an error of the query', new ConnectError('[DIVIDE_BY_ZERO] …', Code.Internal), false],
    ['a bad request', new ConnectError('no', Code.InvalidArgument), false],
    ['an error of the program', new TypeError('x is not a function'), false],
  ])('%s', (_, error, expected) => {
    expect(isRetryable(error)).toBe(expected);
  });
});

describe('Retries', () => {
  it('throws the error itself when it is out of retries, or not worth one', async () => {
    const policy = { ...defaultRetryPolicy, maxRetries: 2, initialBackoff: 0 };
    const retries = new Retries(policy, () => 0);
    const lost = new ConnectError('gone', Code.Unavailable);
    await retries.waitAfter(lost);
    await retries.waitAfter(lost);
    await expect(retries.waitAfter(lost)).rejects.toBe(lost);
    const fatal = new ConnectError('no', Code.InvalidArgument);
    await expect(new Retries(policy, () => 0).waitAfter(fatal)).rejects.toBe(fatal);
  });

  it('stops waiting when its signal aborts', async () => {
    const policy = { ...defaultRetryPolicy, initialBackoff: 60_000 };
    const waiting = new Retries(policy, () => 0).waitAfter(
      new ConnectError('gone', Code.Unavailable),
      AbortSignal.timeout(1),
    );
    await expect(waiting).rejects.toThrow();
  });
});
