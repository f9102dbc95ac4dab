import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ExecuteOptions } from '../client/execution.js';
import {
  WriteOperation_SaveTable_TableSaveMethod as SaveMethod,
  WriteOperation_SaveMode as SaveMode,
  type WriteOperationSchema,
} from '../gen/spark/connect/commands_pb.js';
import type { DataFrameActions } from './data-frame-actions.js';
import { type OptionValue, optionText } from './options.js';

const saveModes = {
  append: SaveMode.APPEND,
  overwrite: SaveMode.OVERWRITE,
  error: SaveMode.ERROR_IF_EXISTS,
  errorIfExists: SaveMode.ERROR_IF_EXISTS,
  ignore: SaveMode.IGNORE,
} as const;

/** What to do when the target exists; by default an error. */
export type WriteMode = keyof typeof saveModes;

/** Says how and where rows are saved; made by {@link DataFrameActions.write}. The last call in the chain does it. */
export class DataFrameWriter {
  #source: string | undefined;
  #mode: WriteMode = 'errorIfExists';
  readonly #options: Record<string, string> = {};
  #partitionColumns: string[] = [];
  #sortColumns: string[] = [];
  #bucketBy: { numBuckets: number; bucketColumnNames: string[] } | undefined;

  constructor(private readonly dataFrame: DataFrameActions) {}

  /** Such as `parquet` (Spark's default), `json`, `csv`, `orc`, `text`. */
  format(source: string): this {
    this.#source = source;
    return this;
  }

  mode(mode: WriteMode): this {
    this.#mode = mode;
    return this;
  }

  option(key: string, value: OptionValue): this {
    this.#options[key] = optionText(value);
    return this;
  }

  options(options: Readonly<Record<string, OptionValue>>): this {
    for (const [key, value] of Object.entries(options)) this.option(key, value);
    return this;
  }

  /** Makes folders `column=value`, one level per column. */
  partitionBy(...columns: string[]): this {
    this.#partitionColumns = columns;
    return this;
  }

  /** Spreads the rows over files by a hash of columns; for tables only. */
  bucketBy(numBuckets: number, ...bucketColumnNames: string[]): this {
    this.#bucketBy = { numBuckets, bucketColumnNames };
    return this;
  }

  /** Sorts within buckets. */
  sortBy(...columns: string[]): this {
    this.#sortColumns = columns;
    return this;
  }

  /** Saves to a path that the server reaches, or to what the options of the format say. */
  save(path?: string, options?: ExecuteOptions): Promise<void> {
    return this.#write(path === undefined ? undefined : { case: 'path', value: path }, options);
  }

  parquet(path: string, options?: ExecuteOptions): Promise<void> {
    return this.format('parquet').save(path, options);
  }

  json(path: string, options?: ExecuteOptions): Promise<void> {
    return this.format('json').save(path, options);
  }

  csv(path: string, options?: ExecuteOptions): Promise<void> {
    return this.format('csv').save(path, options);
  }

  orc(path: string, options?: ExecuteOptions): Promise<void> {
    return this.format('orc').save(path, options);
  }

  text(path: string, options?: ExecuteOptions): Promise<void> {
    return this.format('text').save(path, options);
  }

  /** Saves as a table of the catalog. */
  saveAsTable(tableName: string, options?: ExecuteOptions): Promise<void> {
    return this.#write(
      { case: 'table', value: { tableName, saveMethod: SaveMethod.SAVE_AS_TABLE } },
      options,
    );
  }

  /** Adds to a table that exists, by the columns' position; with mode `overwrite` replaces its rows. */
  insertInto(tableName: string, options?: ExecuteOptions): Promise<void> {
    return this.#write({ case: 'table', value: { tableName, saveMethod: SaveMethod.INSERT_INTO } }, options);
  }

  async #write(
    saveType: MessageInitShape<typeof WriteOperationSchema>['saveType'],
    options?: ExecuteOptions,
  ): Promise<void> {
    const value = {
      input: this.dataFrame.relation(),
      mode: saveModes[this.#mode],
      options: { ...this.#options },
      partitioningColumns: this.#partitionColumns,
      sortColumnNames: this.#sortColumns,
      ...(this.#source !== undefined && { source: this.#source }),
      ...(this.#bucketBy && { bucketBy: this.#bucketBy }),
      ...(saveType && { saveType }),
    };
    const { client } = this.dataFrame.session;
    await client.executeCommand({ commandType: { case: 'writeOperation', value } }, options);
  }
}
