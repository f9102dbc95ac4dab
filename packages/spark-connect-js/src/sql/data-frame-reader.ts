import { PlanNode } from '../plan/plan.js';
import type { StructType } from '../types/data-type.js';
import { toSchemaJson } from '../types/type-text.js';
import { DataFrame } from './data-frame.js';
import { type OptionValue, optionText } from './options.js';
import type { SparkSession } from './spark-session.js';

/** Says what to read and how; made by {@link SparkSession.read}. Nothing is read before an action. */
export class DataFrameReader {
  #format: string | undefined;
  #schema: string | undefined;
  readonly #options: Record<string, string> = {};

  constructor(private readonly session: SparkSession) {}

  /** Such as `parquet` (Spark's default), `json`, `csv`, `orc`, `text`, `jdbc`. */
  format(source: string): this {
    this.#format = source;
    return this;
  }

  /** The schema of the data, as a type or as DDL such as `id BIGINT, name STRING`; else Spark finds it out. */
  schema(schema: StructType | string): this {
    this.#schema = typeof schema === 'string' ? schema : toSchemaJson(schema);
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

  /** Reads files or folders that the server reaches, or what the options of the format say. */
  load(...paths: string[]): DataFrame {
    const value = {
      paths,
      options: { ...this.#options },
      ...(this.#format !== undefined && { format: this.#format }),
      ...(this.#schema !== undefined && { schema: this.#schema }),
    };
    const node = new PlanNode(() => ({ case: 'read', value: { readType: { case: 'dataSource', value } } }));
    return new DataFrame(this.session, node);
  }

  parquet(...paths: string[]): DataFrame {
    return this.format('parquet').load(...paths);
  }

  json(...paths: string[]): DataFrame {
    return this.format('json').load(...paths);
  }

  csv(...paths: string[]): DataFrame {
    return this.format('csv').load(...paths);
  }

  orc(...paths: string[]): DataFrame {
    return this.format('orc').load(...paths);
  }

  text(...paths: string[]): DataFrame {
    return this.format('text').load(...paths);
  }

  /** A table or view of the catalog. */
  table(name: string): DataFrame {
    const value = { unparsedIdentifier: name, options: { ...this.#options } };
    const node = new PlanNode(() => ({ case: 'read', value: { readType: { case: 'namedTable', value } } }));
    return new DataFrame(this.session, node);
  }
}
