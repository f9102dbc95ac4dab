import { join } from 'node:path';
import type { DataFrame } from 'spark-connect-js';
import { z } from 'zod';
import { datasetName } from '../datasets/dataset-ref.js';
import { inputs, openInputs } from '../datasets/inputs.js';
import { naming, readSql, type SqlText, sqlArguments, sqlText, sqlValues } from '../datasets/query.js';
import { writeDataset } from '../datasets/write-dataset.js';
import { type DatasetRef, defineOperator, type Json, OperatorError } from '../operator.js';

/** More rows than the 64 KiB of an output could hold are not even fetched. */
const maxRows = 10_000;

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
      .default({}),
    /** Queries whose rows become the output themselves, when they are few. They read all of the above. */
    rows: z.record(datasetName, sqlText).default({}),
    /** Values of the parameters `:name` in all these queries. */
    args: sqlArguments.default({}),
  })
  .superRefine(({ inputs, views, datasets, rows }, context) => {
    if (Object.keys(datasets).length + Object.keys(rows).length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['datasets'],
        message: 'expected at least one dataset, or a query in rows',
      });
    }
    const taken = new Set<string>();
    for (const [section, names] of Object.entries({ inputs, views, datasets, rows })) {
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

/** Writes the results of SQL queries as datasets, in the order declared, or gives them as output. */
export const sparkSql = defineOperator({
  name: 'spark-sql',
  description: 'Transforms datasets by SQL; few rows can be its output',
  params,
  async run(context, { inputs, views, datasets, rows, ...rest }): Promise<Record<string, DatasetRef>> {
    const args = sqlValues(rest.args);
    const spark = await context.spark();
    await openInputs(context, spark, inputs);
    for (const [name, sql] of Object.entries(views)) {
      const text = await readSql(sql, context.dagFolder);
      await naming(label('view', name, sql), async () => {
        await (await spark.sql(text, args)).createOrReplaceTempView(name);
      });
    }
    const output: Record<string, DatasetRef | Json[]> = {};
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
    for (const [name, sql] of Object.entries(rows)) {
      const text = await readSql(sql, context.dagFolder);
      output[name] = await naming(label('rows', name, sql), async () =>
        fewRows(await spark.sql(text, args), label('rows', name, sql)),
      );
    }
    // DAGs in TypeScript are helped by knowing datasets; for rows they say what they are, by `returns`.
    return output as Record<string, DatasetRef>;
  },
});

/** The rows of a query as JSON. @throws OperatorError `OutputTooLarge` before more than that has been fetched */
async function fewRows(frame: DataFrame, label: string): Promise<Json[]> {
  const rows = await frame.limit(maxRows + 1).collect();
  if (rows.length > maxRows) {
    throw new OperatorError(
      'OutputTooLarge',
      `${label}: more than ${maxRows} rows; write them to a dataset and give its reference`,
    );
  }
  return JSON.parse(JSON.stringify(rows)) as Json[];
}

const label = (kind: string, name: string, sql: SqlText): string =>
  `${kind} "${name}"${typeof sql === 'string' ? '' : ` (${sql.file})`}`;
