import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type LiteralValue, SparkConnectError } from 'spark-connect-js';
import { z } from 'zod';
import { code } from '../../dag/schema/code.js';
import { withLiterals } from '../literals.js';
import { OperatorError } from '../operator.js';

/** SQL in the DAG document, or in a file relative to the DAG's folder. */
export const sqlText = code(
  'sql',
  withLiterals(
    z.union([z.string().min(1), z.strictObject({ file: z.string().min(1) })]),
    "SQL text, or { file: … } relative to the DAG's folder",
  ),
);
export type SqlText = z.output<typeof sqlText>;

/** Values of the parameters `:name` of a query: values of their own, never part of the text. */
export const sqlArguments = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** The same for Spark: a whole number is INT or BIGINT where 64 bits hold it, any other DOUBLE. */
export const sqlValues = (args: z.output<typeof sqlArguments>): Record<string, LiteralValue> =>
  Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const isBigint = Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 63;
      // The client takes those beyond 2^53 for doubles; here a whole number is its digits.
      return [name, isBigint && !Number.isSafeInteger(value) ? BigInt(String(value)) : value];
    }),
  );

/** The text of a query. @throws OperatorError `InvalidParams` naming a file that cannot be read */
export async function readSql(sql: SqlText, dagFolder: string): Promise<string> {
  if (typeof sql === 'string') return sql;
  const path = resolve(dagFolder, sql.file);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { message } = error as NodeJS.ErrnoException;
    throw new OperatorError('InvalidParams', `the SQL file ${sql.file} cannot be read: ${message}`);
  }
}

/** SQLSTATE classes of errors in the query or in the data it meets. */
const queryErrors = /^(0A|21|22|42)/;

/** Does Spark work and, when Spark refuses the query, says which one it was. @throws OperatorError `SparkQueryFailed` */
export async function naming<T>(query: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof SparkConnectError) || !queryErrors.test(error.sqlState ?? '')) throw error;
    const { message, errorClass = null, sqlState = null } = error;
    throw new OperatorError(
      'SparkQueryFailed',
      `${query}: ${message}`,
      { errorClass, sqlState },
      { cause: error },
    );
  }
}
