import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { SparkSession } from 'spark-connect-js';
import type { z } from 'zod';
import type { FinishedTask } from '../dag/stage-counts.js';

export type { FinishedTask } from '../dag/stage-counts.js';
export { OperatorError, type OperatorErrorType, operatorErrors, TaskSkipped } from './operator-error.js';
export { defineSensor, type Poke } from './sensor.js';

/** A value that survives JSON: what operators take as params and return as output. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A reference to a committed dataset: what tasks pass to each other instead of data.
 * `path` is a folder of Parquet files below the data root, `schemaHash` a digest of its Spark schema.
 */
export type DatasetRef = {
  dataset: string;
  path: string;
  rows: number;
  schemaHash: string;
};

/** One column of a dataset's schema; `type` is a Spark DDL type such as `bigint` or `decimal(10,2)`. */
export interface SchemaField {
  name: string;
  type: string;
  nullable: boolean;
}

/** Where a dataset's files are, and how they are to be read. */
export interface StoredDataset {
  /** Absolute path of the folder of Parquet files. */
  readonly folder: string;
  readonly bytes: number;
  /** Whether columns are folders below it. */
  readonly partitioned: boolean;
  /** Digest of the columns; equal columns have equal digests. */
  readonly schemaHash: string;
  /** See {@link TaskStorage.publish}. */
  readonly sparkSchema: Json | undefined;
}

/** Progress of a long step: a fraction when it is known, and what is going on, in a few words. */
export interface Progress {
  /** 0–1; absent when unknown. */
  fraction?: number;
  message?: string;
}

/** Counters of a stage. They end in the run record, in metrics and in the live table, and feed the thresholds. */
export interface StageStats {
  read(rows: number, bytes?: number): void;
  wrote(rows: number, bytes?: number): void;
  /** Counts rejected rows under a reason code. A row with several reasons counts once in `rows` of {@link rejectRows}. */
  rejectReason(reason: string, count: number): void;
  /** Counts rejected rows, each once. */
  rejectRows(rows: number): void;
  /** Names a file that was rejected whole, and why. */
  rejectFile(file: string, reason: string): void;
  /** A number that `metricThresholds` can bound, such as `durations.rmse`. */
  metric(name: string, value: number): void;
}

/** The folder that a task instance writes, and its access to what other tasks committed. */
export interface TaskStorage {
  /** Absolute path of the data root, which all workers share. */
  readonly root: string;
  /** Absolute path of this try's own folder; empty on the first attempt, kept for retries, never shared. Made when first read. */
  readonly folder: string;
  /**
   * Declares a dataset of this task, already written below {@link folder}. It is published, with all others of the
   * task, by one atomic manifest after the operator has returned and its thresholds hold; never before.
   * Name, path relative to `folder`, row count and schema; files and sizes are read from disk.
   * `sparkSchema` is the schema as Spark's own JSON, which the files are read with; without it Spark goes by the files.
   */
  publish(
    name: string,
    dataset: { path: string; rows: number; schema: SchemaField[]; sparkSchema?: Json },
  ): DatasetRef;
  /** Checks that a dataset of another task was committed and gives its absolute path. @throws OperatorError `DatasetNotFound` */
  locate(ref: DatasetRef): Promise<string>;
  /** The same, with what a reader has to know; also of a dataset that this task has published itself. @throws OperatorError `DatasetNotFound` */
  find(ref: DatasetRef): Promise<StoredDataset>;
}

/** What an operator gets to work with. Made afresh for every attempt. */
export interface OperatorContext {
  readonly dagId: string;
  /** The DAG run's id: the Workflow ID without its `<dagId>/`. */
  readonly runId: string;
  readonly taskId: string;
  /** Index of a mapped instance, from 0; undefined for a task that is not mapped. */
  readonly mapIndex: number | undefined;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly logicalDate: Date;
  readonly dataInterval: { readonly start: Date; readonly end: Date };
  /** Folder of the DAG's file: relative paths in its params (SQL files, scripts) start here. */
  readonly dagFolder: string;
  readonly log: Logger;
  /** Aborts when the task is cancelled or the worker shuts down. Pass it on to everything that waits. */
  readonly signal: AbortSignal;
  /** Tells Temporal and the live table that work goes on. Called freely: it is throttled. */
  heartbeat(progress?: Progress): void;
  /** The Spark session of this task instance; every attempt of one try gets the same one. Opened on first use. */
  spark(): Promise<SparkSession>;
  /** A client of the Temporal server that this worker serves, in the same namespace. */
  temporal(): Client;
  readonly storage: TaskStorage;
  readonly stats: StageStats;
  /**
   * A durable step: when an earlier attempt finished it, its result is returned and `body` is not run again. Spark
   * operations started in `body` have ids derived from the step's name and their order in it, so that a retry after
   * a crash reattaches to one that is still running. Names are unique within the task; keep the order of Spark calls
   * within a step deterministic.
   */
  step<T extends Json>(name: string, body: () => Promise<T>): Promise<T>;
  /** Figures of the run's tasks that have finished so far; empty unless the operator sets `readsFinishedTasks`. */
  readonly finishedTasks: readonly FinishedTask[];
}

/** An operator: what a task of a DAG runs, as a Temporal activity of the same name. */
export interface Operator<Params = unknown, Output extends Json = Json, Input = unknown> {
  /** Kebab-case; the name that DAG documents use. */
  readonly name: string;
  /** One line, shown in the Temporal UI and in the docs. */
  readonly description: string;
  /** Validates `with` after templates were rendered; unknown keys should be errors (`z.strictObject`). */
  readonly params: z.ZodType<Params, Input>;
  /** Whether `context.finishedTasks` is filled. Off by default: the figures travel in the activity's input. */
  readonly readsFinishedTasks?: boolean;
  /**
   * Whether `run` looks once whether something has happened and throws `NotYet` when it has not; see `defineSensor`.
   * The attempts of such a task are not limited by its `retries`.
   */
  readonly sensor?: true;
  run(context: OperatorContext, params: Params): Promise<Output>;
}

/** Defines an operator with its params typed from the schema. */
export function defineOperator<Schema extends z.ZodType, Output extends Json>(definition: {
  name: string;
  description: string;
  params: Schema;
  readsFinishedTasks?: boolean;
  run(context: OperatorContext, params: z.output<Schema>): Promise<Output>;
}): Operator<z.output<Schema>, Output, z.input<Schema>> {
  return definition as Operator<z.output<Schema>, Output, z.input<Schema>>;
}
