import type { DataFrame } from 'spark-connect-js';
import { z } from 'zod';
import { datasetName } from '../datasets/dataset-ref.js';
import { namesFirst, refuseName, sameNameMessage } from '../datasets/distinct-names.js';
import { inputs, openInputs } from '../datasets/inputs.js';
import {
  checkColumnNames,
  naming,
  readSql,
  type SqlText,
  sqlArguments,
  sqlText,
  sqlValues,
} from '../datasets/query.js';
import { readFolders } from '../datasets/read-dataset.js';
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
    if (Object.keys(datasets ?? {}).length + Object.keys(rows ?? {}).length === 0) {
      context.addIssue({
        code: 'custom',
        path: ['datasets'],
        message: 'expected at least one dataset, or a query in rows',
      });
    }
    // What queries read by name; rows are the output alone, where datasets are too.
    const taken = new Map<string, string>();
    for (const [section, names] of Object.entries({ inputs, views, datasets })) {
      for (const name of Object.keys(names ?? {})) {
        const other = taken.get(name.toLowerCase());
        // Inputs are checked by themselves.
        if (other !== undefined && section !== 'inputs')
          refuseName(context, [section, name], sameNameMessage(other, name));
        taken.set(name.toLowerCase(), name);
      }
    }
    for (const name of Object.keys(rows ?? {})) {
      if (Object.hasOwn(datasets ?? {}, name))
        refuseName(context, ['rows', name], sameNameMessage(name, name));
    }
  }, namesFirst);

/** Writes the results of SQL queries as datasets, in the order declared, or gives them as output. */
export const sparkSql = defineOperator({
  name: 'spark-sql',
  description: 'Transforms datasets by SQL; few rows can be its output',
  params,
  async run(context, { inputs, views, datasets, rows, ...rest }): Promise<Record<string, DatasetRef>> {
    const args = sqlValues(rest.args);
    const spark = await context.spark();
    await openInputs(context, spark, inputs);
    const tables = Object.keys(inputs);
    for (const [name, sql] of Object.entries(views)) {
      const text = await readSql(sql, context.dagFolder);
      const define = async () => (await spark.sql(text, args)).createOrReplaceTempView(name);
      await naming(label('view', name, sql), define, tables);
      tables.push(name);
    }
    const output: Record<string, DatasetRef | Json[]> = {};
    for (const [name, { sql, partitionBy }] of Object.entries(datasets)) {
      const text = await readSql(sql, context.dagFolder);
      context.heartbeat({ message: `writing ${name}` });
      const write = async () => {
        const rows = await spark.sql(text, args);
        const { ref, bytes } = await writeDataset(context.storage, name, rows, { partitionBy });
        context.stats.wrote(ref.rows, bytes);
        return ref;
      };
      const ref = await context.step(`write ${name}`, () =>
        naming(label('dataset', name, sql), write, tables),
      );
      output[name] = ref;
      const { folder, sparkSchema } = await context.storage.find(ref);
      await readFolders(spark, [folder], sparkSchema).createOrReplaceTempView(name);
      tables.push(name);
    }
    for (const [name, sql] of Object.entries(rows)) {
      const text = await readSql(sql, context.dagFolder);
      const query = label('rows', name, sql);
      output[name] = await naming(query, async () => fewRows(await spark.sql(text, args), query), tables);
    }
    // DAGs in TypeScript are helped by knowing datasets; for rows they say what they are, by `returns`.
    return output as Record<string, DatasetRef>;
  },
});

/** The rows of a query as JSON. @throws OperatorError `OutputTooLarge` before more than that has been fetched */
async function fewRows(frame: DataFrame, label: string): Promise<Json[]> {
  const rows = await frame.limit(maxRows + 1).collect();
  if (rows[0] !== undefined) checkColumnNames(label, rows[0].schema.fields);
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
