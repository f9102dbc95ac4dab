import { col, type DataFrame, type SparkSession } from 'spark-connect-js';
import { z } from 'zod';
import type { DatasetRef, Json, OperatorContext } from '../operator.js';
import { datasetName, datasetRef } from './dataset-ref.js';
import { fromSparkSchema, storedSchema } from './dataset-schema.js';
import { distinctNames, namesFirst } from './distinct-names.js';
import { mergeSchemas, ownTypes, sameType } from './merge-schemas.js';
import { readColumns, readFolders } from './read-dataset.js';
import { identifier } from './sql-text.js';

/** Datasets of other tasks by name; a list, such as a mapped task's outputs, is read as one dataset. */
export const inputs = z
  .record(
    datasetName,
    z.union([datasetRef.transform((ref) => [ref]), z.array(datasetRef).min(1)], {
      error: 'expected a dataset of another task, such as tasks.ingest.output.sales in a template',
    }),
  )
  .superRefine(distinctNames, namesFirst)
  .default({});

/** Opens committed datasets, also as views by their names, and counts what they hold as read. */
export async function openInputs(
  context: Pick<OperatorContext, 'storage' | 'stats'>,
  spark: SparkSession,
  refsByName: Readonly<Record<string, readonly DatasetRef[]>>,
): Promise<Record<string, DataFrame>> {
  const frames: Record<string, DataFrame> = {};
  for (const [name, refs] of Object.entries(refsByName)) {
    const frame = await openAsOne(context, spark, `input "${name}"`, refs);
    await frame.createOrReplaceTempView(name);
    frames[name] = frame;
  }
  return frames;
}

/** Datasets of the same columns, which one reader can read. */
type Part = { where: string; folders: string[]; sparkSchema: Json | undefined };

/** Reads datasets as one, with the columns of all of them. @throws OperatorError `SchemaMismatch`, `DatasetNotFound` */
async function openAsOne(
  { storage, stats }: Pick<OperatorContext, 'storage' | 'stats'>,
  spark: SparkSession,
  what: string,
  refs: readonly DatasetRef[],
): Promise<DataFrame> {
  const parts: Part[] = [];
  const alike = new Map<string, Part>();
  for (const ref of refs) {
    const { folder, bytes, partitioned, schemaHash, sparkSchema } = await storage.find(ref);
    stats.read(ref.rows, bytes);
    const key = JSON.stringify([schemaHash, sparkSchema]);
    // Folders are columns only when one reader has one dataset.
    const known = partitioned ? undefined : alike.get(key);
    if (known === undefined) {
      const part = { where: ref.path, folders: [folder], sparkSchema };
      parts.push(part);
      if (!partitioned) alike.set(key, part);
    } else known.folders.push(folder);
  }
  return union(spark, what, parts);
}

async function union(spark: SparkSession, what: string, parts: readonly Part[]): Promise<DataFrame> {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return readFolders(spark, only.folders, only.sparkSchema);
  const described = await Promise.all(
    parts.map(async ({ where, folders, sparkSchema }) => ({
      where,
      folders,
      schema:
        sparkSchema === undefined
          ? storedSchema(await spark.read.parquet(...folders).schema())
          : fromSparkSchema(sparkSchema),
    })),
  );
  const merged = mergeSchemas(what, described);
  return unionAll(
    described.map(({ folders, schema }) => {
      const own = ownTypes(merged, schema);
      return readColumns(spark, own, folders).select(
        merged.fields.map(({ name, dataType }, index) => {
          const column = col(identifier(name));
          const ownType = own.fields[index]?.dataType;
          return ownType === undefined || sameType(ownType, dataType)
            ? column
            : column.cast(dataType).alias(name);
        }),
      );
    }),
  );
}

/** A tree rather than a chain: plans of many parts stay flat. */
function unionAll(frames: readonly DataFrame[]): DataFrame {
  const [first, second] = frames;
  if (first === undefined) throw new Error('no datasets to read');
  if (second === undefined) return first;
  const middle = Math.ceil(frames.length / 2);
  return unionAll(frames.slice(0, middle)).union(unionAll(frames.slice(middle)));
}
