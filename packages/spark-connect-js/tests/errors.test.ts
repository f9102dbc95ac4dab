import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { ErrorInfoSchema } from '../src/gen/google/rpc/error_details_pb.js';
import { FetchErrorDetailsResponseSchema } from '../src/gen/spark/connect/base_pb.js';
import { SparkConnectError } from '../src/index.js';

function sparkError(metadata: Record<string, string>, message = '[SOME_CLASS] text'): ConnectError {
  const error = new ConnectError(message, Code.Internal);
  error.details = [
    { type: 'google.rpc.ErrorInfo', value: toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { metadata })) },
  ];
  return error;
}

describe('SparkConnectError.from', () => {
  it('takes over what the gRPC error says about Spark', () => {
    const reason = sparkError({
      errorClass: 'DIVIDE_BY_ZERO',
      sqlState: '22012',
      messageParameters: '{"config":"x"}',
      classes: '["org.apache.spark.SparkArithmeticException","java.lang.Object"]',
    });
    const error = SparkConnectError.from(reason, 'op');
    expect(error).toMatchObject({
      name: 'SparkConnectError',
      message: '[SOME_CLASS] text',
      grpcCode: 'INTERNAL',
      errorClass: 'DIVIDE_BY_ZERO',
      sqlState: '22012',
      messageParameters: { config: 'x' },
      exceptionClasses: ['org.apache.spark.SparkArithmeticException', 'java.lang.Object'],
      operationId: 'op',
      transient: false,
      sessionLost: false,
    });
    expect(error.cause).toBe(reason);
  });

  it('finds the class of errors that carry it in the text only', () => {
    const reason = new ConnectError('[INVALID_HANDLE.SESSION_CLOSED] The handle is invalid.', Code.Internal);
    const error = SparkConnectError.from(reason);
    expect(error.errorClass).toBe('INVALID_HANDLE.SESSION_CLOSED');
    expect(error.sessionLost).toBe(true);
  });

  it('survives metadata that the server cut in the middle', () => {
    const error = SparkConnectError.from(
      sparkError({ errorClass: 'X', messageParameters: '{"a":"b', classes: '["c' }),
    );
    expect(error).toMatchObject({ errorClass: 'X', messageParameters: {}, exceptionClasses: [] });
  });

  it('is idempotent, and keeps any other error as its cause', () => {
    const error = new SparkConnectError('x');
    expect(SparkConnectError.from(error)).toBe(error);
    const bug = new TypeError('bug');
    expect(SparkConnectError.from(bug)).toMatchObject({ message: 'bug', cause: bug });
    expect(SparkConnectError.from('text').message).toBe('text');
  });

  it.each([
    [Code.Unavailable, 'UNAVAILABLE', true],
    [Code.ResourceExhausted, 'RESOURCE_EXHAUSTED', true],
    [Code.Canceled, 'CANCELLED', false],
    [Code.DeadlineExceeded, 'DEADLINE_EXCEEDED', false],
  ])('code %i is %s', (code, name, transient) => {
    expect(SparkConnectError.from(new ConnectError('x', code))).toMatchObject({ grpcCode: name, transient });
  });
});

describe('SparkConnectError.fromDetails', () => {
  it("repeats the server's chain of causes and ends in the transport's error", () => {
    const reason = sparkError({ errorId: 'e', errorClass: 'FAILED_READ_FILE' }, 'short…');
    const details = create(FetchErrorDetailsResponseSchema, {
      rootErrorIdx: 0,
      errors: [
        {
          message: 'the whole message',
          errorTypeHierarchy: ['org.apache.spark.SparkException'],
          causeIdx: 1,
          sparkThrowable: {
            errorClass: 'FAILED_READ_FILE.NO_HINT',
            sqlState: 'KD001',
            messageParameters: { path: '/data' },
            queryContexts: [{ fragment: 'a / b', startIndex: 7, stopIndex: 11 }],
          },
        },
        { message: 'not a Parquet file', errorTypeHierarchy: ['java.lang.RuntimeException'] },
      ],
    });
    const error = SparkConnectError.fromDetails(reason, details, 'op');
    expect(error).toMatchObject({
      message: 'the whole message',
      grpcCode: 'INTERNAL',
      errorClass: 'FAILED_READ_FILE.NO_HINT',
      sqlState: 'KD001',
      messageParameters: { path: '/data' },
      operationId: 'op',
    });
    expect(error.queryContexts).toMatchObject([{ fragment: 'a / b', startIndex: 7, stopIndex: 11 }]);
    const cause = error.cause as SparkConnectError;
    expect(cause).toMatchObject({
      message: 'not a Parquet file',
      exceptionClasses: ['java.lang.RuntimeException'],
    });
    expect(cause.cause).toBe(reason);
  });

  it('falls back to the error itself when the server has forgotten the details, and ends cycles', () => {
    const reason = sparkError({ errorId: 'e', errorClass: 'X' });
    const forgotten = create(FetchErrorDetailsResponseSchema, {});
    expect(SparkConnectError.fromDetails(reason, forgotten)).toMatchObject({
      errorClass: 'X',
      cause: reason,
    });
    const cyclic = create(FetchErrorDetailsResponseSchema, {
      rootErrorIdx: 0,
      errors: [{ message: 'a', causeIdx: 0 }],
    });
    expect(SparkConnectError.fromDetails(reason, cyclic).cause).toBe(reason);
  });
});
