import { join } from 'node:path';
import { type DataFrame, type SparkSession, simpleString } from 'spark-connect-js';
import type { DatasetRef, SchemaField, TaskStorage } from '../operator.js';
import { countWritten } from './written-files.js';

/** Where a dataset goes, and how it is laid out. */
export type Layout = {
  /** Folder relative to the task's. Default: the dataset's name. */
  path?: string;
  /** Columns that become folders. Default none. */
  partitionBy?: readonly string[];
};

/** Writes rows as Parquet below the task's folder, counts them there, and declares them for publication. */
export async function writeDataset(
  storage: TaskStorage,
  name: string,
  rows: DataFrame,
  { path = name, partitionBy = [] }: Layout = {},
): Promise<{ ref: DatasetRef; bytes: number }> {
  const folder = join(storage.folder, path);
  await rows.write
    .mode('overwrite')
    .partitionBy(...partitionBy)
    .parquet(folder);
  let written = await countWritten(folder);
  if (written.files === 0) {
    // Nothing fell into a partition, so nothing is there to tell the schema: an empty file without partitions does.
    await rows.limit(0).write.mode('overwrite').parquet(folder);
    written = await countWritten(folder);
  }
  // Read back rather than taken from `rows`: Spark infers the types of partition columns from the folders' names.
  const schema = await schemaAt(rows.session, folder);
  return { ref: storage.publish(name, { path, rows: written.rows, schema }), bytes: written.bytes };
}

async function schemaAt(spark: SparkSession, folder: string): Promise<SchemaField[]> {
  const { fields } = await spark.read.parquet(folder).schema();
  return fields.map(({ name, dataType, nullable }) => ({ name, type: simpleString(dataType), nullable }));
}
