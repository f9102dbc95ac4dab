import type { DataFrame, SparkSession, StructType } from 'spark-connect-js';
import type { Json } from '../operator.js';
import { fromSparkSchema } from './dataset-schema.js';
import { identifier } from './sql-text.js';

/** The zone in which instants that are partitions become names of folders, whatever the session's is. */
export const partitionTimeZone = 'UTC';

/** Reads Parquet files below folders as columns that are known, in their order; those without a column have null there. */
export function readColumns(spark: SparkSession, schema: StructType, folders: readonly string[]): DataFrame {
  return (
    spark.read
      .schema(schema)
      .option('timeZone', partitionTimeZone)
      .parquet(...folders)
      // Spark puts partition columns last.
      .select(schema.fields.map(({ name }) => identifier(name)))
  );
}

/** Datasets of one schema, with the columns that they were written with; when that is not known, with those that Spark finds. */
export function readFolders(
  spark: SparkSession,
  folders: readonly string[],
  sparkSchema: Json | undefined,
): DataFrame {
  return sparkSchema === undefined
    ? spark.read.parquet(...folders)
    : readColumns(spark, fromSparkSchema(sparkSchema), folders);
}
