import type * as arrow from 'apache-arrow';
import type { SparkConnectClient } from '../client/client.js';
import type { ExecuteOptions } from '../client/execution.js';
import { PlanNode, PlanRequest } from '../plan/plan.js';
import { type DataType, type StructType, types } from '../types/data-type.js';
import { typeFromProto } from '../types/type-proto.js';
import type { RowInput } from '../values/arrow-write.js';
import { inferSchema } from '../values/infer-schema.js';
import { type ColumnOrValue, toColumn } from './column.js';
import { DataFrame } from './data-frame.js';
import { DataFrameReader } from './data-frame-reader.js';
import { localRelation } from './local-relation.js';
import { RuntimeConfig } from './runtime-config.js';
import { SparkSessionBuilder } from './spark-session-builder.js';

/** Values for the parameters of a SQL text: in order for `?`, or by name for `:name`. */
export type SqlArguments = readonly ColumnOrValue[] | Readonly<Record<string, ColumnOrValue>>;

/** A session with a Spark Connect server: where every program starts. Made by {@link SparkSession.builder}. */
export class SparkSession {
  /** Settings of this session on the server. */
  readonly conf: RuntimeConfig;

  /** Use {@link SparkSession.builder}. */
  constructor(
    /** The protocol, for what this class does not offer. */
    readonly client: SparkConnectClient,
    /** The server's version of Spark, such as `4.3.0`. */
    readonly version: string,
  ) {
    this.conf = new RuntimeConfig(client);
  }

  static builder(): SparkSessionBuilder {
    return new SparkSessionBuilder();
  }

  get sessionId(): string {
    return this.client.sessionId;
  }

  /**
   * Runs a SQL text. Commands such as `CREATE TABLE` take effect at once; queries run when their DataFrame is
   * asked for rows. Arguments are values of their own, never part of the text.
   */
  async sql(text: string, args: SqlArguments = [], options?: ExecuteOptions): Promise<DataFrame> {
    const node = new PlanNode((request) => {
      const write = (value: ColumnOrValue) => toColumn(value).expression(request);
      return {
        case: 'sql',
        value: isList(args)
          ? { query: text, posArguments: args.map(write) }
          : {
              query: text,
              namedArguments: Object.fromEntries(
                Object.entries(args).map(([name, value]) => [name, write(value)]),
              ),
            },
      };
    });
    const input = new PlanRequest().relation(node);
    const { sqlRelation } = await this.client.executeCommand(
      { commandType: { case: 'sqlCommand', value: { input } } },
      options,
    );
    const relType = sqlRelation?.relType;
    const isQuery = relType?.case === undefined || relType.case === 'sql';
    return new DataFrame(this, isQuery ? node : new PlanNode(() => relType));
  }

  /** A table or view of the catalog. */
  table(name: string): DataFrame {
    return this.read.table(name);
  }

  get read(): DataFrameReader {
    return new DataFrameReader(this);
  }

  /** Numbers from `start`, 0 by default, up to but not including `end`, in a column `id` of type BIGINT. */
  range(end: number | bigint): DataFrame;
  range(start: number | bigint, end: number | bigint, step?: number | bigint, partitions?: number): DataFrame;
  range(
    first: number | bigint,
    end?: number | bigint,
    step: number | bigint = 1,
    partitions?: number,
  ): DataFrame {
    const value = {
      start: BigInt(end === undefined ? 0 : first),
      end: BigInt(end ?? first),
      step: BigInt(step),
      ...(partitions !== undefined && { numPartitions: partitions }),
    };
    return new DataFrame(this, new PlanNode(() => ({ case: 'range', value })));
  }

  /**
   * A DataFrame of local data: rows as objects or arrays, or an Arrow table. The schema is a type, DDL such as
   * `id BIGINT NOT NULL, name STRING`, or is guessed from the values of rows. Large data are uploaded once.
   * @throws TypeError naming the row and column of a value that does not fit
   */
  async createDataFrame(
    data: readonly RowInput[] | arrow.Table,
    schema?: StructType | string,
  ): Promise<DataFrame> {
    let struct: StructType | undefined;
    if (typeof schema === 'string') {
      const parsed = await this.parseDdl(schema);
      struct = parsed.kind === 'struct' ? parsed : types.struct([types.field('value', parsed)]);
    } else {
      struct = schema ?? (Array.isArray(data) ? inferSchema(data) : undefined);
    }
    return new DataFrame(this, await localRelation(this.client, data, struct));
  }

  /** Parses a type or a list of columns in SQL's notation, such as `decimal(10,2)` or `a INT, b STRING`. */
  async parseDdl(ddl: string): Promise<DataType> {
    return typeFromProto((await this.client.analyze('ddlParse', { ddlString: ddl })).parsed);
  }

  /** Tags every operation that is started from now on, for {@link interruptTag}. Not empty, no commas. */
  addTag(tag: string): void {
    this.client.tags.add(tag);
  }

  removeTag(tag: string): void {
    this.client.tags.delete(tag);
  }

  get tags(): string[] {
    return [...this.client.tags];
  }

  /** Interrupts all operations of this session. @returns their ids */
  interruptAll(): Promise<string[]> {
    return this.client.interrupt({ all: true });
  }

  interruptTag(tag: string): Promise<string[]> {
    return this.client.interrupt({ tag });
  }

  interruptOperation(operationId: string): Promise<string[]> {
    return this.client.interrupt({ operationId });
  }

  /**
   * Ends the session on the server, with its views, caches and running operations, and closes the connection.
   * @throws SparkConnectError when the server does not answer within a few seconds; the connection is closed anyway
   */
  stop(): Promise<void> {
    return this.client.releaseSession();
  }

  /**
   * Closes the connection and leaves the session, with operations that run, on the server, so that another process can
   * go on with them. Calls that wait for an answer fail with `SESSION_STOPPED`.
   */
  disconnect(): void {
    this.client.close();
  }
}

const isList = (args: SqlArguments): args is readonly ColumnOrValue[] => Array.isArray(args);
