import { join } from 'node:path';
import type { DataFrame } from 'spark-connect-js';
import type { DatasetRef, TaskStorage } from '../operator.js';
import { schemaFields, storedSchema, toSparkSchema } from './dataset-schema.js';
import { partitionColumns, partitionValue } from './partitions.js';
import { checkColumnNames } from './query.js';
import { partitionTimeZone } from './read-dataset.js';
import { countWritten } from './written-files.js';

/** Where a dataset goes, and how it is laid out. */
export type Layout = {
  /** Folder relative to the task's. Default: the dataset's name. */
  path?: string;
  /** Columns that become folders. Default none. */
  partitionBy?: readonly string[];
};

/**
 * Writes rows as Parquet below the task's folder, counts them there, and declares them for publication with their schema.
 * @throws OperatorError `SparkQueryFailed` when the rows have a column twice, `InvalidParams` when they cannot be partitioned so
 */
export async function writeDataset(
  storage: TaskStorage,
  name: string,
  rows: DataFrame,
  { path = name, partitionBy = [] }: Layout = {},
): Promise<{ ref: DatasetRef; bytes: number }> {
  const folder = join(storage.folder, path);
  const found = await rows.schema();
  checkColumnNames(`dataset "${name}"`, found.fields);
  const schema = storedSchema(found);
  const partitions = partitionColumns(`dataset "${name}"`, schema, partitionBy);
  const columns = schema.fields.map((field) => partitionValue(field, partitions));
  await (partitions.length === 0 ? rows : rows.selectExpr(...columns)).write
    .mode('overwrite')
    .option('timeZone', partitionTimeZone)
    .partitionBy(...partitions)
    .parquet(folder);
  let written = await countWritten(folder);
  if (written.files === 0) {
    // Nothing fell into a partition. A file without rows keeps readers from finding nothing at all.
    await rows.limit(0).write.mode('overwrite').parquet(folder);
    written = await countWritten(folder);
  }
  const ref = storage.publish(name, {
    path,
    rows: written.rows,
    schema: schemaFields(schema),
    sparkSchema: toSparkSchema(schema),
  });
  return { ref, bytes: written.bytes };
}
