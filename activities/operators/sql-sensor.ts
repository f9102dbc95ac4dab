import { Decimal, type Value } from 'spark-connect-js';
import { z } from 'zod';
import { inputs, openInputs } from '../datasets/inputs.js';
import { checkColumnNames, naming, readSql, sqlArguments, sqlText, sqlValues } from '../datasets/query.js';
import { defineSensor, type Json } from '../operator.js';

/** Waits for what a query gives. */
export const sqlSensor = defineSensor({
  name: 'sql-sensor',
  description: 'Waits until the first value of a Spark SQL query is true',
  params: z.strictObject({
    sql: sqlText.describe("SQL text, or { file: … } relative to the DAG's folder"),
    args: sqlArguments.default({}).describe('Values of the parameters :name'),
    inputs: inputs.describe('Datasets of other tasks, readable by these names'),
  }),
  async poke(context, { sql, args, inputs }) {
    const text = await readSql(sql, context.dagFolder);
    const spark = await context.spark();
    await openInputs(context, spark, inputs);
    const label = typeof sql === 'string' ? 'sql' : sql.file;
    const look = async () => (await spark.sql(text, sqlValues(args))).limit(1).collect();
    const [row] = await naming(label, look, Object.keys(inputs));
    if (row === undefined) return { done: false, message: 'the query gives no rows' };
    checkColumnNames(label, row.schema.fields);
    const [json] = Object.values(JSON.parse(JSON.stringify(row)) as Record<string, Json>);
    const output = json ?? null;
    return isTrue(row.at(0))
      ? { done: true, output }
      : { done: false, message: `the query gives ${JSON.stringify(output)}` };
  },
});

/** As Python sees it, and so Airflow: null, false, zero and what is empty are not true. */
function isTrue(value: Value): boolean {
  if (value instanceof Decimal) return value.unscaled !== 0n;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  return Number.isNaN(value) || Boolean(value);
}
