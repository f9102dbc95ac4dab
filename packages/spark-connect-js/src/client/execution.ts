import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import {
  type ExecutePlanResponse,
  InterruptRequest_InterruptType,
  type Plan,
  type ReleaseExecuteRequestSchema,
} from '../gen/spark/connect/base_pb.js';
import { errorInfo, OperationAbortedError, SparkConnectError } from './errors.js';
import { type ProgressListener, toExecutionProgress } from './progress.js';
import type { Retries } from './retry-policy.js';
import type { SessionChannel } from './session-channel.js';

/** Options of everything that runs on the server. */
export interface ExecuteOptions {
  /**
   * Aborting interrupts the operation on the server, waits until it has ended there, and rejects with an
   * {@link OperationAbortedError}.
   */
  signal?: AbortSignal | undefined;
  onProgress?: ProgressListener | undefined;
  /** Tags for {@link SparkSession.interruptTag}, beside the session's own. Not empty, no commas. */
  tags?: readonly string[] | undefined;
}

/** Consumed results are released once this many bytes have gathered, so that a short result can be read again whole. */
const releaseBytes = 4 * 1024 * 1024;
/** How long to wait for the server to confirm an interrupt, in ms. */
const interruptTimeout = 30_000;
/** How long to wait for the server to confirm a release, in ms. */
const releaseTimeout = 10_000;
/** Pause before continuing a stream that the server ended on schedule, in ms. */
const reattachPause = 20;
/** How many operation ids are tried when ids are taken or used up. */
const maxOperationIds = 100;

/** The id cannot be used: it belonged to an operation that was released, or belongs to one with another plan. */
class OperationIdUnusable extends Error {
  constructor(override readonly cause: ConnectError) {
    super('operation id unusable');
  }
}

/**
 * Executes a plan reattachably: lost connections and streams that the server ends early are continued after the last
 * response seen. When another process started an operation with the same id and plan, this one takes it over.
 */
export async function* executePlan(
  channel: SessionChannel,
  plan: Plan,
  options: ExecuteOptions,
): AsyncGenerator<ExecutePlanResponse, void, undefined> {
  const operationIdOf = channel.operationIds();
  for (let attempt = 0; ; attempt++) {
    const operationId = operationIdOf(attempt);
    if (options.signal?.aborted) throw new OperationAbortedError(operationId, options.signal.reason);
    const ended = channel.onOperation?.(operationId);
    let failure: unknown;
    try {
      return yield* new Execution(channel, plan, operationId, options).responses();
    } catch (error) {
      failure = error;
      if (!(error instanceof OperationIdUnusable)) throw error;
      if (attempt + 1 >= maxOperationIds) throw await channel.toError(error.cause, operationId);
    } finally {
      ended?.(failure);
    }
  }
}

class Execution {
  #lastResponseId: string | undefined;
  /** Whether anything of this operation was received; then it must not be started a second time. */
  #responseSeen = false;
  #ended = false;
  #unreleasedBytes = 0;
  /** Ends the streams and waits of this execution, when the server does not confirm an interrupt in time. */
  readonly #giveUp = new AbortController();

  constructor(
    private readonly channel: SessionChannel,
    private readonly plan: Plan,
    private readonly operationId: string,
    private readonly options: ExecuteOptions,
  ) {}

  async *responses(): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    const { signal } = this.options;
    const onAbort = () => void this.#interrupt();
    signal?.addEventListener('abort', onAbort, { once: true });
    let keep = false;
    try {
      yield* this.#read();
      if (!signal?.aborted) return;
      throw new OperationAbortedError(this.operationId, signal.reason);
    } catch (error) {
      // The operation of that id is somebody else's, or is left for somebody else to go on with.
      keep = error instanceof OperationIdUnusable || this.channel.closed;
      if (error instanceof OperationIdUnusable || error instanceof OperationAbortedError) throw error;
      if (this.channel.closed) throw this.channel.stoppedError(error);
      if (!signal?.aborted) throw await this.channel.toError(error, this.operationId);
      const cause = this.#giveUp.signal.aborted
        ? this.#giveUp.signal.reason
        : SparkConnectError.from(error, this.operationId);
      throw new OperationAbortedError(this.operationId, signal.reason, { cause });
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#ended = true;
      // Also when the caller stopped reading early: releasing ends an operation that still runs.
      if (!keep) await this.#release(undefined);
    }
  }

  /** Reads to the end, over as many streams as it takes. After an abort, responses are dropped. */
  async *#read(): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    let start = true;
    let retries = this.channel.newRetries();
    for (;;) {
      try {
        for await (const response of start ? this.#execute() : this.#reattach()) {
          retries = this.channel.newRetries();
          this.#responseSeen = true;
          this.channel.observe(response);
          if (response.responseId !== '') this.#lastResponseId = response.responseId;
          const { responseType } = response;
          if (responseType.case === 'resultComplete') return;
          if (this.options.signal?.aborted) continue;
          if (responseType.case === 'executionProgress') {
            const progress = toExecutionProgress(this.operationId, responseType.value);
            this.channel.onProgress?.(progress);
            this.options.onProgress?.(progress);
            continue;
          }
          yield response;
          if (responseType.case === 'arrowBatch') this.#consumed(responseType.value.data.byteLength);
        }
        await sleep(reattachPause, undefined, { signal: this.#giveUp.signal });
        start = false;
      } catch (error) {
        start = await this.#prepareRetry(error, start, retries);
      }
    }
  }

  /**
   * Decides how to go on after an error, and waits.
   * @returns whether to start anew instead of reattaching
   */
  async #prepareRetry(error: unknown, start: boolean, retries: Retries) {
    if (!(error instanceof ConnectError)) throw error;
    const errorClass = errorInfo(error)?.errorClass ?? '';
    if (start && !this.#responseSeen && unusableIdClasses.has(errorClass)) {
      // A result that another process has read in part cannot be read from its beginning again.
      if (errorClass.startsWith('INVALID_CURSOR')) await this.#release(undefined);
      throw new OperationIdUnusable(error);
    }
    if (!start && unknownOperationClasses.has(errorClass)) {
      if (!this.#responseSeen) return true;
      throw new SparkConnectError(
        `The server has forgotten the operation ${this.operationId} after it had answered in part. ` +
          'It must not be repeated unseen, since it may have had effects.',
        { errorClass, grpcCode: 'INTERNAL', operationId: this.operationId, cause: error },
      );
    }
    await retries.waitAfter(error, this.#giveUp.signal);
    // The server may or may not have got the request; reattaching finds out.
    return false;
  }

  #execute(): AsyncIterable<ExecutePlanResponse> {
    const { channel, options, plan, operationId } = this;
    return channel.rpc.executePlan(
      {
        ...channel.header(),
        operationId,
        plan,
        tags: [...new Set([...channel.tags, ...(options.tags ?? [])])],
        requestOptions: [
          { requestOption: { case: 'reattachOptions', value: { reattachable: true } } },
          { requestOption: { case: 'resultChunkingOptions', value: { allowArrowBatchChunking: true } } },
        ],
      },
      { signal: this.#giveUp.signal },
    );
  }

  #reattach(): AsyncIterable<ExecutePlanResponse> {
    const { channel, operationId } = this;
    return channel.rpc.reattachExecute(
      {
        ...channel.header(),
        operationId,
        ...(this.#lastResponseId === undefined ? {} : { lastResponseId: this.#lastResponseId }),
      },
      { signal: this.#giveUp.signal },
    );
  }

  #consumed(bytes: number): void {
    this.#unreleasedBytes += bytes;
    if (this.#unreleasedBytes < releaseBytes || this.#lastResponseId === undefined) return;
    this.#unreleasedBytes = 0;
    void this.#release(this.#lastResponseId);
  }

  /**
   * Lets the server forget responses up to an id, or the whole operation. Failing is harmless: the server forgets
   * operations that nobody is attached to on its own.
   */
  async #release(until: string | undefined): Promise<void> {
    if (this.channel.closed) return;
    const release: MessageInitShape<typeof ReleaseExecuteRequestSchema>['release'] =
      until === undefined
        ? { case: 'releaseAll', value: {} }
        : { case: 'releaseUntil', value: { responseId: until } };
    const { channel, operationId } = this;
    await channel.rpc
      .releaseExecute({ ...channel.header(), operationId, release }, { timeoutMs: releaseTimeout })
      .catch(() => undefined);
  }

  /** Interrupts until the stream has ended: a first interrupt can come before the operation is registered. */
  async #interrupt(): Promise<void> {
    const { channel, operationId } = this;
    const deadline = setTimeout(() => {
      const seconds = interruptTimeout / 1000;
      this.#giveUp.abort(
        new Error(`The server did not confirm within ${seconds} s that the operation has ended`),
      );
    }, interruptTimeout);
    while (!this.#ended && !channel.closed && !this.#giveUp.signal.aborted) {
      await channel.rpc
        .interrupt({
          ...channel.header(),
          interruptType: InterruptRequest_InterruptType.OPERATION_ID,
          interrupt: { case: 'operationId', value: operationId },
        })
        .catch(() => undefined);
      await sleep(100);
    }
    clearTimeout(deadline);
  }
}

/** Answers to a first ExecutePlan that call for another operation id. */
const unusableIdClasses = new Set([
  'INVALID_HANDLE.OPERATION_ABANDONED',
  'INVALID_HANDLE.OPERATION_ALREADY_EXISTS',
  'INVALID_CURSOR.POSITION_NOT_AVAILABLE',
]);

const unknownOperationClasses = new Set([
  'INVALID_HANDLE.OPERATION_NOT_FOUND',
  'INVALID_HANDLE.SESSION_NOT_FOUND',
]);
