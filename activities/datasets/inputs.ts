import type { DataFrame, SparkSession } from 'spark-connect-js';
import { z } from 'zod';
import type { DatasetRef, OperatorContext } from '../operator.js';
import { datasetName, datasetRef } from './dataset-ref.js';
import { parquetFiles } from './written-files.js';

/** Datasets of other tasks by name; a list, such as a mapped task's outputs, is read as one dataset. */
export const inputs = z
  .record(
    datasetName,
    z.union([datasetRef.transform((ref) => [ref]), z.array(datasetRef).min(1)], {
      error: 'expected a dataset of another task, such as tasks.ingest.output.sales in a template',
    }),
  )
  .default({});

/** Opens committed datasets, also as views by their names, and counts what they hold as read. */
export async function openInputs(
  { storage, stats }: Pick<OperatorContext, 'storage' | 'stats'>,
  spark: SparkSession,
  refsByName: Readonly<Record<string, readonly DatasetRef[]>>,
): Promise<Record<string, DataFrame>> {
  const frames: Record<string, DataFrame> = {};
  for (const [name, refs] of Object.entries(refsByName)) {
    const folders: string[] = [];
    for (const ref of refs) {
      const folder = await storage.locate(ref);
      const files = await parquetFiles(folder);
      stats.read(
        ref.rows,
        files.reduce((sum, { bytes }) => sum + bytes, 0),
      );
      folders.push(folder);
    }
    const frame = spark.read.parquet(...folders);
    await frame.createOrReplaceTempView(name);
    frames[name] = frame;
  }
  return frames;
}
