import type { DataFrame } from 'spark-connect-js';
import { identifier } from '../../datasets/sql-text.js';
import { OperatorError } from '../../operator.js';
import type { Feature, RegressionSpec } from './params.js';
import type { SplitConditions } from './split.js';
import { asNumber, countSkipped, describeSkipped, type SkippedRows, usableRow } from './usable-rows.js';

export type RegressionRows = SkippedRows & { train: number; test: number; meanLabel: number };

/** All columns that the model reads. */
export const modelColumns = ({ features, categories, label }: RegressionSpec): string[] => [
  ...features.map(({ column }) => column),
  ...categories,
  label,
];

/** What must be a number in every row. */
export const numbersOf = ({ features, label }: RegressionSpec): Feature[] => [
  { column: label, transform: 'none' },
  ...features,
];

/** Counts the rows on either side. @throws OperatorError when one is empty, or a label has no logarithm */
export async function countRows(
  name: string,
  spec: RegressionSpec,
  data: DataFrame,
  { isTest, isTraining }: SplitConditions,
): Promise<RegressionRows> {
  const numbers = numbersOf(spec);
  // Trees have a place for what is unknown; one-hot encoding wants a value to tell it from.
  const mustHaveValues = spec.algorithm === 'linear' ? spec.categories : [];
  const [row] = await data
    .selectExpr(
      `${usableRow(numbers)} AS usable`,
      `${isTest} AS test`,
      `${isTraining} AS train`,
      `${asNumber(spec.label)} AS label`,
      ...mustHaveValues.map((column, index) => `${identifier(column)} AS category_${index}`),
    )
    .selectExpr(
      'count_if(NOT usable) AS skipped',
      'count_if(usable AND train) AS train',
      'count_if(usable AND test) AS test',
      'count_if(usable) AS usable',
      'count_if(usable AND label <= 0) AS without_log',
      'avg(label) FILTER (WHERE usable AND train) AS mean_label',
      ...mustHaveValues.map(
        (_, index) => `count(category_${index}) FILTER (WHERE usable AND train) AS values_${index}`,
      ),
    )
    .collect();
  const count = (column: string) => Number(row?.get(column) ?? 0);
  const withoutLog = count('without_log');
  if (spec.labelTransform === 'log' && withoutLog > 0) {
    throw new OperatorError(
      'SchemaMismatch',
      `model "${name}", labelTransform: ${withoutLog} rows have a ${spec.label} of 0 or less, which has no logarithm; leave them out by \`filter\``,
    );
  }
  const [train, test, skipped] = [count('train'), count('test'), count('skipped')];
  const skippedByReason = skipped === 0 ? {} : await countSkipped(data, numbers);
  const rows = { train, test, skipped, skippedByReason, meanLabel: count('mean_label') };
  if (train === 0 || test === 0) {
    const reason = emptySide(spec, { ...rows, usable: count('usable') });
    throw new OperatorError('SchemaMismatch', `model "${name}": ${reason}`);
  }
  const empty = mustHaveValues.find((_, index) => count(`values_${index}`) === 0);
  if (empty !== undefined) {
    throw new OperatorError(
      'SchemaMismatch',
      `model "${name}", categories: column ${empty} is null in all rows to train on; leave it out, or fill it by SQL before`,
    );
  }
  return rows;
}

/** Why there is nothing to train on or to test on, and what to do. */
function emptySide(spec: RegressionSpec, rows: RegressionRows & { usable: number }): string {
  const { train, test, usable, skipped, skippedByReason } = rows;
  const counts = `${train} rows to train on and ${test} to test on`;
  if (usable === 0) {
    if (skipped > 0) {
      return `${counts}: all ${skipped} rows are left out (${describeSkipped(skippedByReason)}); leave the column out of the model, or fill it by SQL before`;
    }
    const filter = spec.filter === undefined ? '' : ' after `filter`';
    return `${counts}: the data have no rows${filter}; both must be above 0`;
  }
  const leftOut = skipped === 0 ? '' : ` (${skipped} left out: ${describeSkipped(skippedByReason)})`;
  const { by, testRatio } = spec.split;
  const rule =
    by === undefined
      ? `Without split.by, the split goes by distinct rows: those that are equal in all columns of the model (${modelColumns(spec).join(', ')}) are on one side; give split.by a key, such as split: { by: [id] }`
      : `Rows that are equal in split.by (${by.join(', ')}) are on one side; give columns with more values`;
  return `${counts}${leftOut}, and both must be above 0. ${rule}, or change split.testRatio (${testRatio})${spec.sampleRatio === 1 ? '' : `, sampleRatio (${spec.sampleRatio})`} or seed`;
}
