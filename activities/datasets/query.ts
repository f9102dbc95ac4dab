import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LiteralValue } from 'spark-connect-js';
import { z } from 'zod';
import { code } from '../../dag/schema/code.js';
import { withLiterals } from '../literals.js';
import { OperatorError } from '../operator.js';
import { queryMistake, sparkSentence } from '../spark-errors.js';
import { sameName } from './distinct-names.js';

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

/**
 * Does Spark work and, when Spark refuses the query, says which one it was and why.
 * @param tables names that the query can read, for hints
 * @throws OperatorError `SparkQueryFailed`
 */
export async function naming<T>(
  query: string,
  body: () => Promise<T>,
  tables: readonly string[] = [],
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const mistake = queryMistake(error);
    if (mistake === undefined) throw error;
    const { errorClass = null, sqlState = null } = mistake;
    throw new OperatorError(
      'SparkQueryFailed',
      `${query}: ${sparkSentence(mistake, tables)}`,
      { errorClass, sqlState },
      { cause: error },
    );
  }
}

/**
 * Refuses a result with columns that are one to Spark, or one key of an object.
 * @throws OperatorError `SparkQueryFailed`
 */
export function checkColumnNames(query: string, columns: readonly { name: string }[]): void {
  const [one, other] = sameName(columns.map(({ name }) => name)) ?? [];
  if (one === undefined) return;
  const which =
    one === other
      ? `two columns called "${one}"`
      : `columns "${one}" and "${other}", which are one name to Spark`;
  throw new OperatorError(
    'SparkQueryFailed',
    `${query}: the result has ${which}; give each a name of its own with AS`,
  );
}
