/** A Spark Connect client: PySpark's API in TypeScript. Start with {@link SparkSession.builder}. */
export { type CommandInit, type CommandResult, SparkConnectClient } from './client/client.js';
export { type Connection, parseConnectionString } from './client/connection-string.js';
export { OperationAbortedError, type QueryContext, SparkConnectError } from './client/errors.js';
export type { ExecuteOptions } from './client/execution.js';
export type { ExecutionProgress, ProgressListener, StageProgress } from './client/progress.js';
export { defaultRetryPolicy, type RetryPolicy } from './client/retry-policy.js';
export type { OperationIds, OperationListener } from './client/session-channel.js';
export * as functions from './functions/index.js';
export * as ml from './ml/index.js';
export type { LiteralValue } from './plan/literal.js';
export {
  type Expression,
  type ExpressionInit,
  PlanNode,
  PlanRequest,
  type RelationInit,
  type RelationType,
} from './plan/plan.js';
export {
  CaseColumn,
  Column,
  type ColumnOrName,
  type ColumnOrValue,
  callFunction,
  col,
  expr,
  lit,
} from './sql/column.js';
export { DataFrame, type JoinKind } from './sql/data-frame.js';
export { DataFrameNaFunctions, type FillValue } from './sql/data-frame-na-functions.js';
export { DataFrameReader } from './sql/data-frame-reader.js';
export { DataFrameStatFunctions } from './sql/data-frame-stat-functions.js';
export { DataFrameWriter, type WriteMode } from './sql/data-frame-writer.js';
export { DataFrameWriterV2 } from './sql/data-frame-writer-v2.js';
export { GroupedData } from './sql/grouped-data.js';
export type { OptionValue } from './sql/options.js';
export type { ResultBatch } from './sql/results.js';
export { RuntimeConfig } from './sql/runtime-config.js';
export { SparkSession, type SqlArguments } from './sql/spark-session.js';
export { SparkSessionBuilder } from './sql/spark-session-builder.js';
export { StorageLevel } from './sql/storage-level.js';
export { type FrameEdge, Window, WindowSpec } from './sql/window.js';
export {
  type DataType,
  type MapType,
  type SimpleKind,
  type StructField,
  type StructType,
  types,
  type UserDefinedType,
} from './types/data-type.js';
export {
  fromSchemaJson,
  quoteIdentifier,
  simpleString,
  structFromSchemaJson,
  toDdl,
  toSchemaJson,
} from './types/type-text.js';
export type { RowInput } from './values/arrow-write.js';
export { Decimal } from './values/decimal.js';
export { CalendarInterval, DayTimeInterval, YearMonthInterval } from './values/interval.js';
export { type AnyRow, Row, type Value, Variant, valueToJson } from './values/row.js';
export { LocalDate, LocalDateTime, LocalTime, Timestamp } from './values/time.js';
