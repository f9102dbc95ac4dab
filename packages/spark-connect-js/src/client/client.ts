import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type AnalyzePlanRequestSchema,
  type AnalyzePlanResponse,
  type ConfigRequest_OperationSchema,
  type ExecutePlanResponse,
  InterruptRequest_InterruptType,
  type KeyValue,
  PlanSchema,
} from '../gen/spark/connect/base_pb.js';
import type { CommandSchema } from '../gen/spark/connect/commands_pb.js';
import type { MlCommandResult } from '../gen/spark/connect/ml_pb.js';
import type { Relation } from '../gen/spark/connect/relations_pb.js';
import type { DataType as ProtoDataType } from '../gen/spark/connect/types_pb.js';
import type { RelationInit } from '../plan/plan.js';
import { cacheArtifacts } from './artifacts.js';
import { type ExecuteOptions, executePlan } from './execution.js';
import { SessionChannel, type SessionChannelOptions, type UnaryOptions } from './session-channel.js';

/** A protocol message, or the plain object that makes one. */
export type CommandInit = MessageInitShape<typeof CommandSchema>;
type AnalyzeInit = NonNullable<MessageInitShape<typeof AnalyzePlanRequestSchema>['analyze']>;
type AnalyzeRequests = { [R in AnalyzeInit as R['case'] & string]: R['value'] };
type AnalyzeResult = AnalyzePlanResponse['result'];
type AnalyzeResults = { [R in AnalyzeResult as R['case'] & string]: R['value'] };
type ConfigOperation = NonNullable<MessageInitShape<typeof ConfigRequest_OperationSchema>['opType']>;

/** What a command answered; most commands answer nothing. */
export interface CommandResult {
  /** The relation that stands for the result of a SQL command. */
  readonly sqlRelation: Relation | undefined;
  /** The relation id of a checkpoint. */
  readonly checkpointId: string | undefined;
  readonly mlResult: MlCommandResult | undefined;
}

/**
 * The protocol of Spark Connect for one session: plans and commands in, responses out. {@link SparkSession} and
 * DataFrames are built on it; use it directly for what they don't offer.
 */
export class SparkConnectClient {
  readonly #channel: SessionChannel;
  readonly #close: () => void;

  constructor(options: SessionChannelOptions & { readonly close: () => void }) {
    this.#channel = new SessionChannel(options);
    this.#close = options.close;
  }

  get sessionId(): string {
    return this.#channel.sessionId;
  }

  get userId(): string {
    return this.#channel.userId;
  }

  /** Tags of every operation that is started from now on. */
  get tags(): Set<string> {
    return this.#channel.tags;
  }

  /** Executes a relation and gives the server's responses as they come: Arrow batches, schema, metrics. */
  executeRelation(
    relation: RelationInit,
    options: ExecuteOptions = {},
  ): AsyncGenerator<ExecutePlanResponse, void, undefined> {
    const plan = create(PlanSchema, { opType: { case: 'root', value: relation } });
    return executePlan(this.#channel, plan, options);
  }

  /** Executes a command to its end. */
  async executeCommand(command: CommandInit, options: ExecuteOptions = {}): Promise<CommandResult> {
    const plan = create(PlanSchema, { opType: { case: 'command', value: command } });
    let sqlRelation: Relation | undefined;
    let checkpointId: string | undefined;
    let mlResult: MlCommandResult | undefined;
    for await (const { responseType } of executePlan(this.#channel, plan, options)) {
      if (responseType.case === 'sqlCommandResult') sqlRelation = responseType.value.relation;
      if (responseType.case === 'checkpointCommandResult')
        checkpointId = responseType.value.relation?.relationId;
      if (responseType.case === 'mlCommandResult') mlResult = responseType.value;
    }
    return { sqlRelation, checkpointId, mlResult };
  }

  /** Asks the server about a plan without executing it. */
  async analyze<Kind extends keyof AnalyzeResults>(
    kind: Kind,
    question: AnalyzeRequests[Kind],
    options: UnaryOptions = {},
  ): Promise<AnalyzeResults[Kind]> {
    const analyze = { case: kind, value: question } as AnalyzeInit;
    const response = await this.#channel.unary(
      (header, call) => this.#channel.rpc.analyzePlan({ ...header, analyze }, call),
      options,
    );
    this.#channel.observe(response);
    return response.result.value as AnalyzeResults[Kind];
  }

  /** The schema that a relation would have. */
  async schema(relation: RelationInit, signal?: AbortSignal): Promise<ProtoDataType | undefined> {
    const plan = { opType: { case: 'root' as const, value: relation } };
    return (await this.analyze('schema', { plan }, { signal })).schema;
  }

  /** Reads or changes the session's configuration. */
  async config(operation: ConfigOperation): Promise<KeyValue[]> {
    const response = await this.#channel.unary((header) =>
      this.#channel.rpc.config({ ...header, operation: { opType: operation } }),
    );
    this.#channel.observe(response);
    return response.pairs;
  }

  /** Keeps blobs in the session, for plans that refer to them by hash. Uploads only what the server lacks. */
  cacheArtifacts(blobs: readonly Uint8Array[]): Promise<string[]> {
    return cacheArtifacts(this.#channel, blobs);
  }

  /**
   * Interrupts operations of this session.
   * @returns ids of the operations that were interrupted
   */
  async interrupt(which: { all: true } | { tag: string } | { operationId: string }): Promise<string[]> {
    const request =
      'tag' in which
        ? {
            interruptType: InterruptRequest_InterruptType.TAG,
            interrupt: { case: 'operationTag' as const, value: which.tag },
          }
        : 'operationId' in which
          ? {
              interruptType: InterruptRequest_InterruptType.OPERATION_ID,
              interrupt: { case: 'operationId' as const, value: which.operationId },
            }
          : { interruptType: InterruptRequest_InterruptType.ALL };
    const response = await this.#channel.unary((header) =>
      this.#channel.rpc.interrupt({ ...header, ...request }),
    );
    return response.interruptedIds;
  }

  /**
   * Ends the session on the server, with everything in it, and closes the connection. Safe to call twice.
   * @throws SparkConnectError when the server does not answer within a few seconds; the connection is closed anyway
   */
  async releaseSession(): Promise<void> {
    if (this.#channel.closed) return;
    try {
      await this.#channel.unary(
        ({ sessionId, userContext, clientType }) =>
          this.#channel.rpc.releaseSession({ sessionId, userContext, clientType }, { timeoutMs: 30_000 }),
        { maxRetries: 3 },
      );
    } finally {
      this.close();
    }
  }

  /**
   * Closes the connection and leaves the session, with operations that run, on the server, so that another process can
   * go on with them. Calls that wait for an answer fail with `SESSION_STOPPED`.
   */
  close(): void {
    this.#channel.closed = true;
    this.#close();
  }
}
