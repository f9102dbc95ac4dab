import type { DataFrame } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import type { Feature } from './params.js';

const infinity = "double('Infinity')";

/** A column as the number that a model learns from. */
export const asNumber = (column: string): string => `CAST(${identifier(column)} AS DOUBLE)`;

/** Condition under which a row has all that is needed: every number is finite and in its transform's range. */
export function usableRow(numbers: readonly Feature[]): string {
  const conditions = numbers.map(({ column, transform }) => {
    const value = asNumber(column);
    // Spark orders NaN after infinity, so it is not below it.
    const range =
      transform === 'log1p' ? `${value} > -1 AND ${value} < ${infinity}` : `abs(${value}) < ${infinity}`;
    return `coalesce(${range}, false)`;
  });
  return conditions.length === 0 ? 'true' : conditions.join(' AND ');
}

/** Rows that were left out by `<column>.<reason>`: `null`, `nan`, `infinite`, or `log1p` for -1 and below. */
export type SkippedByReason = Record<string, number>;

/** How many rows were left out; one with several reasons counts under each. */
export type SkippedRows = { skipped: number; skippedByReason: SkippedByReason };

/** Counts the rows that are left out, under each of their reasons. */
export async function countSkipped(data: DataFrame, numbers: readonly Feature[]): Promise<SkippedByReason> {
  const reasons = numbers.flatMap(({ column, transform }): [string, string][] => {
    const value = asNumber(column);
    return [
      [`${column}.null`, `${value} IS NULL`],
      [`${column}.nan`, `isnan(${value})`],
      [`${column}.infinite`, `abs(${value}) = ${infinity}`],
      ...(transform === 'log1p'
        ? ([[`${column}.log1p`, `${value} <= -1 AND ${value} > -${infinity}`]] as [string, string][])
        : []),
    ];
  });
  const [row] = await data
    .filter(`NOT (${usableRow(numbers)})`)
    .selectExpr(...reasons.map(([, condition], index) => `count_if(${condition}) AS reason_${index}`))
    .collect();
  const counts = reasons.map(([reason], index): [string, number] => [
    reason,
    Number(row?.get(`reason_${index}`) ?? 0),
  ]);
  return Object.fromEntries(counts.filter(([, rows]) => rows > 0));
}

/** Why rows were left out, as text: `x.null 3, y.infinite 1`. */
export const describeSkipped = (reasons: SkippedByReason): string =>
  Object.entries(reasons)
    .map(([reason, rows]) => `${reason} ${rows}`)
    .join(', ');

/** What to warn of when rows were left out. */
export const skippedWarnings = ({ skipped, skippedByReason }: SkippedRows): string[] =>
  skipped === 0
    ? []
    : [`${skipped} row${skipped === 1 ? '' : 's'} left out: ${describeSkipped(skippedByReason)}`];
