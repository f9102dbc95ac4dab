import { SparkConnectError, type SparkSession, simpleString } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import { OperatorError } from '../../operator.js';
import type { DatasetSpec } from './params.js';

/** The declared columns of a dataset with Spark's own spelling of their types, in order. */
export type ColumnTypes = ReadonlyMap<string, string>;

/** Columns as Spark's readers take them. */
export const ddl = (types: Iterable<[string, string]>): string =>
  [...types].map(([name, type]) => `${identifier(name)} ${type}`).join(', ');

/** Lets Spark read the declared types. @throws OperatorError `InvalidParams` naming a column whose type is none */
export async function columnTypes(
  spark: SparkSession,
  dataset: string,
  spec: DatasetSpec,
): Promise<ColumnTypes> {
  const spellings = new Map<string, string>();
  const types = new Map<string, string>();
  for (const [column, { type }] of Object.entries(spec.schema)) {
    const spelling =
      spellings.get(type) ?? (await parseType(spark, type, `datasets.${dataset}.schema.${column}`));
    spellings.set(type, spelling);
    types.set(column, spelling);
  }
  return types;
}

async function parseType(spark: SparkSession, type: string, where: string): Promise<string> {
  try {
    return simpleString(await spark.parseDdl(type));
  } catch (error) {
    if (!(error instanceof SparkConnectError) || error.sqlState === undefined) throw error;
    throw new OperatorError(
      'InvalidParams',
      `${where}: expected a Spark SQL type such as bigint, string or decimal(10,2), got "${type}"`,
    );
  }
}
