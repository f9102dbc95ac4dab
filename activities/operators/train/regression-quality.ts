import type { DataFrame } from 'spark-connect-js';
import { OperatorError } from '../../operator.js';

/**
 * How good predictions are, in the label's unit. `r2` is not defined, and left out, when all labels of the test rows
 * are equal.
 */
export type RegressionQuality = { rmse: number; mae: number; r2?: number };

/**
 * Rates `predicted` and `baseline` against `actual`: the root of the mean squared error, the mean absolute error, and
 * the share of the variance explained, R² = 1 − Σ(actual − predicted)² / Σ(actual − mean)².
 * @throws OperatorError when an error is too large for a number
 */
export async function rate(
  model: string,
  predictions: DataFrame,
): Promise<{ metrics: RegressionQuality; baseline: RegressionQuality }> {
  const of = (column: string) => [
    `avg(pow(actual - ${column}, 2)) AS ${column}_mse`,
    `avg(abs(actual - ${column})) AS ${column}_mae`,
  ];
  const [row] = await predictions
    .selectExpr(
      'var_pop(actual) AS variance',
      'max(actual) - min(actual) AS spread',
      ...of('predicted'),
      ...of('baseline'),
    )
    .collect<Record<string, number>>();
  const figures = row?.toObject() ?? {};
  const quality = (column: string): RegressionQuality => {
    const { [`${column}_mse`]: mse = 0, [`${column}_mae`]: mae = 0, variance = 0, spread = 0 } = figures;
    const errors = { rmse: Math.sqrt(mse), mae };
    const metrics = spread === 0 ? errors : { ...errors, r2: 1 - mse / variance };
    const [metric, value] = Object.entries(metrics).find(([, each]) => !Number.isFinite(each)) ?? [];
    if (metric === undefined) return metrics;
    throw new OperatorError(
      'SchemaMismatch',
      `model "${model}": ${metric} of column ${column} is ${value}, since labels or predictions are too large to be squared; bring label and features to a smaller unit by SQL before`,
    );
  };
  return { metrics: quality('predicted'), baseline: quality('baseline') };
}
