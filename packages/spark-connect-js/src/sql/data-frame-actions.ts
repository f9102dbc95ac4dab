import type * as arrow from 'apache-arrow';
import type { ExecuteOptions } from '../client/execution.js';
import { AnalyzePlanRequest_Explain_ExplainMode as ExplainMode } from '../gen/spark/connect/base_pb.js';
import { Aggregate_GroupType as GroupType } from '../gen/spark/connect/relations_pb.js';
import {
  type PlanNode,
  type PlanRequest,
  type RelationInit,
  type RelationType,
  toRelation,
} from '../plan/plan.js';
import type { StructType } from '../types/data-type.js';
import { structFromProto } from '../types/type-proto.js';
import type { AnyRow, Row } from '../values/row.js';
import { callFunction } from './column.js';
import type { DataFrame } from './data-frame.js';
import { DataFrameWriter } from './data-frame-writer.js';
import { DataFrameWriterV2 } from './data-frame-writer-v2.js';
import { collectArrow, collectRows, type ResultBatch, streamBatches, streamRows } from './results.js';
import type { SparkSession } from './spark-session.js';
import { StorageLevel, storageLevelFromProto } from './storage-level.js';

const explainModes = {
  simple: ExplainMode.SIMPLE,
  extended: ExplainMode.EXTENDED,
  codegen: ExplainMode.CODEGEN,
  cost: ExplainMode.COST,
  formatted: ExplainMode.FORMATTED,
} as const;

/** What a DataFrame can ask the server to do: run it, save it, explain it. */
export abstract class DataFrameActions {
  #schema: Promise<StructType> | undefined;

  /** Use {@link SparkSession}; this is for extensions that make relations of their own. */
  constructor(
    readonly session: SparkSession,
    readonly plan: PlanNode,
  ) {}

  /** A new DataFrame whose relation is written by `write`, for a request with this one's inputs. */
  abstract derive(write: (request: PlanRequest) => RelationType): DataFrame;

  /** All rows. They must fit in memory; see {@link toLocalIterator} for results that don't. */
  collect<T extends object = AnyRow>(options?: ExecuteOptions): Promise<Row<T>[]> {
    return collectRows<T>(this.session.client, this.relation(), options);
  }

  /** The result as one Arrow table, without turning values into objects. */
  toArrow(options?: ExecuteOptions): Promise<arrow.Table> {
    return collectArrow(this.session.client, this.relation(), options);
  }

  /** The rows as the server sends them, with few in memory at a time. Leaving the loop ends the operation. */
  toLocalIterator<T extends object = AnyRow>(
    options?: ExecuteOptions,
  ): AsyncGenerator<Row<T>, void, undefined> {
    return streamRows<T>(this.session.client, this.relation(), options);
  }

  /** The Arrow batches as the server sends them. Leaving the loop ends the operation. */
  toArrowBatches(options?: ExecuteOptions): AsyncGenerator<ResultBatch, void, undefined> {
    return streamBatches(this.session.client, this.relation(), options);
  }

  /** Number of rows. */
  async count(options?: ExecuteOptions): Promise<number> {
    const [row] = await this.derive((request) => ({
      case: 'aggregate',
      value: {
        input: request.relation(this.plan),
        groupType: GroupType.GROUPBY,
        aggregateExpressions: [callFunction('count', 1).expression(request)],
      },
    })).collect(options);
    return Number(row?.at(0) ?? 0);
  }

  async isEmpty(options?: ExecuteOptions): Promise<boolean> {
    return (
      (
        await this.derive((request) => ({
          case: 'project',
          value: { input: request.relation(this.plan) },
        })).take(1, options)
      ).length === 0
    );
  }

  /** The first rows. */
  take<T extends object = AnyRow>(count: number, options?: ExecuteOptions): Promise<Row<T>[]> {
    return this.derive((request) => ({
      case: 'limit',
      value: { input: request.relation(this.plan), limit: count },
    })).collect<T>(options);
  }

  head<T extends object = AnyRow>(count = 1, options?: ExecuteOptions): Promise<Row<T>[]> {
    return this.take<T>(count, options);
  }

  /** The first row; undefined when there is none. */
  async first<T extends object = AnyRow>(options?: ExecuteOptions): Promise<Row<T> | undefined> {
    return (await this.take<T>(1, options))[0];
  }

  /** The last rows. */
  tail<T extends object = AnyRow>(count: number, options?: ExecuteOptions): Promise<Row<T>[]> {
    return this.derive((request) => ({
      case: 'tail',
      value: { input: request.relation(this.plan), limit: count },
    })).collect<T>(options);
  }

  /** The first rows as a text table. `truncate` is the width of a column at most; 0 for any. */
  async showString(rows = 20, truncate = 20, vertical = false, options?: ExecuteOptions): Promise<string> {
    const table = this.derive((request) => ({
      case: 'showString',
      value: { input: request.relation(this.plan), numRows: rows, truncate, vertical },
    }));
    const [row] = await table.collect(options);
    return String(row?.at(0) ?? '').trimEnd();
  }

  /** Prints the first rows as a text table; see {@link showString}. */
  async show(rows = 20, truncate = 20, vertical = false, options?: ExecuteOptions): Promise<void> {
    console.log(await this.showString(rows, truncate, vertical, options));
  }

  /** The columns with their types. Asked for once. */
  schema(): Promise<StructType> {
    this.#schema ??= this.session.client
      .schema(this.relation())
      .then(structFromProto)
      .catch((error: unknown) => {
        this.#schema = undefined;
        throw error;
      });
    return this.#schema;
  }

  async columns(): Promise<string[]> {
    return (await this.schema()).fields.map((field) => field.name);
  }

  /** Spark's plan as text. */
  async explain(mode: keyof typeof explainModes = 'simple'): Promise<string> {
    const question = { plan: this.#root(), explainMode: explainModes[mode] };
    return (await this.session.client.analyze('explain', question)).explainString;
  }

  /** The schema as an indented text. */
  async treeString(): Promise<string> {
    return (await this.session.client.analyze('treeString', { plan: this.#root() })).treeString;
  }

  /** Files that the DataFrame reads, as far as the server knows. */
  async inputFiles(): Promise<string[]> {
    return (await this.session.client.analyze('inputFiles', { plan: this.#root() })).files;
  }

  /** Keeps the rows on the server once they were computed, until {@link unpersist} or the end of the session. */
  async persist(level: StorageLevel = StorageLevel.memoryAndDisk): Promise<this> {
    await this.session.client.analyze('persist', { relation: this.relation(), storageLevel: level });
    return this;
  }

  cache(): Promise<this> {
    return this.persist();
  }

  async unpersist(options: { blocking?: boolean } = {}): Promise<this> {
    const { blocking = false } = options;
    await this.session.client.analyze('unpersist', { relation: this.relation(), blocking });
    return this;
  }

  async storageLevel(): Promise<StorageLevel> {
    const answer = await this.session.client.analyze('getStorageLevel', { relation: this.relation() });
    return storageLevelFromProto(answer.storageLevel);
  }

  /**
   * Computes the rows and cuts the plan: in files of the server's checkpoint folder, or with `local` on its
   * executors.
   */
  async checkpoint(options: ExecuteOptions & { local?: boolean; eager?: boolean } = {}): Promise<DataFrame> {
    const { local = false, eager = true, ...execute } = options;
    const value = { relation: this.relation(), local, eager };
    const { checkpointId } = await this.session.client.executeCommand(
      { commandType: { case: 'checkpointCommand', value } },
      execute,
    );
    return this.derive(() => ({ case: 'cachedRemoteRelation', value: { relationId: checkpointId ?? '' } }));
  }

  /** Names the query for SQL in this session, replacing a view of that name. */
  createOrReplaceTempView(name: string, options?: ExecuteOptions): Promise<void> {
    return this.#createView(name, { replace: true, isGlobal: false }, options);
  }

  /** @throws SparkConnectError `TEMP_TABLE_OR_VIEW_ALREADY_EXISTS` */
  createTempView(name: string, options?: ExecuteOptions): Promise<void> {
    return this.#createView(name, { replace: false, isGlobal: false }, options);
  }

  /** Names the query for all sessions of the server, as `global_temp.<name>`. */
  createOrReplaceGlobalTempView(name: string, options?: ExecuteOptions): Promise<void> {
    return this.#createView(name, { replace: true, isGlobal: true }, options);
  }

  async #createView(name: string, how: { replace: boolean; isGlobal: boolean }, options?: ExecuteOptions) {
    const value = { input: this.relation(), name, ...how };
    await this.session.client.executeCommand(
      { commandType: { case: 'createDataframeView', value } },
      options,
    );
  }

  /** Saves the rows as files or as a table. */
  get write(): DataFrameWriter {
    return new DataFrameWriter(this);
  }

  /** Writes to a table of a catalog that supports Spark's second data source API. */
  writeTo(table: string): DataFrameWriterV2 {
    return new DataFrameWriterV2(this, table);
  }

  /** This DataFrame's relation as the protocol has it, in a request of its own. */
  relation(): RelationInit {
    return toRelation(this.plan);
  }

  #root() {
    return { opType: { case: 'root' as const, value: this.relation() } };
  }
}
