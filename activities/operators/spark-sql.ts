import { join } from 'node:path';
import { z } from 'zod';
import { datasetName } from '../datasets/dataset-ref.js';
import { inputs, openInputs } from '../datasets/inputs.js';
import { naming, readSql, type SqlText, sqlArguments, sqlText } from '../datasets/query.js';
import { writeDataset } from '../datasets/write-dataset.js';
import { type DatasetRef, defineOperator } from '../operator.js';

const params = z
  .strictObject({
    /** Datasets of other tasks, readable by these names. */
    inputs,
    /** Queries that later ones read by name and that are not written. */
    views: z.record(datasetName, sqlText).default({}),
    /** Queries whose results are written. Later ones read what earlier ones wrote, by name. */
    datasets: z
      .record(
        datasetName,
        z.strictObject({
          sql: sqlText,
          /** Columns that become folders. */
          partitionBy: z.array(z.string().min(1)).default([]),
        }),
      )
      .refine((datasets) => Object.keys(datasets).length > 0, 'expected at least one dataset'),
    /** Values of the parameters `:name` in all these queries. */
    args: sqlArguments.default({}),
  })
  .superRefine(({ inputs, views, datasets }, context) => {
    const taken = new Set<string>();
    for (const [section, names] of Object.entries({ inputs, views, datasets })) {
      for (const name of Object.keys(names)) {
        if (taken.has(name)) {
          context.addIssue({
            code: 'custom',
            path: [section, name],
            message: `the name "${name}" is used twice`,
          });
        }
        taken.add(name);
      }
    }
  });

/** Writes the results of SQL queries as datasets, in the order declared. */
export const sparkSql = defineOperator({
  name: 'spark-sql',
  description: 'Transforms datasets by SQL',
  params,
  async run(context, { inputs, views, datasets, args }): Promise<Record<string, DatasetRef>> {
    const spark = await context.spark();
    await openInputs(context, spark, inputs);
    for (const [name, sql] of Object.entries(views)) {
      const text = await readSql(sql, context.dagFolder);
      await naming(label('view', name, sql), async () => {
        await (await spark.sql(text, args)).createOrReplaceTempView(name);
      });
    }
    const output: Record<string, DatasetRef> = {};
    for (const [name, { sql, partitionBy }] of Object.entries(datasets)) {
      const text = await readSql(sql, context.dagFolder);
      context.heartbeat({ message: `writing ${name}` });
      output[name] = await context.step(`write ${name}`, () =>
        naming(label('dataset', name, sql), async () => {
          const { ref, bytes } = await writeDataset(context.storage, name, await spark.sql(text, args), {
            partitionBy,
          });
          context.stats.wrote(ref.rows, bytes);
          return ref;
        }),
      );
      await spark.read.parquet(join(context.storage.folder, name)).createOrReplaceTempView(name);
    }
    return output;
  },
});

const label = (kind: string, name: string, sql: SqlText): string =>
  `${kind} "${name}"${typeof sql === 'string' ? '' : ` (${sql.file})`}`;
