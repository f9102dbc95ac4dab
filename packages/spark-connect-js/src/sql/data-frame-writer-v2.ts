import type { ExecuteOptions } from '../client/execution.js';
import { WriteOperationV2_Mode as Mode } from '../gen/spark/connect/commands_pb.js';
import { PlanRequest } from '../plan/plan.js';
import { type Column, type ColumnOrName, named } from './column.js';
import type { DataFrameActions } from './data-frame-actions.js';
import { type OptionValue, optionText } from './options.js';

/** Writes to a table of a catalog; made by {@link DataFrameActions.writeTo}. The last call in the chain does it. */
export class DataFrameWriterV2 {
  #provider: string | undefined;
  readonly #options: Record<string, string> = {};
  readonly #properties: Record<string, string> = {};
  #partitionColumns: ColumnOrName[] = [];

  constructor(
    private readonly dataFrame: DataFrameActions,
    private readonly tableName: string,
  ) {}

  /** The format of a table to be created. */
  using(provider: string): this {
    this.#provider = provider;
    return this;
  }

  option(key: string, value: OptionValue): this {
    this.#options[key] = optionText(value);
    return this;
  }

  tableProperty(key: string, value: string): this {
    this.#properties[key] = value;
    return this;
  }

  partitionedBy(...columns: ColumnOrName[]): this {
    this.#partitionColumns = columns;
    return this;
  }

  create(options?: ExecuteOptions): Promise<void> {
    return this.#write(Mode.CREATE, options);
  }

  replace(options?: ExecuteOptions): Promise<void> {
    return this.#write(Mode.REPLACE, options);
  }

  createOrReplace(options?: ExecuteOptions): Promise<void> {
    return this.#write(Mode.CREATE_OR_REPLACE, options);
  }

  append(options?: ExecuteOptions): Promise<void> {
    return this.#write(Mode.APPEND, options);
  }

  /** Replaces the rows for which a condition is true. */
  overwrite(condition: Column, options?: ExecuteOptions): Promise<void> {
    return this.#write(Mode.OVERWRITE, options, condition);
  }

  overwritePartitions(options?: ExecuteOptions): Promise<void> {
    return this.#write(Mode.OVERWRITE_PARTITIONS, options);
  }

  async #write(mode: Mode, options?: ExecuteOptions, condition?: Column): Promise<void> {
    const request = new PlanRequest();
    const value = {
      input: request.relation(this.dataFrame.plan),
      tableName: this.tableName,
      mode,
      options: { ...this.#options },
      tableProperties: { ...this.#properties },
      partitioningColumns: this.#partitionColumns.map((column) => named(column).expression(request)),
      ...(this.#provider !== undefined && { provider: this.#provider }),
      ...(condition && { overwriteCondition: condition.expression(request) }),
    };
    const { client } = this.dataFrame.session;
    await client.executeCommand({ commandType: { case: 'writeOperationV2', value } }, options);
  }
}
